/* SPDX-License-Identifier: Apache-2.0 */
/* Small behaviours first; then a property test of families against a simple model. */
#include "tests/unit/aggregators/agg_test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "aggregators/family.h"
#include "aggregators/series.h"
#include "aggregators/snapshot.h"
#include "base/err.h"
#include "base/util.h"
#include "tests/unit/aggregators/failing_alloc.h"

enum { NBOUNDS = 5, NBUCKETS = NBOUNDS + 1 };

static const u64 bounds[NBOUNDS] = {1, 10, 100, 1000, 10000};
static const char *const label_names[] = {"comm", "device"};

static struct family *family(const char *kind, u16 nlabels, u32 max_series)
{
	const struct agg_ops *ops = agg_kind(kind);
	const struct family_desc desc = {
		.name = "m",
		.help = "h",
		.shape = ops->shape,
		.label_names = label_names,
		.nlabels = nlabels,
		.bounds = bounds,
		.nbounds = ops->needs_buckets ? NBOUNDS : 0,
	};
	struct family *f = NULL;
	struct err err = {0};

	if (family__new(&desc, ops, true, max_series, &f, &err) != 0)
		fail_msg("%s", err.msg);
	return f;
}

static struct snapshot *snapshot_of(const struct family *f)
{
	struct snapshot *s = NULL;

	assert_int_equal(snapshot__new(&s), 0);
	assert_int_equal(family__snapshot(f, s), 0);
	assert_int_equal(s->n, 1);
	return s;
}

static u32 row_of(struct family *f, u16 nlabels, const char *comm)
{
	struct label_builder b;

	build(&b, nlabels, (const char *[]){comm, "sda"});
	return family__row(f, &b, 1);
}

/* The snapshot's sums, in order. */
static void assert_sums(const struct family *f, size_t n, const u64 *want)
{
	struct snapshot *s = snapshot_of(f);

	assert_int_equal(s->families[0].n, n);
	for (size_t i = 0; i < n; i++)
		assert_u128_equal(s->families[0].rows.sums[i], want[i]);
	snapshot__free(s);
}

static void with_labels_other_and_lost_are_shown_from_the_start(void **state)
{
	struct family *f = family("counter", 2, 10);
	struct snapshot *s = snapshot_of(f);

	(void)state;
	assert_int_equal(s->families[0].n, 2);
	assert_texts(s->families[0].labels[0], 2, (const char *[]){"__other__", "__other__"});
	assert_texts(s->families[0].labels[1], 2, (const char *[]){"__lost__", "__lost__"});
	assert_u128_equal(s->families[0].rows.sums[0], 0);
	assert_u128_equal(s->families[0].rows.sums[1], 0);
	snapshot__free(s);
	family__free(f);
}

static void without_labels_one_series_takes_all(void **state)
{
	struct family *f = family("counter", 0, 10);

	(void)state;
	assert_sums(f, 1, (const u64[]){0});
	family__add(f, row_of(f, 0, NULL), &(struct agg_delta){.count = 1, .sum = 40});
	family__add_lost(f, &(struct agg_delta){.count = 1, .sum = 2});
	assert_sums(f, 1, (const u64[]){42});
	family__free(f);
}

static void series_are_shown_in_row_order(void **state)
{
	struct family *f = family("counter", 2, 2);
	static const char *const comms[] = {"z", "a", "folds"};

	(void)state;
	for (u64 i = 0; i < ARRAY_SIZE(comms); i++)
		family__add(f, row_of(f, 2, comms[i]), &(struct agg_delta){.sum = 10 + i});
	family__add_lost(f, &(struct agg_delta){.sum = 7});
	assert_sums(f, 4, (const u64[]){12, 7, 10, 11});
	family__free(f);
}

static void a_snapshot_does_not_change_any_more(void **state)
{
	struct family *f = family("histogram", 1, 2);
	const u32 row = row_of(f, 1, "a");

	(void)state;
	family__add(f, row, &(struct agg_delta){.count = 1, .sum = 5, .bucket = 1});

	struct snapshot *s = snapshot_of(f);

	family__add(f, row, &(struct agg_delta){.count = 1, .sum = 5, .bucket = 1});
	assert_u128_equal(s->families[0].rows.sums[row], 5);
	assert_int_equal(s->families[0].rows.buckets[row * NBUCKETS + 1], 1);
	snapshot__free(s);
	family__free(f);
}

