/* SPDX-License-Identifier: Apache-2.0 */
/* Arguments for calls, drawn beforehand so that nothing is drawn while measuring. The same ones
 * every time: the generator's seed is fixed. */
#ifndef RINGTALLY_BENCH_SEQUENCE_H
#define RINGTALLY_BENCH_SEQUENCE_H

#include "base/types.h"

enum sequence_kind {
	SEQUENCE_CONSTANT,  /* 0 */
	SEQUENCE_LATENCIES, /* ns: log-uniform from 1 us to 64 s */
	SEQUENCE_ZIPF,	    /* the k-th key is drawn 1/k times as often as the first */
	SEQUENCE_UNIFORM,
};

struct sequence {
	u64 *arguments;
	size_t n;
};

/* `keys`: of how many different ones zipf and uniform draw. `stream` 0, 1 ...: others for another
 * producer. 0 or -ENOMEM. */
int sequence__draw(enum sequence_kind kind, size_t keys, size_t n, u64 stream,
		   struct sequence *ret_sequence);

/* Each of the keys once, in an order that has nothing to do with how often they are drawn. */
int sequence__all(size_t keys, struct sequence *ret_sequence);

void sequence__fini(struct sequence *s);

#endif
