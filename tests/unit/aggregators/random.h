/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random numbers for property tests, the same ones in every run of a seed. SEED=N in the
 * environment runs a test with this seed in place of its own.
 */
#ifndef RINGTALLY_TESTS_AGG_RANDOM_H
#define RINGTALLY_TESTS_AGG_RANDOM_H

#include <stdlib.h>
#include <sys/random.h>

#include "tests/unit/aggregators/agg_test.h"

static inline u64 random_u64(u64 *rng) /* splitmix64 */
{
	u64 z = *rng += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static inline u32 random_below(u64 *rng, u32 n)
{
	return (u32)(random_u64(rng) % n);
}

/* Of every size, up to 2^bits - 1. */
static inline u64 random_bits(u64 *rng, u32 bits)
{
	const u64 number = random_u64(rng) >> (64 - bits);

	return number >> random_below(rng, bits);
}

static inline u64 seed_or(u64 seed)
{
	const char *given = getenv("SEED");

	if (given)
		seed = strtoull(given, NULL, 0);
	print_message("SEED=%llu\n", seed);
	return seed;
}

/* Another one in every run. */
static inline u64 any_seed(void)
{
	u64 seed = 0;

	assert_int_equal(getrandom(&seed, sizeof(seed), 0), sizeof(seed));
	return seed_or(seed);
}

#endif
