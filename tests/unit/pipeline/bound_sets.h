/* SPDX-License-Identifier: Apache-2.0 */
/* Bounds of every sort, and the values next to which a look-up may go wrong. */
#ifndef RINGTALLY_TESTS_BOUND_SETS_H
#define RINGTALLY_TESTS_BOUND_SETS_H

#include <stdlib.h>

#include "aggregators/bounds.h"
#include "aggregators/bounds_native.h"
#include "tests/unit/pipeline/kernel_model.h"

enum { BOUND_SETS = 20, SEAMS_MAX = 3 * (64 + WIRE_BOUNDS_MAX) + 2 };

struct bound_set {
	const char *what;
	u32 n;
	u64 bounds[WIRE_BOUNDS_MAX];
};

static inline int bound_sets_compare(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

static inline void bound_set__sort(struct bound_set *set)
{
	u32 n = 0;

	qsort(set->bounds, set->n, sizeof(u64), bound_sets_compare);
	for (u32 i = 0; i < set->n; i++)
		if (n == 0 || set->bounds[i] != set->bounds[n - 1])
			set->bounds[n++] = set->bounds[i];
	set->n = n;
}

/* Neighbours from this one on. */
static inline void bound_set__dense(struct bound_set *set, const char *what, u64 first, u32 n)
{
	set->what = what;
	set->n = n;
	for (u32 i = 0; i < n; i++)
		set->bounds[i] = first + i;
}

static inline void bound_set__random(struct bound_set *set, const char *what, u32 n, u64 *seed)
{
	set->what = what;
	set->n = n;
	for (u32 i = 0; i < n; i++)
		set->bounds[i] = model_random_any(seed);
	bound_set__sort(set);
}

static inline void bound_set__log2(struct bound_set *set, const char *what, u64 min, u64 max)
{
	set->what = what;
	set->n = bounds_log2(min, max, set->bounds);
}

static inline void bound_set__linear(struct bound_set *set, const char *what, u64 start, u64 step,
				     u32 n)
{
	set->what = what;
	set->n = n;
	bounds_linear(start, step, n, set->bounds);
}

static inline void bound_set__native(struct bound_set *set, const char *what,
				     const struct native_row *row)
{
	set->what = what;
	set->n = bounds_native(row, set->bounds);
}

/* `sets` is too large for a stack. */
static inline void bound_sets__make(struct bound_set sets[BOUND_SETS], u64 *seed)
{
	bound_set__log2(&sets[0], "log2 of times", 1000, 64000000000);
	bound_set__log2(&sets[1], "log2 of sizes", 1, 1 << 30);
	bound_set__log2(&sets[2], "log2 of everything", 1, ~0ULL);
	bound_set__log2(&sets[3], "log2 from 3", 3, ~0ULL);
	bound_set__dense(&sets[4], "one, 0", 0, 1);
	bound_set__dense(&sets[5], "one, the largest", ~0ULL, 1);
	bound_set__dense(&sets[6], "0 to 511", 0, 512);
	bound_set__dense(&sets[7], "512 in the last octave", ~0ULL - 511, 512);
	bound_set__dense(&sets[8], "512 in one octave", (1ULL << 40) + 100, 512);
	bound_set__dense(&sets[9], "512 up to a power of two", (1ULL << 40) - 511, 512);
	bound_set__dense(&sets[10], "512 about a power of two", (1ULL << 40) - 256, 512);
	bound_set__dense(&sets[11], "1 to 10", 1, 10);
	bound_set__random(&sets[12], "5 at random", 5, seed);
	bound_set__random(&sets[13], "100 at random", 100, seed);
	bound_set__random(&sets[14], "512 at random", 512, seed);
	bound_set__random(&sets[15], "33 at random", 33, seed);
	bound_set__linear(&sets[16], "512 pages", 0, 4096, 512);
	bound_set__native(&sets[17], "native of times",
			  &(struct native_row){3, 1000000000, 1000, 64000000000});
	bound_set__native(&sets[18], "the finest native, two octaves",
			  &(struct native_row){8, 1000000000, 1000000000, 3980000000});
	bound_set__native(&sets[19], "native of all sizes", &(struct native_row){3, 1, 1, ~0ULL});
}

/* 0, each power of two and each bound, the numbers beside them, and the largest. */
static inline u32 bound_set__seams(const struct bound_set *set, u64 ret_values[SEAMS_MAX])
{
	u32 n = 0;

	ret_values[n++] = 0;
	ret_values[n++] = ~0ULL;
	for (u32 k = 0; k < 64; k++)
		for (u64 i = 0; i < 3; i++)
			ret_values[n++] = (1ULL << k) - 1 + i;
	for (u32 b = 0; b < set->n; b++)
		for (u64 i = 0; i < 3; i++)
			ret_values[n++] = set->bounds[b] - 1 + i;
	return n;
}

#endif
