/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where encoded label sets live: copies of what a builder holds, never moved, so that a pointer to
 * one is good until it is given back. Embedded in its owner (a series table, a snapshot); all zero
 * bytes is an empty arena.
 *
 * What is given back is kept for sets of about the same size (four sizes to an octave), so whoever
 * chooses the lengths cannot make it grow above seven times the most bytes there were at one time.
 */
#ifndef RINGTALLY_AGGREGATORS_LABEL_ARENA_H
#define RINGTALLY_AGGREGATORS_LABEL_ARENA_H

#include "base/types.h"

struct label_builder;
struct label_chunk;
struct labels;

/* Sizes from 16 to 5120 bytes: 16, 20, 24, 28, 32, 40, 48 ... */
enum { LABEL_ARENA_SIZES = 34 };

struct label_arena {
	struct label_chunk *chunks; /* the one being filled first */
	size_t nbytes;		    /* cut from chunks */
	void *free[LABEL_ARENA_SIZES];
};

/* Makes room for so many bytes of an empty arena: none is allocated before they are used up (and
 * pages that are never touched cost nothing). False: no memory. */
bool label_arena__reserve(struct label_arena *a, size_t nbytes);

/* A copy of the builder's label set; NULL when out of memory. */
const struct labels *label_arena__copy(struct label_arena *a, const struct label_builder *b);

/* The set is not used any more. */
void label_arena__give_back(struct label_arena *a, const struct labels *l);

void label_arena__fini(struct label_arena *a);

#endif
