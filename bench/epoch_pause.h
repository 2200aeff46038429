/* SPDX-License-Identifier: Apache-2.0 */
/* How long the loop stands still when an epoch ends. */
#ifndef RINGTALLY_BENCH_EPOCH_PAUSE_H
#define RINGTALLY_BENCH_EPOCH_PAUSE_H

#include "base/types.h"

struct err;
struct progress;
struct stream;

struct epoch_pause {
	double *wall_us; /* the longest tick of each epoch */
	double *cpu_us;	 /* the same by the thread's CPU time: without what others took */
	size_t n;	 /* epochs */
};

/* A counter of `limit` series takes the stream over and over, each epoch's worth in simulated time
 * (bench/tally.h), with a tick every second. */
int epoch_pause__measure(struct epoch_pause *p, const struct stream *stream, u32 limit, size_t n,
			 struct progress *progress, struct err *err);
void epoch_pause__fini(struct epoch_pause *p);

#endif
