/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/verdict.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "bench/report.h"

#define AGAIN "/again"

/* What is still good enough for a claim. */
static const double steal_limit = 0.05, twin_share = 0.1, twin_ns = 1.5;
/* Of the whole call: what is added to a slow one cannot be seen as sharply. */
static const double twin_share_of_call = 0.005;

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && !strcmp(s + n - m, end);
}

static const struct bench_row *find_row(const struct bench_report *report, u32 run,
					const char *subject, size_t n)
{
	for (size_t i = 0; i < report->nrows; i++)
		if (report->rows[i].run == run && strlen(report->rows[i].subject) == n &&
		    !strncmp(report->rows[i].subject, subject, n))
			return &report->rows[i];
	return NULL;
}

static void judge_steal(struct bench_report *report, u32 cpu, const struct cpu_ticks *before)
{
	struct cpu_ticks now = machine_ticks(cpu);
	double all = (double)(now.all - before->all);
	double steal = all > 0 ? (double)(now.steal - before->steal) / all : 0;

	bench_report__remark(report, "stolen from CPU %u by the hypervisor: %.2f %% of the time%s",
			     cpu, 100 * steal, steal > steal_limit ? ", too much for a claim" : "");
	report->noisy = report->noisy || steal > steal_limit;
}

static void tell_spread(struct bench_report *report, const struct bench_row *row)
{
	double low = stats_quantile(row->samples, row->nsamples, 0.1);
	double high = stats_quantile(row->samples, row->nsamples, 0.9);

	bench_report__remark(report, "%s: eight of ten rounds took %.0f to %.0f ns, median %.0f",
			     row->subject, low, high, row->value.median);
}

static void judge_twin(struct bench_report *report, const struct bench_row *again)
{
	const struct bench_row *first = find_row(report, again->run, again->subject,
						 strlen(again->subject) - strlen(AGAIN));
	double once, off;
	bool failed;

	if (!first)
		return;
	once = first->above_empty.median;
	off = fabs(again->above_empty.median - once);
	failed = !(off <= fmax(fmax(twin_ns, twin_share * once),
			       twin_share_of_call * first->value.median));
	bench_report__remark(report, "%s, entered twice: %.1f and %.1f ns above empty%s",
			     first->subject, once, again->above_empty.median,
			     failed ? ", too far apart for a claim" : "");
	report->noisy = report->noisy || failed;
}

void verdict_give(struct bench_report *report, const char *suite, u32 cpu,
		  const struct cpu_ticks *before)
{
	judge_steal(report, cpu, before);
	for (size_t i = 0; i < report->nrows; i++) {
		const struct bench_row *row = &report->rows[i];

		if (row->run != report->run || strcmp(row->suite, suite) != 0)
			continue;
		if (ends_with(row->subject, "/empty") && !strcmp(row->unit, "ns"))
			tell_spread(report, row);
		if (ends_with(row->subject, AGAIN))
			judge_twin(report, row);
	}
	bench_report__remark(report, "verdict: %s",
			     report->noisy ? "this machine was too noisy for a claim, see above"
					   : "quiet enough; trust ratios more than figures");
}

/* How far the runs are from their median at most, in shares of it; NAN when there is nothing to
 * compare. */
static double deviation_of(const struct bench_report *report, const struct bench_row *first)
{
	double ratios[128], median, most = 0;
	size_t n = 0;

	for (u32 run = 1; run <= report->run && n < ARRAY_SIZE(ratios); run++) {
		const struct bench_row *row =
			find_row(report, run, first->subject, strlen(first->subject));

		if (row && estimate__known(&row->ratio_to_hash))
			ratios[n++] = row->ratio_to_hash.median;
	}
	if (n < 2)
		return (double)NAN;
	median = stats_median(ratios, n);
	for (size_t i = 0; i < n; i++)
		most = fmax(most, fabs(ratios[i] / median - 1));
	return most;
}

/* The hash map's own ratio is always 1. */
static bool is_comparable(const struct bench_row *row)
{
	return row->run == 1 && estimate__known(&row->ratio_to_hash) &&
	       !strstr(row->subject, "/hash/");
}

void verdict_compare_runs(struct bench_report *report)
{
	double *deviations = calloc(report->nrows + 1, sizeof(*deviations)), most = -1;
	const char *where = "";
	size_t n = 0;

	for (size_t i = 0; deviations && i < report->nrows; i++) {
		double deviation = is_comparable(&report->rows[i])
					   ? deviation_of(report, &report->rows[i])
					   : (double)NAN;

		if (!isfinite(deviation))
			continue;
		deviations[n++] = deviation;
		if (deviation > most)
			where = report->rows[i].subject;
		most = fmax(most, deviation);
	}
	if (n)
		bench_report__remark(
			report,
			"over %u runs, ratios to the hash map were off their median by "
			"%.1f %% (median of %zu subjects), at most %.1f %% (%s)",
			report->run, 100 * stats_median(deviations, n), n, 100 * most, where);
	free(deviations);
}
