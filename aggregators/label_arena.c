/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A list of chunks, filled one after the other; what is left at the end of a chunk is given up.
 * What is given back waits in a list of its size. A copy is O(its bytes); memory comes from malloc
 * once per chunk.
 */
#include "aggregators/label_arena.h"

#include <assert.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "aggregators/labels.h"
#include "base/util.h"

enum { CHUNK_BYTES = 16384 };

struct label_chunk {
	struct label_chunk *next;
	size_t used;
	size_t room;
	u8 bytes[];
};

enum { LARGEST = (4 + (LABEL_ARENA_SIZES - 1) % 4) << (2 + (LABEL_ARENA_SIZES - 1) / 4) };

static_assert(sizeof(struct label_builder) <= LARGEST, "every set has a size");
static_assert(sizeof(struct label_chunk) + LARGEST <= CHUNK_BYTES, "a chunk holds any set");
static_assert(offsetof(struct label_chunk, bytes) % alignof(struct labels) == 0,
	      "sets are aligned");

static struct label_chunk *add_chunk(struct label_arena *a, size_t nbytes)
{
	struct label_chunk *c = malloc(nbytes);

	if (!c)
		return NULL;
	c->next = a->chunks;
	c->used = 0;
	c->room = nbytes - sizeof(*c);
	a->chunks = c;
	return c;
}

bool label_arena__reserve(struct label_arena *a, size_t nbytes)
{
	return add_chunk(a, MAX(nbytes + sizeof(struct label_chunk), (size_t)CHUNK_BYTES)) != NULL;
}

/* Sizes go by quarters of an octave: 16 * (4 + quarter) / 4 * 2^octave. */
static size_t size_bytes(unsigned int size)
{
	return (size_t)(4 + size % 4) << (2 + size / 4);
}

/* The smallest size that holds so many bytes. */
static unsigned int size_for(size_t nbytes)
{
	unsigned int size = 0;

	while (size_bytes(size) < nbytes)
		size++;
	return size;
}

static unsigned int size_of(const struct labels *l)
{
	return size_for(sizeof(*l) + l->nbytes);
}

/* What was given back last is linked through its first bytes, which need not be aligned. */
static void *pop(void **list)
{
	void *first = *list;

	if (first)
		memcpy(list, first, sizeof(*list));
	return first;
}

static void push(void **list, void *block)
{
	memcpy(block, list, sizeof(*list));
	*list = block;
}

static void *cut(struct label_arena *a, size_t nbytes)
{
	struct label_chunk *c = a->chunks;
	void *block;

	if (!c || c->room - c->used < nbytes)
		c = add_chunk(a, CHUNK_BYTES);
	if (!c)
		return NULL;
	block = &c->bytes[c->used];
	c->used += nbytes;
	a->nbytes += nbytes;
	return block;
}

const struct labels *label_arena__copy(struct label_arena *a, const struct label_builder *b)
{
	const unsigned int size = size_for(sizeof(struct labels) + b->nbytes);
	struct labels *l = pop(&a->free[size]);

	if (!l)
		l = cut(a, size_bytes(size));
	if (!l)
		return NULL;
	l->n = b->n;
	l->nbytes = b->nbytes;
	memcpy(l->bytes, b->bytes, b->nbytes);
	return l;
}

void label_arena__give_back(struct label_arena *a, const struct labels *l)
{
	push(&a->free[size_of(l)], (void *)(uintptr_t)l);
}

void label_arena__fini(struct label_arena *a)
{
	for (struct label_chunk *c = a->chunks, *next; c; c = next) {
		next = c->next;
		free(c);
	}
}
