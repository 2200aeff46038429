/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/raw_cache.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/util.h"

enum { HUGE_BYTES = 2 << 20 };

size_t raw_cache_entry_bytes(u32 words)
{
	return raw_cache_entry_words(words) * sizeof(u64);
}

static u64 power_of_two(u32 entries)
{
	u64 n = RAW_CACHE_WINDOW;

	while (n < entries)
		n *= 2;
	return n;
}

size_t raw_cache_bytes(u32 words, u32 entries)
{
	return (power_of_two(entries) + RAW_CACHE_WINDOW - 2) * raw_cache_entry_bytes(words);
}

/* Zeroed, and at the start of a page. What is large comes in huge pages where the kernel has
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

	if (!c)
		return NULL;
	c->seed = hash_seed();
	c->words = words;
	c->pair_mask = power_of_two(entries) / 2 - 1;
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

/* Its own place, the first empty one, or the first of all, whose key is forgotten. */
static u64 *place_for(const struct raw_cache *c, const u64 *key, u64 hash)
{
	u64 *first = raw_cache__pair(c, hash, c->words), *entry = first;

	for (u32 i = 0; i < RAW_CACHE_WINDOW; i++, entry += raw_cache_entry_words(c->words))
		if (!entry[0] || raw_cache_is_of(entry, key, c->words))
			return entry;
	return first;
}

void raw_cache__put(struct raw_cache *c, const u64 *key, u64 hash, u64 ticket)
{
	u64 *entry = place_for(c, key, hash);

	entry[0] = ticket;
	memcpy(entry + 1, key, c->words * sizeof(u64));
}
