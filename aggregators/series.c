/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows are dense and only ever appended; an open-addressing index (linear probing, at most half
 * full) finds them. An index slot is one u32: the row in its low bits, bits of the hash (the tag)
 * in the others, so that nearly every slot of another series is passed without touching its row.
 * The special rows are not in the index: no label set that was appended text by text can equal
 * theirs.
 *
 * Index and rows are calloc'ed for max_series at creation: pages that are never touched cost
 * nothing.
 *
 * Where the policy takes its place: fold() is what happens past the limit.
 */
#include "aggregators/series.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "aggregators/label_arena.h"
#include "aggregators/labels.h"
#include "base/err.h"
#include "base/hash.h"

enum {
	LIMIT_MAX = 1 << 24, /* leaves a tag of 7 bits */
	SLOT_EMPTY = 0,	     /* a slot in use names a row from SERIES_FIRST on */
};

struct series {
	u64 hash;
	const struct labels *labels;
};

struct series_table {
	struct series *series; /* by row */
	u32 *index;
	u32 index_mask;
	u32 row_mask;
	u32 max_rows;
	u32 rows;
	u16 nlabels;
	u64 folded;
	struct label_arena texts;
};

/* Slots of the index: a power of two, at least twice the rows. */
static u32 index_slots(u32 max_rows)
{
	u32 slots = 1;

	while (slots < 2 * max_rows)
		slots *= 2;
	return slots;
}

static bool is_series(const struct series *s, const struct label_builder *b, u64 hash)
{
	return s->hash == hash && s->labels->nbytes == b->nbytes &&
	       memcmp(s->labels->bytes, b->bytes, b->nbytes) == 0;
}

static u32 tag_of(const struct series_table *t, u64 hash)
{
	return (u32)(hash >> 32) & ~t->row_mask;
}

/* The slot of this label set, or the empty one where it belongs. */
static u32 *find_slot(struct series_table *t, const struct label_builder *b, u64 hash)
{
	const u32 tag = tag_of(t, hash);

	for (u32 i = (u32)hash & t->index_mask;; i = (i + 1) & t->index_mask) {
		const u32 slot = t->index[i];

		if (slot == SLOT_EMPTY)
			return &t->index[i];
		if ((slot & ~t->row_mask) == tag &&
		    is_series(&t->series[slot & t->row_mask], b, hash))
			return &t->index[i];
	}
}

/* Appends a row. Its number, or SERIES_OTHER when there is no room or no memory. */
static u32 append(struct series_table *t, const struct label_builder *b, u64 hash)
{
	if (t->rows == t->max_rows)
		return SERIES_OTHER;

	const struct labels *labels = label_arena__copy(&t->texts, b);

	if (!labels)
		return SERIES_OTHER;
	t->series[t->rows] = (struct series){.hash = hash, .labels = labels};
	return t->rows++;
}

static u32 fold(struct series_table *t, u64 count)
{
	t->folded += count;
	return SERIES_OTHER;
}

u32 series_table__row(struct series_table *t, const struct label_builder *labels, u64 count)
{
	assert(labels->n == t->nlabels);

	const u64 hash = hash_bytes(labels->bytes, labels->nbytes);
	u32 *slot = find_slot(t, labels, hash);

	if (*slot != SLOT_EMPTY)
		return *slot & t->row_mask;

	const u32 row = append(t, labels, hash);

	if (row == SERIES_OTHER)
		return fold(t, count);
	*slot = tag_of(t, hash) | row;
	return row;
}

/* The rows that exist from the start. */
static int add_first_rows(struct series_table *t)
{
	struct label_builder b;

	label_builder__set_special(&b, t->nlabels, SERIES_OTHER_TEXT);
	append(t, &b, 0);
	label_builder__set_special(&b, t->nlabels, SERIES_LOST_TEXT);
	append(t, &b, 0);
	if (t->nlabels == 0) {
		label_builder__reset(&b);
		series_table__row(t, &b, 0);
	}
	return t->rows == (t->nlabels ? SERIES_FIRST : SERIES_FIRST + 1) ? 0 : -ENOMEM;
}

static int allocate(struct series_table *t, u32 max_series, u16 nlabels)
{
	t->nlabels = nlabels;
	t->max_rows = SERIES_FIRST + (nlabels ? max_series : 1);
	t->index_mask = index_slots(t->max_rows) - 1;
	t->row_mask = t->index_mask >> 1;
	t->index = calloc((size_t)t->index_mask + 1, sizeof(*t->index));
	t->series = calloc(t->max_rows, sizeof(*t->series));
	if (!t->index || !t->series)
		return -ENOMEM;
	return add_first_rows(t);
}

int series_table__new(u32 max_series, u16 nlabels, struct series_table **ret_table, struct err *err)
{
	if (max_series > LIMIT_MAX)
		return err__set(err, -EINVAL, "max_series %u is above %d", max_series, LIMIT_MAX);
	if (nlabels > LABELS_MAX)
		return err__set(err, -EINVAL, "%u labels, at most %d are possible", nlabels,
				LABELS_MAX);

	struct series_table *t = calloc(1, sizeof(*t));

	if (!t || allocate(t, max_series, nlabels) < 0) {
		series_table__free(t);
		return err__set_errno(err, -ENOMEM, "table of %u series", max_series);
	}
	*ret_table = t;
	return 0;
}

void series_table__free(struct series_table *t)
{
	if (!t)
		return;
	label_arena__fini(&t->texts);
	free(t->series);
	free(t->index);
	free(t);
}

u32 series_table__max_rows(const struct series_table *t)
{
	return t->max_rows;
}

u32 series_table__rows(const struct series_table *t)
{
	return t->rows;
}

u32 series_table__live(const struct series_table *t)
{
	return t->rows - SERIES_FIRST;
}

u64 series_table__folded(const struct series_table *t)
{
	return t->folded;
}

const struct labels *series_table__labels(const struct series_table *t, u32 row)
{
	assert(row < t->rows);
	return t->series[row].labels;
}

size_t series_table__footprint(const struct series_table *t)
{
	return sizeof(*t) + ((size_t)t->index_mask + 1) * sizeof(*t->index) +
	       t->rows * sizeof(*t->series) + t->texts.nbytes;
}
