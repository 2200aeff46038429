/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a call of the flush takes: it interrupts the CPU whose tables it empties. A full call, on
 * the own CPU and on another one, and one with a few slots to move out of tables small and large.
 */
#ifndef RINGTALLY_BENCH_FLUSH_COST_H
#define RINGTALLY_BENCH_FLUSH_COST_H

#include "bench/machine.h"

struct bench_options;
struct bench_report;
struct err;
struct rounds;

/* Rows flush/…, in us. The stub of the rounds is attached at their hook. */
int flush_cost_measure(struct bench_options *options, const char *suite,
		       const struct rounds *rounds, const struct cpu_pair *cpus,
		       struct bench_report *report, struct err *err);

#endif