static void errors_name_the_metric(void **state)
{
	const struct family_desc desc = {
		.name = "m_total", .shape = AGG_SHAPE_COUNTER, .nlabels = LABELS_MAX + 1};
	struct family *f = NULL;
	struct err err = {0};

	(void)state;
	assert_int_equal(family__new(&desc, agg_kind("counter"), false, 1, &f, &err), -EINVAL);
	assert_string_equal(err.msg, "metric m_total: 17 labels, at most 16 are possible");
	assert_null(f);
}

static void failed_allocations_are_reported(void **state)
{
	const struct family_desc desc = {.name = "m", .shape = AGG_SHAPE_COUNTER};
	struct family *f = NULL;
	unsigned int n = 0;
	int code;

	(void)state;
	do {
		struct err err = {0};

		alloc_fails_from(++n);
		code = family__new(&desc, agg_kind("counter"), false, 1, &f, &err);
		alloc_works();
		assert_true(code == 0 || code == -ENOMEM);
		assert_int_equal(err.code, code);
	} while (code != 0);
	assert_true(n > 1);

	struct snapshot *s = NULL;

	assert_int_equal(snapshot__new(&s), 0);
	alloc_fails_from(2);
	code = family__snapshot(f, s);
	alloc_works();
	assert_int_equal(code, -ENOMEM);
	assert_true(snapshot__failed(s));
	snapshot__free(s);
	family__free(f);
}

static void a_thousand_series_fit_the_memory_target(void **state)
{
	struct family *f = family("counter", 2, 1000);
	char comm[32];

	(void)state;
	for (int i = 0; i < 2000; i++) {
		snprintf(comm, sizeof(comm), "kworker/%07d", i);
		row_of(f, 2, comm);
	}
	assert_in_range(family__footprint(f), 1000 * (16 + 16), 256 << 10);
	family__free(f);
}

/*
 * The property test. KEYS label sets, more and more of them as the run goes on, are added to a
 * family with room for a third, and to a model of it that is slow and obvious.
 */
enum {
	KEYS = 3000,
	MAX_SERIES = 1000,
	ROWS = SERIES_FIRST + MAX_SERIES,
	ADDS = 1000000,
	CHECKS = 100,
};

struct model {
	u32 row_of_key[KEYS]; /* 0: not seen, or folded */
	u32 key_of_row[ROWS];
	u32 rows;
	u64 folded; /* events */
	u64 lost;   /* events */
	u64 events;
	u128 total;
	u128 sums[ROWS];
	u64 buckets[ROWS][NBUCKETS];
};

