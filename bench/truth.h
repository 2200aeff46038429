/* SPDX-License-Identifier: Apache-2.0 */
/* What a stream holds, all of it counted: what every way of counting with limits is held against.
 */
#ifndef RINGTALLY_BENCH_TRUTH_H
#define RINGTALLY_BENCH_TRUTH_H

#include "base/types.h"

struct stream;

struct truth {
	u64 *counts; /* by key number */
	u64 *sorted; /* the same, the largest first */
	u32 nkeys;
	u64 total;
};

int truth__init(struct truth *t, const struct stream *s); /* 0 or -ENOMEM */
void truth__fini(struct truth *t);

/* The share of all events that belong to the n heaviest keys: what somebody who knows the future
 * can name with n series that never change. NAN of an empty stream. */
double truth__oracle_share(const struct truth *t, u32 n);

/* ... to the n keys that came first. */
double truth__first_come_share(const struct truth *t, u32 n);

/* Of the k heaviest keys, the share that is among those chosen (by key number): a key that ties
 * with the k-th is as good as it. NAN when the stream has none. */
double truth__recall(const struct truth *t, const bool *chosen, u32 k);

#endif
