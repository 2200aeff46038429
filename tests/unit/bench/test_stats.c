/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "base/util.h"
#include "bench/random.h"
#include "bench/stats.h"

static void assert_about(double is, double want)
{
	if (!(fabs(is - want) <= 1e-9 * fmax(1, fabs(want))))
		fail_msg("%.12g, not %.12g", is, want);
}

static void a_median_stands_in_the_middle(void **state)
{
	static const double values[] = {9, 1, 5, 7, 3};

	(void)state;
	assert_about(stats_median(values, 5), 5);
	assert_about(stats_median(values, 4), 6); /* 1 5 7 9 */
	assert_about(stats_median(values, 1), 9);
	assert_true(isnan(stats_median(values, 0)));
}

static void a_quantile_is_one_of_the_values(void **state)
{
	double values[101];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(values); i++)
		values[i] = (double)(100 - i);
	assert_about(stats_quantile(values, 101, 0), 0);
	assert_about(stats_quantile(values, 101, 0.1), 10);
	assert_about(stats_quantile(values, 101, 1), 100);
	assert_true(isnan(stats_quantile(values, 0, 0.5)));
}

/* The sign test: of 25 values the 8th and the 18th, of six and of fewer the range. */
static void the_interval_is_that_of_the_sign_test(void **state)
{
	double values[25];
	struct estimate e;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(values); i++)
		values[i] = (double)((i * 7) % 25 + 1);
	e = stats_estimate(values, 25);
	assert_about(e.median, 13);
	assert_about(e.lo, 8);
	assert_about(e.hi, 18);
	for (size_t n = 1; n <= 6; n++) {
		e = stats_estimate(values, n);
		assert_about(e.lo, 1);
	}
	assert_false(estimate__known(&estimate_none));
	e = stats_estimate(values, 0);
	assert_false(estimate__known(&e));
}

/* 20 phases of 100 equal rounds: the interval must not take them for 2000 findings. */
static void neighbours_that_are_alike_do_not_narrow_the_interval(void **state)
{
	double values[2000];
	struct random r = {42};
	struct estimate e;

	(void)state;
	for (size_t phase = 0; phase < 20; phase++) {
		double level = random__share(&r) * 100;

		for (size_t i = 0; i < 100; i++)
			values[phase * 100 + i] = level;
	}
	e = stats_estimate(values, ARRAY_SIZE(values));
	assert_true(e.hi - e.lo > 10);
}

/* How often the interval holds the truth, over many draws. */
static void the_interval_mostly_holds_the_truth(void **state)
{
	struct random r = {7};
	size_t held = 0;

	(void)state;
	for (size_t run = 0; run < 1000; run++) {
		double values[250];
		struct estimate e;

		for (size_t i = 0; i < ARRAY_SIZE(values); i++)
			values[i] = random__share(&r);
		e = stats_estimate(values, ARRAY_SIZE(values));
		held += e.lo <= 0.5 && e.hi >= 0.5;
	}
	assert_in_range(held, 930, 1000);
}

/* A machine that changes its speed between rounds: pairs do not see it, and outliers neither. */
static void pairs_and_ratios_survive_phases_and_outliers(void **state)
{
	enum { ROUNDS = 1000 };
	static double empty[ROUNDS], hash[ROUNDS], ours[ROUNDS];
	struct random r = {3};
	struct estimate e;

	(void)state;
	for (size_t i = 0; i < ROUNDS; i++) {
		double phase = i < 400 ? 100 : 300;

		empty[i] = phase + random__share(&r);
		hash[i] = phase + 50 + random__share(&r);
		ours[i] = phase + 10 + random__share(&r);
		if (i % 9 == 0)
			ours[i] += 5000;
	}
	e = stats_difference(ours, empty, ROUNDS);
	assert_true(fabs(e.median - 10) < 0.3);
	assert_true(e.lo > 9.5 && e.hi < 10.5 && e.lo <= e.median && e.median <= e.hi);
	e = stats_ratio(ours, hash, empty, ROUNDS);
	assert_true(fabs(e.median - 0.2) < 0.01);
	assert_true(e.lo > 0.19 && e.hi < 0.21 && e.lo <= e.median && e.median <= e.hi);
}

static void nothing_to_divide_by_is_no_ratio(void **state)
{
	static const double same[] = {1, 1, 1, 1, 1, 1};
	struct estimate e = stats_ratio(same, same, same, 6);

	(void)state;
	assert_false(estimate__known(&e));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_median_stands_in_the_middle),
		cmocka_unit_test(a_quantile_is_one_of_the_values),
		cmocka_unit_test(the_interval_is_that_of_the_sign_test),
		cmocka_unit_test(neighbours_that_are_alike_do_not_narrow_the_interval),
		cmocka_unit_test(the_interval_mostly_holds_the_truth),
		cmocka_unit_test(pairs_and_ratios_survive_phases_and_outliers),
		cmocka_unit_test(nothing_to_divide_by_is_no_ratio),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
