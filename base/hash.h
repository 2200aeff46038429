/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hash of every table in the process: XXH3, 64 bits, seeded from the kernel's random source at
 * first use, because label values are chosen by whoever runs programs on the machine.
 *
 * Keys of a few words, which come by the million, have a shorter one with the same seed: of each
 * word a product, whose halves are folded into one (as in Wang Yi's wyhash), all of them put
 * together. Who knew the seed could make keys collide: it is for tables where that costs time only.
 */
#ifndef RINGTALLY_BASE_HASH_H
#define RINGTALLY_BASE_HASH_H

#include <stddef.h>

#include "base/types.h"

u64 hash_bytes(const void *bytes, size_t n);

u64 hash_seed(void);

/* In place: with an n that the compiler knows there is no loop. The factor is 2^64 over the golden
 * ratio, which spreads numbers in a row as no other does. */
static inline __attribute__((always_inline)) u64 hash_words(const u64 *words, u64 seed, u32 n)
{
	u64 hash = 0;

	for (u32 i = 0; i < n; i++) {
		const u128 product = (u128)(words[i] ^ seed) * 0x9e3779b97f4a7c15ULL;

		hash ^= (u64)product ^ (u64)(product >> 64);
		seed = seed << 7 | seed >> 57;
	}
	return hash;
}

#endif
