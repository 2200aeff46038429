/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/raw_cache.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/hash.h"
#include "base/util.h"

enum { WAYS = 4, HUGE_BYTES = 2 << 20 };

struct raw_cache {
	u32 words;
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
	u64 n = WAYS;

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
	c->entry_words = (u32)entry_words(words);
	c->set_words = WAYS * c->entry_words;
	c->set_mask = n / WAYS - 1;
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

u64 raw_cache__seek(const struct raw_cache *c, const u64 *key)
{
	const u64 hash = hash_words(key, c->words);

	/* The first line of the set and the last: of keys up to three words that is all of it. */
	__builtin_prefetch(set_of(c, hash));
	__builtin_prefetch(set_of(c, hash) + c->set_words - 1);
	return hash;
}

/* Keys have few words: a call of memcmp would cost more than the comparison. */
static inline bool has_key(const u64 *entry, const u64 *key, u32 words)
{
	u64 differ = !entry[0];

	for (u32 i = 0; i < words; i++)
		differ |= entry[1 + i] ^ key[i];
	return !differ;
}

/* Made anew for each number of words that is passed as a constant: a third of the time. */
static inline __attribute__((always_inline)) u64 find_in(const u64 *set, const u64 *key, u32 words)
{
	for (u32 way = 0; way < WAYS; way++, set += 1 + words)
		if (has_key(set, key, words))
			return set[0];
	return RAW_CACHE_MISS;
}

u64 raw_cache__find(const struct raw_cache *c, const u64 *key, u64 hash)
{
	const u64 *set = set_of(c, hash);

	switch (c->words) {
	case 1:
		return find_in(set, key, 1);
	case 2:
		return find_in(set, key, 2);
	case 3:
		return find_in(set, key, 3);
	case 4:
		return find_in(set, key, 4);
	default:
		return find_in(set, key, c->words);
	}
}

/* Its own place, an empty one, or one that bits of the hash choose which the set does not use. */
static u64 *place_for(const struct raw_cache *c, const u64 *key, u64 hash)
{
	u64 *set = set_of(c, hash);

	for (u64 *entry = set; entry < set + c->set_words; entry += c->entry_words)
		if (!entry[0] || has_key(entry, key, c->words))
			return entry;
	return set + (hash >> 62) * c->entry_words;
}

void raw_cache__put(struct raw_cache *c, const u64 *key, u64 hash, u64 ticket)
{
	u64 *entry = place_for(c, key, hash);

	entry[0] = ticket;
	memcpy(entry + 1, key, c->words * sizeof(u64));
}
