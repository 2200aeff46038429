/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many of a lot of numbers there are of each size, so that a rank can be turned into a number
 * without sorting. Sizes are exact up to 7, then four to every power of two: numbers of one class
 * are less than a quarter apart.
 */
#ifndef RINGTALLY_AGGREGATORS_CENSUS_H
#define RINGTALLY_AGGREGATORS_CENSUS_H

#include "base/types.h"

enum { CENSUS_BITS = 8, CENSUS_CLASSES = 1 << CENSUS_BITS };

struct census {
	u32 n[CENSUS_CLASSES];
};

static inline u32 census_class(u64 number)
{
	const u32 shift = 61 - (u32)__builtin_clzll(number | 4);

	return 4 * shift + (u32)(number >> shift);
}

/* The numbers of a class: 2^bits of them, from low on. */
struct census_range {
	u64 low;
	u32 bits;
};
struct census_range census_range(u32 class);

/* The class of the *rank-th largest number (1 is the largest); *rank becomes its rank therein.
 * There must be as many. */
u32 census__from_top(const struct census *c, u32 *rank);

/* The same from the smallest on. */
u32 census__from_bottom(const struct census *c, u32 *rank);

#endif
