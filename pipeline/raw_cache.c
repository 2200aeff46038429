/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/raw_cache.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/hash.h"
#include "base/util.h"

enum { WINDOW = 8, HUGE_BYTES = 2 << 20 };

struct raw_cache {
	u32 words;
	u32 entry_words;
	u64 home_mask;
	size_t bytes;
	u64 *entries; /* each: the ticket (0: empty, and it was never in use), then the key */
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
	u64 n = WINDOW;

	while (n < entries)
		n *= 2;
	return n;
}

size_t raw_cache_bytes(u32 words, u32 entries)
{
	return (power_of_two(entries) + WINDOW - 1) * raw_cache_entry_bytes(words);
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
	c->words = words;
	c->entry_words = (u32)entry_words(words);
	c->home_mask = power_of_two(entries) - 1;
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

/* Where a hash's window begins. Most keys are there, or next to it: a look-up touches little
 * memory. */
static u64 *home_of(const struct raw_cache *c, u64 hash)
{
	return c->entries + (hash & c->home_mask) * c->entry_words;
}

u64 raw_cache__seek(const struct raw_cache *c, const u64 *key)
{
	const u64 hash = hash_words(key, c->words);

	__builtin_prefetch(home_of(c, hash));
	return hash;
}

/* Keys have few words: a call of memcmp would cost more than the comparison. */
static inline bool has_key(const u64 *entry, const u64 *key, u32 words)
{
	u64 differ = 0;

	for (u32 i = 0; i < words; i++)
		differ |= entry[1 + i] ^ key[i];
	return !differ;
}

/* Made anew for each number of words that is passed as a constant: a third of the time. Behind an
 * empty entry the key cannot be: it would be in there. */
static inline __attribute__((always_inline)) u64 find_from(const u64 *entry, const u64 *key,
							   u32 words)
{
	for (u32 i = 0; i < WINDOW && entry[0]; i++, entry += 1 + words)
		if (has_key(entry, key, words))
			return entry[0];
	return RAW_CACHE_MISS;
}

u64 raw_cache__find(const struct raw_cache *c, const u64 *key, u64 hash)
{
	const u64 *home = home_of(c, hash);

	switch (c->words) {
	case 1:
		return find_from(home, key, 1);
	case 2:
		return find_from(home, key, 2);
	case 3:
		return find_from(home, key, 3);
	case 4:
		return find_from(home, key, 4);
	default:
		return find_from(home, key, c->words);
	}
}

/* Its own place, the first empty one, or its home, whose key is forgotten. */
static u64 *place_for(const struct raw_cache *c, const u64 *key, u64 hash)
{
	u64 *home = home_of(c, hash), *entry = home;

	for (u32 i = 0; i < WINDOW; i++, entry += c->entry_words)
		if (!entry[0] || has_key(entry, key, c->words))
			return entry;
	return home;
}

void raw_cache__put(struct raw_cache *c, const u64 *key, u64 hash, u64 ticket)
{
	u64 *entry = place_for(c, key, hash);

	entry[0] = ticket;
	memcpy(entry + 1, key, c->words * sizeof(u64));
}
