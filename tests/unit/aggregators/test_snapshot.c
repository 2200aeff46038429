/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/aggregators/agg_test.h"

#include <errno.h>

#include "aggregators/snapshot.h"
#include "base/util.h"
#include "tests/unit/aggregators/failing_alloc.h"

static const u64 bounds[] = {1, 10, 100};
static const struct family_desc counter_desc = {
	.name = "c_total",
	.shape = AGG_SHAPE_COUNTER,
	.label_names = (const char *[]){"event", "reason"},
	.nlabels = 2,
};
static const struct family_desc gauge_desc = {.name = "g", .shape = AGG_SHAPE_GAUGE};
static const struct family_desc histogram_desc = {
	.name = "h",
	.shape = AGG_SHAPE_HISTOGRAM,
	.bounds = bounds,
	.nbounds = ARRAY_SIZE(bounds),
};

static struct snapshot *snapshot(void)
{
	struct snapshot *s = NULL;

	assert_int_equal(snapshot__new(&s), 0);
	return s;
}

static void starts_empty(void **state)
{
	struct snapshot *s = snapshot();

	(void)state;
	assert_int_equal(s->n, 0);
	assert_false(snapshot__failed(s));
	snapshot__free(s);
	snapshot__free(NULL);
}

static void samples_keep_their_order_and_texts(void **state)
{
	struct snapshot *s = snapshot();
	char text[] = "?";

	(void)state;
	snapshot__begin(s, &counter_desc);
	for (u32 i = 0; i < 26; i++) {
		text[0] = (char)('a' + i); /* copied: may change right after */
		snapshot__sample(s, i, (const char *[]){text, "ring,\"full\""});
	}
	snapshot__begin(s, &gauge_desc);
	snapshot__sample(s, (u128)1 << 100, NULL);
	assert_int_equal(s->n, 2);
	assert_int_equal(s->families[0].n, 26);
	for (u32 i = 0; i < 26; i++) {
		text[0] = (char)('a' + i);
		assert_texts(s->families[0].labels[i], 2, (const char *[]){text, "ring,\"full\""});
		assert_u128_equal(s->families[0].rows.sums[i], i);
	}
	assert_string_equal(s->families[1].desc.name, "g");
	assert_int_equal(s->families[1].n, 1);
	assert_u128_equal(s->families[1].rows.sums[0], (u128)1 << 100);
	assert_texts(s->families[1].labels[0], 0, NULL);
	snapshot__free(s);
}

static void families_have_room_for_their_series(void **state)
{
	static const size_t sizes[] = {0, 1, 5, 1000};
	struct snapshot *s = snapshot();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct family_snapshot *fs = snapshot__add_family(s, &histogram_desc, sizes[i]);

		assert_non_null(fs);
		assert_int_equal(fs->n, sizes[i]);
		for (size_t j = 0; j < fs->n; j++) {
			fs->labels[j] = NULL;
			fs->rows.sums[j] = j;
			memset(&fs->rows.buckets[j * 4], 0, 4 * sizeof(u64));
		}
	}
	assert_null(snapshot__add_family(s, &counter_desc, 3)->rows.buckets);
	snapshot__free(s);
}

static void any_number_of_families_fits(void **state)
{
	struct snapshot *s = snapshot();

	(void)state;
	for (u32 i = 0; i < 1000; i++) {
		snapshot__begin(s, &gauge_desc);
		snapshot__sample(s, i, NULL);
	}
	assert_false(snapshot__failed(s));
	assert_int_equal(s->n, 1000);
	for (u32 i = 0; i < 1000; i++) {
		assert_int_equal(s->families[i].n, 1);
		assert_u128_equal(s->families[i].rows.sums[0], i);
	}
	snapshot__free(s);
}

static void fill(struct snapshot *s)
{
	for (u32 i = 0; i < 20; i++) {
		snapshot__begin(s, &counter_desc);
		for (u32 j = 0; j < 5; j++)
			snapshot__sample(s, j, (const char *[]){"a", "b"});
		snapshot__add_family(s, &histogram_desc, 3);
	}
}

static size_t series_of(const struct snapshot *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		n += s->families[i].n;
	return n;
}

static void after_a_failed_allocation_nothing_is_added(void **state)
{
	bool failed;
	unsigned int n = 0;

	(void)state;
	do {
		struct snapshot *s = snapshot();

		alloc_fails_from(++n);
		fill(s);
		alloc_works();
		failed = snapshot__failed(s);

		const size_t families = s->n, series = series_of(s);

		if (failed)
			fill(s); /* with memory enough, but too late */
		assert_int_equal(s->n, families);
		assert_int_equal(series_of(s), series);
		assert_int_equal(snapshot__failed(s), failed);
		assert_true(failed || families == 40);
		if (failed)
			assert_null(snapshot__add_family(s, &gauge_desc, 1));
		snapshot__free(s);
	} while (failed);
	assert_true(n > 100);
}

static void creation_reports_a_failed_allocation(void **state)
{
	struct snapshot *s = NULL;

	(void)state;
	alloc_fails_from(1);
	const int code = snapshot__new(&s);
	alloc_works();
	assert_int_equal(code, -ENOMEM);
	assert_null(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(starts_empty),
		cmocka_unit_test(samples_keep_their_order_and_texts),
		cmocka_unit_test(families_have_room_for_their_series),
		cmocka_unit_test(any_number_of_families_fits),
		cmocka_unit_test(after_a_failed_allocation_nothing_is_added),
		cmocka_unit_test(creation_reports_a_failed_allocation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
