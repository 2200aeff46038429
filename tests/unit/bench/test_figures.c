/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bench/figures.h"

static void gathers_samples_by_name(void **state)
{
	struct figures f = {.program = "p"};
	struct bench_report report;

	(void)state;
	figures__add(&f, "ms", 3, "time");
	figures__add(&f, "bytes", 10, "map/%s", "a");
	figures__add(&f, "ms", 1, "time");
	figures__add(&f, "ms", 2, "time");
	assert_int_equal((int)figures__median(&f, "time"), 2);
	assert_int_equal((int)figures__median(&f, "map/a"), 10);
	assert_true(isnan(figures__median(&f, "map")));

	bench_report__init(&report);
	figures__report(&f, "suite", &report);
	assert_int_equal(report.nrows, 2);
	assert_string_equal(report.rows[0].subject, "p/time");
	assert_string_equal(report.rows[0].unit, "ms");
	assert_int_equal(report.rows[0].nsamples, 3);
	assert_int_equal((int)report.rows[0].samples[0], 3);
	assert_string_equal(report.rows[1].subject, "p/map/a");
	assert_false(report.failed);
	bench_report__fini(&report);
	figures__fini(&f);
}

static void cuts_long_names(void **state)
{
	struct figures f = {.program = "p"};

	(void)state;
	for (int i = 0; i < 2; i++)
		figures__add(&f, "ms", i, "%0100d", 1);
	assert_int_equal(f.n, 1);
	assert_int_equal(f.items[0].n, 2);
	figures__fini(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gathers_samples_by_name),
		cmocka_unit_test(cuts_long_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
