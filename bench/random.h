/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers that look random: xorshift64* (Vigna, 2014). For order and arguments, not for secrets. */
#ifndef RINGTALLY_BENCH_RANDOM_H
#define RINGTALLY_BENCH_RANDOM_H

#include "base/types.h"

struct random {
	u64 state; /* not 0 */
};

static inline u64 random__next(struct random *r)
{
	r->state ^= r->state >> 12;
	r->state ^= r->state << 25;
	r->state ^= r->state >> 27;
	return r->state * 0x2545f4914f6cdd1dULL;
}

/* 0 <= x < 1 */
static inline double random__share(struct random *r)
{
	return (double)(random__next(r) >> 11) * 0x1p-53;
}

static inline size_t random__below(struct random *r, size_t n)
{
	return (size_t)(random__share(r) * (double)n);
}

#endif
