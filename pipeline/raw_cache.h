/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Raw label words -> ticket, for one metric: spares the decoding of labels seen before. Bounded,
 * and free to forget: a hash leads to a pair of places, with which a window of eight begins, and a
 * new key that finds all of them taken evicts the first. All memory is taken at creation (untouched
 * pages cost nothing).
 */
#ifndef RINGTALLY_PIPELINE_RAW_CACHE_H
#define RINGTALLY_PIPELINE_RAW_CACHE_H

#include "base/hash.h"
#include "base/types.h"

enum {
	RAW_CACHE_MISS = 0, /* no ticket */
	RAW_CACHE_WINDOW = 8,
};

struct raw_cache {
	u64 *entries; /* each: the ticket (0: empty, and it was never in use), then the key */
	u64 pair_mask;
	u64 seed; /* of hashes */
	u32 words;
	size_t bytes;
};

/* Bytes of an entry, and of all there will be for so many. */
size_t raw_cache_entry_bytes(u32 words);
size_t raw_cache_bytes(u32 words, u32 entries);

/* For keys of `words` words; `entries` is rounded up to a power of two, at least eight. NULL when
 * out of memory. */
struct raw_cache *raw_cache__new(u32 words, u32 entries);
void raw_cache__free(struct raw_cache *c);

void raw_cache__put(struct raw_cache *c, const u64 *key, u64 hash, u64 ticket);

/* ---- for each record: in place, since calls would cost as much ---- */

/* With a number of words that the compiler knows, all of this takes a third of the time. */
#define RAW_CACHE_BY_WORDS(words, function, ...)   \
	((words) == 1	? function(__VA_ARGS__, 1) \
	 : (words) == 2 ? function(__VA_ARGS__, 2) \
	 : (words) == 3 ? function(__VA_ARGS__, 3) \
	 : (words) == 4 ? function(__VA_ARGS__, 4) \
			: function(__VA_ARGS__, (words)))

static inline u64 raw_cache_entry_words(u32 words)
{
	return 1 + (u64)words;
}

static inline u64 *raw_cache__pair(const struct raw_cache *c, u64 hash, u32 words)
{
	return c->entries + (hash & c->pair_mask) * 2 * raw_cache_entry_words(words);
}

static inline __attribute__((always_inline)) bool raw_cache_is_of(const u64 *entry, const u64 *key,
								  u32 words)
{
	u64 differ = 0;

	for (u32 i = 0; i < words; i++)
		differ |= entry[1 + i] ^ key[i];
	return !differ;
}

/* Of which place of the pair, is not asked with a branch: it would often be guessed wrong. Behind
 * an empty place the key cannot be: it would be in there. */
static inline __attribute__((always_inline)) u64
raw_cache_find_of(const struct raw_cache *c, const u64 *key, u64 hash, u32 words)
{
	const u64 *first = raw_cache__pair(c, hash, words);
	const u64 *entry = first + raw_cache_entry_words(words); /* the second */
	const u64 ticket = (first[0] & -(u64)raw_cache_is_of(first, key, words)) |
			   (entry[0] & -(u64)raw_cache_is_of(entry, key, words));

	if (ticket)
		return ticket;
	for (u32 i = 2; i < RAW_CACHE_WINDOW && entry[0]; i++) {
		entry += raw_cache_entry_words(words);
		if (raw_cache_is_of(entry, key, words))
			return entry[0];
	}
	return RAW_CACHE_MISS;
}

static inline __attribute__((always_inline)) u64 raw_cache_get_of(const struct raw_cache *c,
								  const u64 *key, u32 words)
{
	return raw_cache_find_of(c, key, hash_words(key, c->seed, words), words);
}

/* The key's hash, for what follows. It will be looked up soon: asks for the memory. */
static inline u64 raw_cache__seek(const struct raw_cache *c, const u64 *key)
{
	const u64 hash = RAW_CACHE_BY_WORDS(c->words, hash_words, key, c->seed);

	__builtin_prefetch(raw_cache__pair(c, hash, c->words));
	return hash;
}

static inline u64 raw_cache__find(const struct raw_cache *c, const u64 *key, u64 hash)
{
	return RAW_CACHE_BY_WORDS(c->words, raw_cache_find_of, c, key, hash);
}

/* Both at once, where the memory is near. */
static inline u64 raw_cache__get(const struct raw_cache *c, const u64 *key)
{
	return RAW_CACHE_BY_WORDS(c->words, raw_cache_get_of, c, key);
}

#endif
