/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One pass over the series. The k heaviest so far stand in a heap with the lightest of them on top,
 * so that nearly every series is passed after one comparison.
 */
#include "exporters/top_json.h"

#include <stdlib.h>

#include "aggregators/labels.h"
#include "aggregators/snapshot.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "base/util.h"
#include "exporters/standing.h"

struct ranked {
	u128 weight;
	size_t series;
};

struct top {
	struct ranked *heap; /* room for k */
	size_t n;
	size_t k;
	struct standings standings;
};

/* ---- ranking ---- */

/* Of two series that weigh the same the later one is lighter: the order is always the same. */
static bool is_lighter(const struct ranked *a, const struct ranked *b)
{
	return a->weight < b->weight || (a->weight == b->weight && a->series > b->series);
}

static void swap(struct ranked *a, struct ranked *b)
{
	const struct ranked was = *a;

	*a = *b;
	*b = was;
}

static void sift_up(struct ranked *heap, size_t at)
{
	for (; at > 0 && is_lighter(&heap[at], &heap[(at - 1) / 2]); at = (at - 1) / 2)
		swap(&heap[at], &heap[(at - 1) / 2]);
}

static void sift_down(struct ranked *heap, size_t n)
{
	for (size_t at = 0, child; (child = 2 * at + 1) < n; at = child) {
		if (child + 1 < n && is_lighter(&heap[child + 1], &heap[child]))
			child++;
		if (!is_lighter(&heap[child], &heap[at]))
			return;
		swap(&heap[child], &heap[at]);
	}
}

static void top__offer(struct top *t, const struct ranked *r)
{
	if (t->n < t->k) {
		t->heap[t->n] = *r;
		sift_up(t->heap, t->n++);
	} else if (is_lighter(&t->heap[0], r)) {
		t->heap[0] = *r;
		sift_down(t->heap, t->n);
	}
}

/* The lightest goes to the end of what is left, again and again. */
static void top__sort(struct top *t)
{
	for (size_t left = t->n; left > 1; left--) {
		swap(&t->heap[0], &t->heap[left - 1]);
		sift_down(t->heap, left - 1);
	}
}

static void top__rank(struct top *t, const struct family_snapshot *fs)
{
	for (size_t i = 0; i < fs->n; i++) {
		const struct ranked r = {standing_weight(fs, i), i};
		const enum standing standing = standing_of(fs->labels[i]);

		t->standings.sums[standing] += r.weight;
		if (standing == STANDING_OWN)
			top__offer(t, &r);
	}
	top__sort(t);
}

/* ---- JSON ---- */

static void put_total(struct json *j, const struct family_snapshot *fs, const char *key, u128 n)
{
	json__key(j, key);
	standing_put(j, &fs->desc, n);
}

static void put_series(struct json *j, const struct family_snapshot *fs, const struct ranked *r)
{
	const char *text;
	size_t n;
	u16 pos = 0;

	json__open(j, '{');
	json__key(j, "labels");
	json__open(j, '{');
	for (u16 i = 0; i < fs->desc.nlabels; i++) {
		if (!labels__next(fs->labels[r->series], &pos, &text, &n))
			break;
		json__key(j, fs->desc.label_names[i]);
		json__text_n(j, text, n);
	}
	json__close(j, '}');
	put_total(j, fs, "value", r->weight);
	json__close(j, '}');
}

static void put_top(struct json *j, const struct family_snapshot *fs, const struct top *t)
{
	json__open(j, '{');
	json__key(j, "metric");
	json__text(j, fs->desc.name);
	json__key(j, "k");
	json__u64(j, t->k);
	put_total(j, fs, "error_bound", fs->error_bound);
	json__key(j, "series");
	json__open(j, '[');
	for (size_t i = 0; i < t->n; i++)
		put_series(j, fs, &t->heap[i]);
	json__close(j, ']');
	put_total(j, fs, "other", t->standings.sums[STANDING_OTHER]);
	put_total(j, fs, "lost", t->standings.sums[STANDING_LOST]);
	json__close(j, '}');
}

void top_json_put(struct strbuf *out, const struct family_snapshot *fs, u32 k)
{
	struct top t = {.heap = calloc(MIN(k, fs->n) + 1, sizeof(struct ranked)), .k = k};
	struct json j;

	if (!t.heap) {
		out->failed = true;
		return;
	}
	top__rank(&t, fs);
	json__init(&j, out);
	put_top(&j, fs, &t);
	strbuf__putc(out, '\n');
	free(t.heap);
}
