/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/raw_cache.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"

enum { WAYS = 4 };

struct raw_cache {
	u32 words;
	u32 ways;
	u64 set_mask;
	u64 *entries; /* each: row + 1 (0: empty), then the key */
};

static u64 entry_words(u32 words)
{
	return 1 + (u64)words;
}

size_t raw_cache_entry_bytes(u32 words)
{
	return entry_words(words) * sizeof(u64);
}

struct raw_cache *raw_cache__new(u32 words, u32 entries)
{
	struct raw_cache *c = calloc(1, sizeof(*c));
	u64 n = 1;

	if (!c)
		return NULL;
	while (n < entries)
		n *= 2;
	c->words = words;
	c->ways = (u32)MIN(n, (u64)WAYS);
	c->set_mask = n / c->ways - 1;
	c->entries = calloc(n, raw_cache_entry_bytes(words));
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

/* The place `way` of the hash's set. */
static u64 *entry_of(const struct raw_cache *c, u64 hash, u64 way)
{
	return &c->entries[((hash & c->set_mask) * c->ways + way) * entry_words(c->words)];
}

static bool has_key(const struct raw_cache *c, const u64 *entry, const u64 *key)
{
	return entry[0] && !memcmp(entry + 1, key, c->words * sizeof(u64));
}

u32 raw_cache__find(const struct raw_cache *c, const u64 *key, u64 hash)
{
	for (u32 way = 0; way < c->ways; way++) {
		const u64 *entry = entry_of(c, hash, way);

		if (has_key(c, entry, key))
			return (u32)(entry[0] - 1);
	}
	return RAW_CACHE_MISS;
}

/* Its own place, an empty one, or one that bits of the hash choose which the set does not use. */
static u64 *place_for(const struct raw_cache *c, const u64 *key, u64 hash)
{
	for (u32 way = 0; way < c->ways; way++) {
		u64 *entry = entry_of(c, hash, way);

		if (!entry[0] || has_key(c, entry, key))
			return entry;
	}
	return entry_of(c, hash, hash >> 62 & (c->ways - 1));
}

void raw_cache__put(struct raw_cache *c, const u64 *key, u64 hash, u32 row)
{
	u64 *entry = place_for(c, key, hash);

	entry[0] = (u64)row + 1;
	memcpy(entry + 1, key, c->words * sizeof(u64));
}
