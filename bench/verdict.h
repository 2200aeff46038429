/* SPDX-License-Identifier: Apache-2.0 */
/* May the figures of a run be believed? What disturbed it, and how well what must agree agrees. */
#ifndef RINGTALLY_BENCH_VERDICT_H
#define RINGTALLY_BENCH_VERDICT_H

#include "bench/machine.h"

struct bench_report;

/* Of the rows of the present run of a suite: remarks, and report->noisy. `before`: the ticks of the
 * measured CPU when the run began. */
void verdict_give(struct bench_report *report, const char *suite, u32 cpu,
		  const struct cpu_ticks *before);

/* Of several runs: how far their ratios to the hash map agree. */
void verdict_compare_runs(struct bench_report *report);

#endif
