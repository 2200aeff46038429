/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/aggregators/agg_test.h"

#include "aggregators/histogram.h"
#include "base/err.h"
#include "base/util.h"

enum { NBOUNDS = 3, NBUCKETS = NBOUNDS + 1 };

static const u64 bounds[NBOUNDS] = {10, 100, 1000};

static struct agg *histogram(u32 rows, u32 nbounds)
{
	const struct agg_spec spec = {
		.max_rows = rows, .has_value = true, .bounds = bounds, .nbounds = nbounds};
	struct err err = {0};
	struct agg *a = NULL;

	if (histogram_ops.create(&spec, &a, &err) != 0)
		fail_msg("%s", err.msg);
	return a;
}

static void assert_row(const struct agg *a, u32 row, u128 want_sum, const u64 *want)
{
	u64 buckets[NBUCKETS];
	u128 sum;

	a->ops->copy(a, row, 1, &(struct agg_rows){.sums = &sum, .buckets = buckets});
	assert_u128_equal(sum, want_sum);
	for (u32 i = 0; i < NBUCKETS; i++)
		if (buckets[i] != want[i])
			fail_msg("row %u bucket %u is %llu, not %llu", row, i, buckets[i], want[i]);
}

static void counts_go_to_their_bucket_only(void **state)
{
	static const struct {
		struct agg_delta delta;
		u64 want[NBUCKETS];
	} cases[] = {
		{{.count = 1, .sum = 10, .bucket = 0}, {1, 0, 0, 0}},
		{{.count = 3, .sum = 50, .bucket = 1}, {0, 3, 0, 0}},
		{{.count = 2, .sum = 900, .bucket = 2}, {0, 0, 2, 0}},
		{{.count = 4, .sum = 9000, .bucket = NBOUNDS}, {0, 0, 0, 4}},
		/* wrong numbers count as above every bound and touch nothing else */
		{{.count = 5, .sum = 1, .bucket = NBOUNDS + 1}, {0, 0, 0, 5}},
		{{.count = 6, .sum = 1, .bucket = ~0U}, {0, 0, 0, 6}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct agg *a = histogram(3, NBOUNDS);

		a->ops->add(a, 1, &cases[i].delta);
		assert_row(a, 0, 0, (const u64[NBUCKETS]){0});
		assert_row(a, 1, cases[i].delta.sum, cases[i].want);
		assert_row(a, 2, 0, (const u64[NBUCKETS]){0});
		a->ops->destroy(a);
	}
}

static void sums_beyond_64_bits_are_exact(void **state)
{
	struct agg *a = histogram(3, NBOUNDS);

	(void)state;
	for (int i = 0; i < 1000; i++)
		a->ops->add(a, 2, &(struct agg_delta){1, U64_LARGEST, NBOUNDS});
	assert_row(a, 2, (u128)U64_LARGEST * 1000, (const u64[NBUCKETS]){0, 0, 0, 1000});
	a->ops->destroy(a);
}

static void rows_are_copied_by_range(void **state)
{
	enum { FIRST = 5, N = 3, END = N * NBUCKETS };
	struct agg *a = histogram(10, NBOUNDS);
	u64 buckets[END + 1];
	u128 sums[N + 1];

	(void)state;
	memset(buckets, 0xff, sizeof(buckets));
	memset(sums, 0xff, sizeof(sums));
	for (u32 row = 0; row < 10; row++)
		for (u32 i = 0; i < NBUCKETS; i++)
			a->ops->add(a, row, &(struct agg_delta){10 * row + i, row, i});
	a->ops->copy(a, FIRST, N, &(struct agg_rows){.sums = sums, .buckets = buckets});
	for (u128 i = 0; i < N; i++)
		assert_u128_equal(sums[i], NBUCKETS * (FIRST + i));
	for (u64 i = 0; i < END; i++)
		assert_int_equal(buckets[i], 10 * (FIRST + i / NBUCKETS) + i % NBUCKETS);
	assert_int_equal(buckets[END], U64_LARGEST);
	assert_u128_equal(sums[N], ~(u128)0);
	a->ops->destroy(a);
}

static void without_bounds_everything_is_in_one_bucket(void **state)
{
	struct agg *a = histogram(3, 0);
	u64 count;
	u128 sum;

	(void)state;
	a->ops->add(a, 2, &(struct agg_delta){.count = 7, .sum = 70});
	a->ops->copy(a, 2, 1, &(struct agg_rows){.sums = &sum, .buckets = &count});
	assert_u128_equal(sum, 70);
	assert_int_equal(count, 7);
	a->ops->destroy(a);
}

static void footprint_counts_sum_and_buckets(void **state)
{
	struct agg *a = histogram(10, NBOUNDS);

	(void)state;
	assert_int_equal(a->ops->footprint(a, 10) - a->ops->footprint(a, 3),
			 7 * (16 + 8 * NBUCKETS));
	a->ops->destroy(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_go_to_their_bucket_only),
		cmocka_unit_test(sums_beyond_64_bits_are_exact),
		cmocka_unit_test(rows_are_copied_by_range),
		cmocka_unit_test(without_bounds_everything_is_in_one_bucket),
		cmocka_unit_test(footprint_counts_sum_and_buckets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
