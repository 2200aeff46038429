/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/raw_cache.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/util.h"

enum { WAYS = 4, HUGE_BYTES = 2 << 20 };

struct raw_cache {
	u32 words;
	u32 ways;
	u32 entry_words;
	u32 set_words;
	u64 set_mask;
	size_t bytes;
	u64 *entries; /* each: the ticket (0: empty), then the key */
};

static u64 entry_words(u32 words)
{
	return 1 + (u64)words;
}

size_t raw_cache_entry_bytes(u32 words)
{
	return entry_words(words) * sizeof(u64);
}

static u64 power_of_two(u32 entries)
{
	u64 n = 1;

	while (n < entries)
		n *= 2;
	return n;
}

size_t raw_cache_bytes(u32 words, u32 entries)
{
	return power_of_two(entries) * raw_cache_entry_bytes(words);
}

/* Zeroed, and a set begins a cache line. What is large comes in huge pages where the kernel has
 * them: every look-up would otherwise miss the TLB too. */
static u64 *allocate(size_t bytes)
{
	void *memory =
		mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return NULL;
	if (bytes >= HUGE_BYTES)
		madvise(memory, bytes, MADV_HUGEPAGE);
	return memory;
}

struct raw_cache *raw_cache__new(u32 words, u32 entries)
{
	struct raw_cache *c = calloc(1, sizeof(*c));
	const u64 n = power_of_two(entries);

	if (!c)
		return NULL;
	c->words = words;
	c->ways = (u32)MIN(n, (u64)WAYS);
	c->entry_words = (u32)entry_words(words);
	c->set_words = c->ways * c->entry_words;
	c->set_mask = n / c->ways - 1;
	c->bytes = raw_cache_bytes(words, entries);
	c->entries = allocate(c->bytes);
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
	munmap(c->entries, c->bytes);
	free(c);
}

/* The first entry of the hash's set. */
static u64 *set_of(const struct raw_cache *c, u64 hash)
{
	return c->entries + (hash & c->set_mask) * c->set_words;
}

void raw_cache__prefetch(const struct raw_cache *c, u64 hash)
{
	__builtin_prefetch(set_of(c, hash));
}

/* Keys have few words: a call of memcmp would cost more than the comparison. */
static bool has_key(const struct raw_cache *c, const u64 *entry, const u64 *key)
{
	u64 differ = !entry[0];

	for (u32 i = 0; i < c->words; i++)
		differ |= entry[1 + i] ^ key[i];
	return !differ;
}

u64 raw_cache__find(const struct raw_cache *c, const u64 *key, u64 hash)
{
	const u64 *set = set_of(c, hash);

	for (const u64 *entry = set; entry < set + c->set_words; entry += c->entry_words)
		if (has_key(c, entry, key))
			return entry[0];
	return RAW_CACHE_MISS;
}

/* Its own place, an empty one, or one that bits of the hash choose which the set does not use. */
static u64 *place_for(const struct raw_cache *c, const u64 *key, u64 hash)
{
	u64 *set = set_of(c, hash);

	for (u64 *entry = set; entry < set + c->set_words; entry += c->entry_words)
		if (!entry[0] || has_key(c, entry, key))
			return entry;
	return set + (hash >> 62 & (c->ways - 1)) * c->entry_words;
}

void raw_cache__put(struct raw_cache *c, const u64 *key, u64 hash, u64 ticket)
{
	u64 *entry = place_for(c, key, hash);

	entry[0] = ticket;
	memcpy(entry + 1, key, c->words * sizeof(u64));
}
