/* SPDX-License-Identifier: Apache-2.0 */
/* A binary heap with the worst entry on top, and heapsort. */
#include "aggregators/ranking.h"

static bool is_worse(const struct ranked *a, const struct ranked *b)
{
	return a->score != b->score ? a->score < b->score : a->id > b->id;
}

static void swap(struct ranked *a, struct ranked *b)
{
	const struct ranked t = *a;

	*a = *b;
	*b = t;
}

static void sift_down(struct ranked *heap, u32 n)
{
	for (u32 i = 0, child; (child = 2 * i + 1) < n; i = child) {
		if (child + 1 < n && is_worse(&heap[child + 1], &heap[child]))
			child++;
		if (!is_worse(&heap[child], &heap[i]))
			return;
		swap(&heap[child], &heap[i]);
	}
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
		sift_down(r->entries, r->n);
	}
}

void ranking__sort(struct ranking *r)
{
	for (u32 n = r->n; n > 1; n--) {
		swap(&r->entries[0], &r->entries[n - 1]);
		sift_down(r->entries, n - 1);
	}
}
