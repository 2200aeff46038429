/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hash.h"

#include <string.h>
#include <sys/auxv.h>
#include <sys/random.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

static u64 draw_seed(void)
{
	u64 seed;

	/* A sandbox may refuse the call; the kernel gave every process 16 random bytes as well. */
	if (getrandom(&seed, sizeof(seed), 0) != (ssize_t)sizeof(seed))
		memcpy(&seed, (const void *)getauxval(AT_RANDOM), sizeof(seed));
	return seed;
}

u64 hash_seed(void)
{
	static bool seeded;
	static u64 drawn;

	if (!seeded) {
		drawn = draw_seed();
		seeded = true;
	}
	return drawn;
}

u64 hash_bytes(const void *bytes, size_t n)
{
	return XXH3_64bits_withSeed(bytes, n, hash_seed());
}
