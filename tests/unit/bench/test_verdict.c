/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "bench/report.h"
#include "bench/verdict.h"

static void add_twins(struct bench_report *report, double first, double again)
{
	struct bench_row *row;

	row = bench_report__row(report, "suite", "tp_btf/hash/pid", "ns", NULL, 0);
	row->above_empty = (struct estimate){first, first, first};
	row = bench_report__row(report, "suite", "tp_btf/hash/pid/again", "ns", NULL, 0);
	row->above_empty = (struct estimate){again, again, again};
}

static bool has_remark(const struct bench_report *report, const char *part)
{
	for (size_t i = 0; i < report->nremarks; i++)
		if (strstr(report->remarks[i], part))
			return true;
	return false;
}

static void twins_that_differ_make_a_run_noisy(void **state)
{
	static const struct {
		double first;
		double again;
		bool noisy;
	} cases[] = {
		{50, 50, false}, {50, 54.9, false}, {50, 45.1, false}, {50, 55.1, true},
		{50, 44, true},	 {5, 6.4, false},   {5, 6.6, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cpu_ticks before = machine_ticks(0);
		struct bench_report report;

		bench_report__init(&report);
		add_twins(&report, cases[i].first, cases[i].again);
		verdict_give(&report, "suite", 0, &before);
		assert_int_equal(report.noisy, cases[i].noisy);
		assert_true(has_remark(&report, "entered twice"));
		assert_int_equal(has_remark(&report, "verdict: this machine was too noisy"),
				 cases[i].noisy);
		bench_report__fini(&report);
	}
}

static void steal_makes_a_run_noisy(void **state)
{
	struct cpu_ticks before = {0}; /* all that was stolen since boot */
	struct cpu_ticks now = machine_ticks(0);
	struct bench_report report;

	(void)state;
	assert_true(now.all > 0);
	/* As if all time had been stolen since then. */
	before.steal = now.steal - (now.all + 1);
	bench_report__init(&report);
	verdict_give(&report, "suite", 0, &before);
	assert_true(report.noisy);
	assert_true(has_remark(&report, "stolen from CPU 0"));
	bench_report__fini(&report);
}

static void add_ratio(struct bench_report *report, u32 run, const char *subject, double ratio)
{
	struct bench_row *row;

	report->run = run;
	row = bench_report__row(report, "suite", subject, "ns", NULL, 0);
	row->ratio_to_hash = (struct estimate){ratio, ratio, ratio};
}

static void runs_are_compared_by_their_ratios(void **state)
{
	struct bench_report report;

	(void)state;
	bench_report__init(&report);
	for (u32 run = 1; run <= 3; run++) {
		add_ratio(&report, run, "tp_btf/hash/pid", 1);
		add_ratio(&report, run, "tp_btf/stream/pid", run == 2 ? 0.55 : 0.5);
		add_ratio(&report, run, "tp_btf/stream/comm", run == 3 ? 1.5 : 2);
	}
	verdict_compare_runs(&report);
	assert_true(has_remark(
		&report, "over 3 runs, ratios to the hash map were off their median by 17.5 % "
			 "(median of 2 subjects), at most 25.0 % (tp_btf/stream/comm)"));
	bench_report__fini(&report);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(twins_that_differ_make_a_run_noisy),
		cmocka_unit_test(steal_makes_a_run_noisy),
		cmocka_unit_test(runs_are_compared_by_their_ratios),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
