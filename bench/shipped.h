/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the events of a config cost as shipped: all programs of an event, with their rings, books
 * and series, per event. Blocks of work that fires the event, its programs' slots filled or empty
 * in turns, random within each pair.
 */
#ifndef RINGTALLY_BENCH_SHIPPED_H
#define RINGTALLY_BENCH_SHIPPED_H

#include "base/types.h"

struct bench_options;
struct bench_report;
struct err;
struct worker;

/* A row event/NAME for each; why there is none stands in it. The thread is pinned to `cpu`;
 * `worker` takes the records. */
int shipped_measure(struct bench_options *options, const char *suite, u32 cpu,
		    struct worker *worker, struct bench_report *report, struct err *err);

#endif
