/* SPDX-License-Identifier: Apache-2.0 */
/* A list of blocks, the newest first; allocations are cut off the newest one. */
#include "config/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"

#define BLOCK_BYTES ((size_t)16 << 10)

struct block {
	struct block *older;
	size_t used;
	size_t size;
	alignas(max_align_t) char bytes[];
};

struct config_arena {
	struct block *newest;
};

struct config_arena *config_arena__new(void)
{
	return calloc(1, sizeof(struct config_arena));
}

void config_arena__free(struct config_arena *a)
{
	if (!a)
		return;
	while (a->newest) {
		struct block *older = a->newest->older;
		free(a->newest);
		a->newest = older;
	}
	free(a);
}

static struct block *add_block(struct config_arena *a, size_t size)
{
	struct block *block = calloc(1, sizeof(*block) + size);

	if (!block)
		return NULL;
	block->size = size;
	block->older = a->newest;
	a->newest = block;
	return block;
}

void *config_arena__calloc(struct config_arena *a, size_t n, size_t size)
{
	struct block *block = a->newest;

	if (size > 0 && n > SIZE_MAX / 2 / size)
		return NULL;
	size_t bytes = ROUND_UP(n * size, alignof(max_align_t));
	if (!block || bytes > block->size - block->used)
		block = add_block(a, MAX(bytes, BLOCK_BYTES));
	if (!block)
		return NULL;
	void *object = block->bytes + block->used;
	block->used += bytes;
	return object;
}

char *config_arena__strndup(struct config_arena *a, const char *s, size_t n)
{
	char *copy = config_arena__calloc(a, n + 1, 1);

	if (copy)
		memcpy(copy, s, n);
	return copy;
}
