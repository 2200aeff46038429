/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/aggregators/agg_test.h"

#include <errno.h>
#include <stdio.h>

#include "aggregators/series.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/util.h"
#include "tests/unit/aggregators/failing_alloc.h"
#include "tests/unit/aggregators/random.h"

/* The linker sends calls of hash_bytes here, so that a test can make all hashes collide. */
u64 __real_hash_bytes(const void *bytes, size_t n);
u64 __wrap_hash_bytes(const void *bytes, size_t n);

static bool hashes_collide;

u64 __wrap_hash_bytes(const void *bytes, size_t n)
{
	return hashes_collide ? U64_LARGEST : __real_hash_bytes(bytes, n);
}

static struct series_table *table(u32 max_series, u16 nlabels)
{
	struct series_table *t = NULL;
	struct err err = {0};

	if (series_table__new(max_series, nlabels, &t, &err) != 0)
		fail_msg("%s", err.msg);
	return t;
}

/* The row of this label set, which gets one if it has none. */
static u32 row_of(struct series_table *t, const struct label_builder *b)
{
	const u64 hash = series_hash(b);
	const u32 row = series_table__find(t, b, hash);

	return row == SERIES_NONE ? series_table__add(t, b, hash) : row;
}

static u32 row1(struct series_table *t, const char *text)
{
	struct label_builder b;

	build(&b, 1, &text);
	return row_of(t, &b);
}

static void build_numbered(struct label_builder *b, u32 i)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", i);
	build(b, 1, (const char *[]){text});
}

static u32 numbered_row(struct series_table *t, u32 i)
{
	struct label_builder b;

	build_numbered(&b, i);
	return row_of(t, &b);
}

static u32 find_numbered(const struct series_table *t, u32 i)
{
	struct label_builder b;

	build_numbered(&b, i);
	return series_table__find(t, &b, series_hash(&b));
}

static void special_rows_exist_from_the_start(void **state)
{
	struct series_table *t = table(10, 2);

	(void)state;
	assert_int_equal(series_table__rows(t), SERIES_FIRST);
	assert_int_equal(series_table__unused(t), 10);
	assert_int_equal(series_table__max_rows(t), 12);
	assert_texts(series_table__labels(t, SERIES_OTHER), 2,
		     (const char *[]){"__other__", "__other__"});
	assert_texts(series_table__labels(t, SERIES_LOST), 2,
		     (const char *[]){"__lost__", "__lost__"});
	series_table__free(t);
}

static void each_label_set_has_a_row_of_its_own(void **state)
{
	static const char *const sets[][2] = {
		{"a", "b"},
		{"ab", ""},
		{"", "ab"},
		{"", ""},
		{"a,b", ""},
		{"a", ",b"},
		{"\"", "a"},
		{"a", "\""},
		{"\\", "\n"},
		{"__other__", "__other__"},
		{"__lost__", "__lost__"},
		{"___other__", "__other__"},
	};
	struct series_table *t = table(100, 2);

	(void)state;
	for (int round = 0; round < 2; round++)
		for (u32 i = 0; i < ARRAY_SIZE(sets); i++) {
			struct label_builder b;

			build(&b, 2, sets[i]);
			assert_int_equal(row_of(t, &b), SERIES_FIRST + i);
		}
	assert_int_equal(series_table__unused(t), 100 - ARRAY_SIZE(sets));
	series_table__free(t);
}

static void nobody_can_name_a_series_like_a_special_one(void **state)
{
	static const char *const cases[][2] = {{"__other__", "___other__"},
					       {"__lost__", "___lost__"}};
	struct series_table *t = table(10, 1);

	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		const u32 row = row1(t, cases[i][0]);

		assert_int_equal(row, SERIES_FIRST + i);
		assert_texts(series_table__labels(t, row), 1, &cases[i][1]);
	}
	series_table__free(t);
}

static void past_the_limit_there_are_no_rows(void **state)
{
	static const u32 limits[] = {0, 1, 2, 63, 64, 1000};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		const u32 limit = limits[i];
		struct series_table *t = table(limit, 1);

		for (u32 key = 0; key < limit; key++)
			assert_int_equal(numbered_row(t, key), SERIES_FIRST + key);
		for (u32 key = limit; key < limit + 10; key++)
			assert_int_equal(numbered_row(t, key), SERIES_NONE);
		for (u32 key = 0; key < limit; key++)
			assert_int_equal(numbered_row(t, key), SERIES_FIRST + key);
		assert_int_equal(series_table__unused(t), 0);
		series_table__free(t);
	}
}

static void rows_and_texts_do_not_change(void **state)
{
	enum { N = 20000 };
	static const struct labels *labels[N];
	struct series_table *t = table(N, 1);

	(void)state;
	for (u32 i = 0; i < N; i++)
		labels[i] = series_table__labels(t, numbered_row(t, i));
	for (u32 i = 0; i < N; i++) {
		char want[16];

		snprintf(want, sizeof(want), "%u", i);
		assert_int_equal(numbered_row(t, i), SERIES_FIRST + i);
		assert_ptr_equal(series_table__labels(t, SERIES_FIRST + i), labels[i]);
		assert_texts(labels[i], 1, (const char *[]){want});
	}
	series_table__free(t);
}

