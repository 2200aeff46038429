/* SPDX-License-Identifier: Apache-2.0 */
/* A binary heap with the worst entry on top while offers come, heapsort, and a heap with the best
 * entry on top to take from. */
#include "aggregators/ranking.h"

typedef bool (*above_fn)(const struct ranked *a, const struct ranked *b);

static inline bool is_worse(const struct ranked *a, const struct ranked *b)
{
	return a->score != b->score ? a->score < b->score : a->id > b->id;
}

static inline bool is_better(const struct ranked *a, const struct ranked *b)
{
	return is_worse(b, a);
}

static void swap(struct ranked *a, struct ranked *b)
{
	const struct ranked t = *a;

	*a = *b;
	*b = t;
}

/* The entry at i goes down to where it belongs. Inline, so that each order is code of its own. */
static inline void sift_down(struct ranked *heap, u32 n, u32 i, above_fn above)
{
	const struct ranked moved = heap[i];

	for (u32 child; (child = 2 * i + 1) < n; i = child) {
		if (child + 1 < n && above(&heap[child + 1], &heap[child]))
			child++;
		if (!above(&heap[child], &moved))
			break;
		heap[i] = heap[child];
	}
	heap[i] = moved;
}

static void sift_up(struct ranked *heap, u32 i)
{
	for (u32 parent; i > 0 && is_worse(&heap[i], &heap[parent = (i - 1) / 2]); i = parent)
		swap(&heap[i], &heap[parent]);
}

void ranking__offer(struct ranking *r, u64 score, u64 id)
{
	const struct ranked entry = {.score = score, .id = id};

	if (r->n < r->cap) {
		r->entries[r->n] = entry;
		sift_up(r->entries, r->n++);
	} else if (r->cap > 0 && is_worse(&r->entries[0], &entry)) {
		r->entries[0] = entry;
		sift_down(r->entries, r->n, 0, is_worse);
	}
}

void ranking__sort(struct ranking *r)
{
	for (u32 n = r->n; n > 1; n--) {
		swap(&r->entries[0], &r->entries[n - 1]);
		sift_down(r->entries, n - 1, 0, is_worse);
	}
}

void ranking__turn(struct ranking *r)
{
	for (u32 i = r->n / 2; i-- > 0;)
		sift_down(r->entries, r->n, i, is_better);
}

const struct ranked *ranking__best(const struct ranking *r)
{
	return r->n > 0 ? &r->entries[0] : NULL;
}

void ranking__drop_best(struct ranking *r)
{
	r->entries[0] = r->entries[--r->n];
	if (r->n > 1)
		sift_down(r->entries, r->n, 0, is_better);
}
