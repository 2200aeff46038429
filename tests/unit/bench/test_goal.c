/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "bench/goal.h"

static void assert_remark(const struct goal *g, const char *want)
{
	struct bench_report report;

	bench_report__init(&report);
	goal__report(g, "suite", &report);
	assert_int_equal(report.nremarks, 1);
	assert_string_equal(report.remarks[0], want);
	bench_report__fini(&report);
}

static void the_worst_counts(void **state)
{
	struct goal fast = {.what = "speed", .unit = " M/s", .wanted = 10};
	struct goal small = {.what = "size", .unit = " KiB", .wanted = 256, .at_most = true};

	(void)state;
	goal__see(&fast, 12.5, "a");
	goal__see(&fast, 11.25, "b");
	goal__see(&fast, 13, "c");
	assert_true(goal__met(&fast));
	assert_remark(&fast, "suite: target met: speed: 11.25 M/s (b), wanted at least 10 M/s");
	goal__see(&fast, 9.5, "d");
	assert_false(goal__met(&fast));
	assert_remark(&fast, "suite: target MISSED: speed: 9.5 M/s (d), wanted at least 10 M/s");

	goal__see(&small, 100, "a");
	goal__see(&small, 256, "b");
	assert_true(goal__met(&small));
	goal__see(&small, 256.5, "c");
	goal__see(&small, 1, "d");
	assert_false(goal__met(&small));
	assert_remark(&small, "suite: target MISSED: size: 256.5 KiB (c), wanted at most 256 KiB");
}

static void what_was_not_measured_is_not_met(void **state)
{
	struct goal g = {.what = "speed", .unit = "", .wanted = 0};

	(void)state;
	goal__see(&g, (double)NAN, "a");
	assert_false(goal__met(&g));
	assert_remark(&g, "suite: target not measured: speed, wanted at least 0");
	goal__see(&g, 0, "b");
	goal__see(&g, (double)NAN, "c");
	assert_true(goal__met(&g));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_worst_counts),
		cmocka_unit_test(what_was_not_measured_is_not_met),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
