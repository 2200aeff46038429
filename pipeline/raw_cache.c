/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/raw_cache.h"

#include <stdlib.h>
#include <string.h>

struct raw_cache {
	u32 words;
	u64 mask;
	u64 *entries; /* each: row + 1 (0: empty), then the key */
};

struct raw_cache *raw_cache__new(u32 words, u32 entries)
{
	struct raw_cache *c = calloc(1, sizeof(*c));
	u64 n = 1;

	if (!c)
		return NULL;
	while (n < entries)
		n *= 2;
	c->words = words;
	c->mask = n - 1;
	c->entries = calloc(n * (1 + (u64)words), sizeof(u64));
	if (!c->entries) {
		free(c);
		return NULL;
	}
	return c;
}

void raw_cache__free(struct raw_cache *c)
{
	if (!c)
		return;
	free(c->entries);
	free(c);
}

static u64 *entry_of(const struct raw_cache *c, u64 hash)
{
	return &c->entries[(hash & c->mask) * (1 + (u64)c->words)];
}

u32 raw_cache__find(const struct raw_cache *c, const u64 *key, u64 hash)
{
	const u64 *entry = entry_of(c, hash);

	if (!entry[0] || memcmp(entry + 1, key, c->words * sizeof(u64)))
		return RAW_CACHE_MISS;
	return (u32)(entry[0] - 1);
}

void raw_cache__put(struct raw_cache *c, const u64 *key, u64 hash, u32 row)
{
	u64 *entry = entry_of(c, hash);

	entry[0] = (u64)row + 1;
	memcpy(entry + 1, key, c->words * sizeof(u64));
}