/* Random steps: whoever has a row is found there, nobody else is. */
static void removed_series_leave_no_trace(void **state)
{
	enum { KEYS = 300, ROOM = 200, STEPS = 200000 };
	static u32 rows[KEYS]; /* 0: none */
	struct series_table *t = table(ROOM, 1);
	u64 rng = any_seed();
	u32 n = 0;

	(void)state;
	memset(rows, 0, sizeof(rows));
	for (u32 i = 0; i < STEPS; i++) {
		const u32 key = (u32)(random_u64(&rng) % KEYS);

		assert_int_equal(find_numbered(t, key), rows[key] ? rows[key] : SERIES_NONE);
		if (rows[key]) {
			series_table__remove(t, rows[key]);
			assert_null(series_table__labels(t, rows[key]));
			rows[key] = 0;
			n--;
		} else if (n < ROOM) {
			rows[key] = numbered_row(t, key);
			assert_in_range(rows[key], SERIES_FIRST, SERIES_FIRST + ROOM - 1);
			n++;
		} else {
			assert_int_equal(numbered_row(t, key), SERIES_NONE);
		}
		assert_int_equal(series_table__unused(t), ROOM - n);
	}
	for (u32 key = 0; key < KEYS; key++)
		assert_int_equal(find_numbered(t, key), rows[key] ? rows[key] : SERIES_NONE);
	series_table__free(t);
}

static void memory_of_removed_series_is_used_again(void **state)
{
	struct series_table *t = table(100, 1);
	size_t full;

	(void)state;
	for (u32 i = 0; i < 100; i++)
		numbered_row(t, i);
	full = series_table__footprint(t);
	for (u32 i = 100; i < 100000; i++) {
		series_table__remove(t, find_numbered(t, i - 100));
		numbered_row(t, i);
	}
	/* the numbers grew longer: another size of texts */
	assert_in_range(series_table__footprint(t), full, full + 16384);
	series_table__free(t);
}

static void equal_hashes_do_not_make_equal_series(void **state)
{
	hashes_collide = true;
	each_label_set_has_a_row_of_its_own(state);
	past_the_limit_there_are_no_rows(state);
	hashes_collide = false;
}

static void impossible_sizes_are_refused(void **state)
{
	static const struct {
		u32 max_series;
		u16 nlabels;
		const char *msg;
	} cases[] = {
		{(1 << 24) + 1, 1, "max_series 16777217 is above 16777216"},
		{~0U, 1, "max_series 4294967295 is above 16777216"},
		{1, LABELS_MAX + 1, "17 labels, at most 16 are possible"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct series_table *t = NULL;
		struct err err = {0};

		assert_int_equal(series_table__new(cases[i].max_series, cases[i].nlabels, &t, &err),
				 -EINVAL);
		assert_null(t);
		assert_string_equal(err.msg, cases[i].msg);
	}
}

static void creation_reports_any_failed_allocation(void **state)
{
	unsigned int n = 0;
	int code;

	(void)state;
	do {
		struct series_table *t = NULL;
		struct err err = {0};

		alloc_fails_from(++n);
		code = series_table__new(100, 0, &t, &err);
		alloc_works();
		if (code != 0) {
			assert_int_equal(code, -ENOMEM);
			assert_string_equal(err.msg, "table of 100 series: Cannot allocate memory");
		}
		series_table__free(t);
	} while (code != 0);
	assert_int_equal(n, 5); /* the table, its index, its rows, a chunk: the fifth never comes */
}

static void out_of_memory_is_no_row_until_it_passes(void **state)
{
	static char text[4000];
	struct series_table *t = table(100, 1);
	u32 known = 0;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	alloc_fails_from(1);
	while (row1(t, text + known) != SERIES_NONE)
		known++;
	alloc_works();
	assert_in_range(known, 1, 99);
	assert_int_equal(series_table__unused(t), 100 - known);
	assert_int_equal(row1(t, text), SERIES_FIRST);
	assert_int_equal(row1(t, text + known), SERIES_FIRST + known);
	series_table__free(t);
}

static void footprint_grows_with_rows_in_use(void **state)
{
	struct series_table *t = table(1000, 1);
	size_t before = series_table__footprint(t);

	(void)state;
	for (u32 i = 0; i < 1000; i++) {
		numbered_row(t, i);
		assert_true(series_table__footprint(t) > before);
		before = series_table__footprint(t);
	}
	numbered_row(t, 1000);
	assert_int_equal(series_table__footprint(t), before);
	series_table__free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(special_rows_exist_from_the_start),
		cmocka_unit_test(each_label_set_has_a_row_of_its_own),
		cmocka_unit_test(nobody_can_name_a_series_like_a_special_one),
		cmocka_unit_test(past_the_limit_there_are_no_rows),
		cmocka_unit_test(rows_and_texts_do_not_change),
		cmocka_unit_test(removed_series_leave_no_trace),
		cmocka_unit_test(memory_of_removed_series_is_used_again),
		cmocka_unit_test(equal_hashes_do_not_make_equal_series),
		cmocka_unit_test(impossible_sizes_are_refused),
		cmocka_unit_test(creation_reports_any_failed_allocation),
		cmocka_unit_test(out_of_memory_is_no_row_until_it_passes),
		cmocka_unit_test(footprint_grows_with_rows_in_use),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
