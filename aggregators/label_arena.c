/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A list of chunks, filled one after the other; what is left at the end of a chunk is given up.
 * A copy is O(its bytes); memory comes from malloc once per chunk.
 */
#include "aggregators/label_arena.h"

#include <assert.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "aggregators/labels.h"
#include "base/util.h"

enum { CHUNK_BYTES = 16384 };

struct label_chunk {
	struct label_chunk *next;
	size_t used;
	u8 bytes[];
};

enum { CHUNK_ROOM = CHUNK_BYTES - sizeof(struct label_chunk) };

static_assert(sizeof(struct labels) + LABELS_MAX_BYTES <= CHUNK_ROOM, "a chunk holds any set");
static_assert(offsetof(struct label_chunk, bytes) % alignof(struct labels) == 0,
	      "sets are aligned");

static struct label_chunk *add_chunk(struct label_arena *a)
{
	struct label_chunk *c = malloc(CHUNK_BYTES);

	if (!c)
		return NULL;
	c->next = a->chunks;
	c->used = 0;
	a->chunks = c;
	a->nbytes += CHUNK_BYTES;
	return c;
}

const struct labels *label_arena__copy(struct label_arena *a, const struct label_builder *b)
{
	const size_t size = ROUND_UP(sizeof(struct labels) + b->nbytes, alignof(struct labels));
	struct label_chunk *c = a->chunks;

	if (!c || CHUNK_ROOM - c->used < size)
		c = add_chunk(a);
	if (!c)
		return NULL;

	struct labels *l = (struct labels *)&c->bytes[c->used];

	c->used += size;
	l->n = b->n;
	l->nbytes = b->nbytes;
	memcpy(l->bytes, b->bytes, b->nbytes);
	return l;
}

void label_arena__fini(struct label_arena *a)
{
	for (struct label_chunk *c = a->chunks, *next; c; c = next) {
		next = c->next;
		free(c);
	}
}
