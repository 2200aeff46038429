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

/* Who takes turns in which order: the same orders in every run. */
#define RANDOM_FOR_ORDER ((struct random){0x2545f4914f6cdd1dULL})

/* 0 ... n - 1, each once. */
static inline void random__order(struct random *r, size_t *ret_order, size_t n)
{
	for (size_t i = 0; i < n; i++)
		ret_order[i] = i;
	for (size_t i = n; i-- > 1;) {
		const size_t other = random__below(r, i + 1), mine = ret_order[i];

		ret_order[i] = ret_order[other];
		ret_order[other] = mine;
	}
}

#endif
