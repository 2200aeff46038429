/* SPDX-License-Identifier: Apache-2.0 */
#include "aggregators/bounds.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/util.h"

#define U64_MAX (~0ULL)
#define POW2(k) (1ULL << (k))

static void a_row_doubles_up_to_the_first_that_reaches_max(void **state)
{
	static const struct {
		u64 min;
		u64 max;
		u32 n;
		u64 last;
	} cases[] = {
		{1, 1, 1, 1},
		{1, 2, 2, 2},
		{1, 3, 3, 4},
		{1, 4, 3, 4},
		{3, 3, 1, 3},
		{3, 4, 2, 6},
		{3, 6, 2, 6},
		{3, 7, 3, 12},
		{1000, 64000000000, 27, 67108864000}, /* the default for times: 1us to 64s */
		{1, POW2(30), 31, POW2(30)},	      /* and for sizes: 1B to 1GiB */
		{7, 0, 1, 7},
		{1, POW2(63), 64, POW2(63)},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		u64 bounds[65] = {0};
		u32 n = bounds_log2(cases[i].min, cases[i].max, NULL);

		assert_int_equal(n, cases[i].n);
		assert_int_equal(bounds_log2(cases[i].min, cases[i].max, bounds), n);
		assert_int_equal(bounds[0], cases[i].min);
		assert_int_equal(bounds[n - 1], cases[i].last);
		assert_int_equal(bounds[n], 0); /* nothing is written behind them */
		for (u32 b = 1; b < n; b++)
			assert_int_equal(bounds[b], 2 * bounds[b - 1]);
	}
}

/* For no min is it more than one bound for each bit, and they ascend. */
static void a_bound_that_does_not_fit_ends_the_row(void **state)
{
	static const struct {
		u64 min;
		u32 n;
		u64 last;
	} cases[] = {
		{1, 64, POW2(63)},	 {2, 63, POW2(63)},
		{3, 63, 3 * POW2(62)},	 {POW2(63) - 1, 2, U64_MAX - 1},
		{POW2(63), 1, POW2(63)}, {POW2(63) + 1, 1, POW2(63) + 1},
		{U64_MAX, 1, U64_MAX},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		u64 bounds[65] = {0};

		assert_int_equal(bounds_log2(cases[i].min, U64_MAX, bounds), cases[i].n);
		assert_int_equal(bounds[cases[i].n - 1], cases[i].last);
		for (u32 b = 1; b < cases[i].n; b++)
			assert_true(bounds[b] > bounds[b - 1]);
	}
}

static void a_bound_is_in_its_own_bucket(void **state)
{
	u64 bounds[64];
	u32 n = bounds_log2(1, POW2(63), bounds);

	(void)state;
	assert_int_equal(n, 64);
	assert_int_equal(bounds_bucket(bounds, n, 0), 0);
	assert_int_equal(bounds_bucket(bounds, n, 1), 0);
	for (u32 k = 1; k < 64; k++) {
		assert_int_equal(bounds_bucket(bounds, n, POW2(k) - 1), k == 1 ? 0 : k);
		assert_int_equal(bounds_bucket(bounds, n, POW2(k)), k);
		assert_int_equal(bounds_bucket(bounds, n, POW2(k) + 1), k + 1);
	}
	assert_int_equal(bounds_bucket(bounds, n, U64_MAX), n);
}

static void bounds_at_the_ends_are_bounds_like_others(void **state)
{
	static const u64 ends[] = {0, U64_MAX};
	static const u64 largest[] = {U64_MAX - 1};

	(void)state;
	assert_int_equal(bounds_bucket(ends, 2, 0), 0);
	assert_int_equal(bounds_bucket(ends, 2, 1), 1);
	assert_int_equal(bounds_bucket(ends, 2, U64_MAX), 1);
	assert_int_equal(bounds_bucket(largest, 1, U64_MAX - 1), 0);
	assert_int_equal(bounds_bucket(largest, 1, U64_MAX), 1);
	assert_int_equal(bounds_bucket(NULL, 0, 5), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_row_doubles_up_to_the_first_that_reaches_max),
		cmocka_unit_test(a_bound_that_does_not_fit_ends_the_row),
		cmocka_unit_test(a_bound_is_in_its_own_bucket),
		cmocka_unit_test(bounds_at_the_ends_are_bounds_like_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