static u64 random_u64(u64 *state) /* splitmix64 */
{
	u64 z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static u64 choose_seed(void)
{
	const char *given = getenv("SEED");
	u64 seed = 0;

	if (given)
		seed = strtoull(given, NULL, 0);
	else
		assert_int_equal(getrandom(&seed, sizeof(seed), 0), sizeof(seed));
	print_message("SEED=%llu\n", seed);
	return seed;
}

/* The texts of a key: awkward ones, and every key's its own. */
static void key_texts(u32 key, char (*ret_number)[16], const char *ret_texts[2])
{
	static const char *const comms[] = {"", ",", "\"", "a,b", "é\n", "_", "__other__", "12"};

	snprintf(*ret_number, sizeof(*ret_number), "%u", key / (u32)ARRAY_SIZE(comms));
	ret_texts[0] = comms[key % ARRAY_SIZE(comms)];
	ret_texts[1] = *ret_number;
}

static void model__add(struct model *m, u32 row, const struct agg_delta *delta)
{
	m->events += delta->count;
	m->total += delta->sum;
	m->sums[row] += delta->sum;
	m->buckets[row][delta->bucket] += delta->count;
}

static u32 model__row(struct model *m, u32 key, u64 count)
{
	if (m->row_of_key[key])
		return m->row_of_key[key];
	if (m->rows == ROWS) {
		m->folded += count;
		return SERIES_OTHER;
	}
	m->key_of_row[m->rows] = key;
	m->row_of_key[key] = m->rows;
	return m->rows++;
}

static void add_to_both(struct family *f, struct model *m, u32 nkeys, u64 *rng)
{
	const struct agg_delta delta = {
		.count = 1 + random_u64(rng) % 5,
		.sum = random_u64(rng) >> random_u64(rng) % 64,
		.bucket = (u32)(random_u64(rng) % NBUCKETS),
	};

	if (random_u64(rng) % 100 == 0) {
		family__add_lost(f, &delta);
		model__add(m, SERIES_LOST, &delta);
		m->lost += delta.count;
		return;
	}

	const u32 key = (u32)(random_u64(rng) % (1 + random_u64(rng) % nkeys)); /* skewed */
	const u32 want = model__row(m, key, delta.count);
	struct label_builder b;
	const char *texts[2];
	char number[16];

	key_texts(key, &number, texts);
	build(&b, 2, texts);

	const u32 row = family__row(f, &b, delta.count);

	assert_int_equal(row, want);
	family__add(f, row, &delta);
	model__add(m, want, &delta);
}

/* The label set of a row is its key's, and the very same object as in the snapshot before. */
static void check_labels(const struct family_snapshot *now, const struct family_snapshot *before,
			 const struct model *m)
{
	for (u32 row = SERIES_FIRST; row < now->n; row++) {
		struct label_builder b;
		const char *texts[2];
		char number[16];

		key_texts(m->key_of_row[row], &number, texts);
		build(&b, 2, texts);
		assert_int_equal(now->labels[row]->nbytes, b.nbytes);
		assert_memory_equal(now->labels[row]->bytes, b.bytes, b.nbytes);
		if (row < before->n)
			assert_ptr_equal(now->labels[row], before->labels[row]);
	}
}

static void check_buckets(const struct family_snapshot *now, const struct family_snapshot *before,
			  const struct model *m)
{
	u64 events = 0, folded = 0, lost = 0;

	for (u32 row = 0; row < now->n; row++)
		for (u32 i = 0; i < NBUCKETS; i++) {
			const u64 count = now->rows.buckets[row * NBUCKETS + i];

			assert_int_equal(count, m->buckets[row][i]);
			if (row < before->n)
				assert_true(count >= before->rows.buckets[row * NBUCKETS + i]);
			events += count;
			folded += row == SERIES_OTHER ? count : 0;
			lost += row == SERIES_LOST ? count : 0;
		}
	assert_int_equal(events, m->events);
	assert_int_equal(folded, m->folded);
	assert_int_equal(lost, m->lost);
}

static void check(const struct family *f, const struct family_snapshot *now,
		  const struct family_snapshot *before, const struct model *m)
{
	u128 total = 0;

	assert_int_equal(now->n, m->rows);
	assert_int_equal(series_table__live(family__series(f)), m->rows - SERIES_FIRST);
	assert_int_equal(series_table__folded(family__series(f)), m->folded);
	for (u32 row = 0; row < now->n; row++) {
		assert_u128_equal(now->rows.sums[row], m->sums[row]);
		if (row < before->n)
			assert_true(now->rows.sums[row] >= before->rows.sums[row]);
		total += now->rows.sums[row];
	}
	assert_u128_equal(total, m->total);
	if (now->n < ROWS) {
		assert_int_equal(m->folded, 0);
		assert_u128_equal(now->rows.sums[SERIES_OTHER], 0);
	}
	check_labels(now, before, m);
	if (now->desc.shape == AGG_SHAPE_HISTOGRAM)
		check_buckets(now, before, m);
}

static void nothing_is_lost_moved_or_lowered(void **state)
{
	struct model *m = test_calloc(1, sizeof(*m));
	struct family *f = family(*state, 2, MAX_SERIES);
	struct snapshot *before = snapshot_of(f);
	u64 rng = choose_seed();

	m->rows = SERIES_FIRST;
	for (u32 i = 0; i < CHECKS; i++) {
		for (u32 j = 0; j < ADDS / CHECKS; j++)
			add_to_both(f, m, 1 + KEYS * i / CHECKS, &rng);

		struct snapshot *now = snapshot_of(f);

		check(f, &now->families[0], &before->families[0], m);
		snapshot__free(before);
		before = now;
	}
	assert_int_equal(m->rows, ROWS); /* the limit was reached */
	assert_true(m->folded > 0);
	assert_true(m->total >> 64 > 0);
	snapshot__free(before);
	family__free(f);
	test_free(m);
}

int main(void)
{
	static char counter[] = "counter", histogram[] = "histogram";
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(with_labels_other_and_lost_are_shown_from_the_start),
		cmocka_unit_test(without_labels_one_series_takes_all),
		cmocka_unit_test(series_are_shown_in_row_order),
		cmocka_unit_test(a_snapshot_does_not_change_any_more),
		cmocka_unit_test(errors_name_the_metric),
		cmocka_unit_test(failed_allocations_are_reported),
		cmocka_unit_test(a_thousand_series_fit_the_memory_target),
		cmocka_unit_test_prestate(nothing_is_lost_moved_or_lowered, counter),
		cmocka_unit_test_prestate(nothing_is_lost_moved_or_lowered, histogram),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
