/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Raw label words -> ticket, for one metric: spares the decoding of labels seen before. Bounded,
 * and free to forget: a hash leads to a window of eight places side by side, and a new key that
 * finds all of them taken evicts the first. All memory is taken at creation (untouched pages cost
 * nothing).
 */
#ifndef RINGTALLY_PIPELINE_RAW_CACHE_H
#define RINGTALLY_PIPELINE_RAW_CACHE_H

#include "base/types.h"

struct raw_cache;

enum { RAW_CACHE_MISS = 0 }; /* no ticket */

/* Bytes of an entry, and of all there will be for so many. */
size_t raw_cache_entry_bytes(u32 words);
size_t raw_cache_bytes(u32 words, u32 entries);

/* For keys of `words` words; `entries` is rounded up to a power of two, at least eight. NULL when
 * out of memory. */
struct raw_cache *raw_cache__new(u32 words, u32 entries);
void raw_cache__free(struct raw_cache *c);

/* The key's hash, for what follows. It will be looked up soon: asks for the memory. */
u64 raw_cache__seek(const struct raw_cache *c, const u64 *key);

u64 raw_cache__find(const struct raw_cache *c, const u64 *key, u64 hash);
void raw_cache__put(struct raw_cache *c, const u64 *key, u64 hash, u64 ticket);

#endif
