/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hash of every table in the process: XXH3, 64 bits, seeded from the kernel's random source at
 * first use, because label values are chosen by whoever runs programs on the machine.
 *
 * Keys of a few words, which come by the million, have a shorter one with the same seed: each word
 * is multiplied in, and both halves of the product go on (folded multiplication, as in Wang Yi's
 * wyhash). Who knew the seed could make keys collide: it is for tables where that costs time only.
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
		const u32 turn = i * 7 % 64;
		const u64 secret = turn ? seed << turn | seed >> (64 - turn) : seed;
		const u128 product = (u128)(words[i] ^ secret) * 0x9e3779b97f4a7c15ULL;

		hash ^= (u64)product ^ (u64)(product >> 64);
	}
	return hash;
}

#endif
