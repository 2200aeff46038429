/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where encoded label sets live: copies of what a builder holds, never moved and never freed one by
 * one, so that a pointer to one is good as long as the arena. Embedded in its owner (a series
 * table, a snapshot); all zero bytes is an empty arena.
 */
#ifndef RINGTALLY_AGGREGATORS_LABEL_ARENA_H
#define RINGTALLY_AGGREGATORS_LABEL_ARENA_H

#include "base/types.h"

struct label_builder;
struct label_chunk;
struct labels;

struct label_arena {
	struct label_chunk *chunks; /* the one being filled first */
	size_t nbytes;		    /* of memory in all chunks */
};

/* A copy of the builder's label set; NULL when out of memory. */
const struct labels *label_arena__copy(struct label_arena *a, const struct label_builder *b);
void label_arena__fini(struct label_arena *a);

#endif
