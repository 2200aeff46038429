/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An open-addressing index (linear probing, at most half full) finds the rows. An index slot is one
 * u32: the row in its low bits, bits of the hash (the tag) in the others, so that nearly every slot
 * of another series is passed without touching its row. The special rows are not in the index.
 *
 * Removal leaves no tombstones: what was pushed past the slot is moved back (Knuth, The Art of
 * Computer Programming 3, 6.4, algorithm R).
 *
 * Index and rows are calloc'ed for max_series at creation: pages that are never touched cost
 * nothing, and rows that were used once are used again first.
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
	TEXT_BYTES = 56,     /* of a row's texts: reserved for a few short ones, whose sizes change;
				for more, memory is taken as they come */
};

struct series {
	u64 hash; /* of a row that nobody has: the next one of them, 0 at the end */
	const struct labels *labels; /* NULL: nobody has the row */
};

struct series_table {
	struct series *series; /* by row */
	u32 *index;
	u32 index_mask;
	u32 row_mask;
	u32 max_rows;
	u32 rows;
	u32 first_free; /* of the rows below `rows`; 0: none */
	u32 nfree;
	u16 nlabels;
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
static u32 find_slot(const struct series_table *t, const struct label_builder *b, u64 hash)
{
	const u32 tag = tag_of(t, hash);

	for (u32 i = (u32)hash & t->index_mask;; i = (i + 1) & t->index_mask) {
		const u32 slot = t->index[i];

		if (slot == SLOT_EMPTY)
			return i;
		if ((slot & ~t->row_mask) == tag &&
		    is_series(&t->series[slot & t->row_mask], b, hash))
			return i;
	}
}

static u32 take_row(struct series_table *t)
{
	const u32 row = t->first_free;

	if (row == 0)
		return t->rows == t->max_rows ? SERIES_NONE : t->rows++;
	t->first_free = (u32)t->series[row].hash;
	t->nfree--;
	return row;
}

static void give_row_back(struct series_table *t, u32 row)
{
	t->series[row] = (struct series){.hash = t->first_free};
	t->first_free = row;
	t->nfree++;
}

/* A row with these texts, not yet in the index. */
static u32 make(struct series_table *t, const struct label_builder *b, u64 hash)
{
	const u32 row = take_row(t);

	if (row == SERIES_NONE)
		return SERIES_NONE;

	const struct labels *labels = label_arena__copy(&t->texts, b);

	if (!labels) {
		give_row_back(t, row);
		return SERIES_NONE;
	}
	t->series[row] = (struct series){.hash = hash, .labels = labels};
	return row;
}

u64 series_hash(const struct label_builder *labels)
{
	return hash_bytes(labels->bytes, labels->nbytes);
}

u32 series_table__find(const struct series_table *t, const struct label_builder *labels, u64 hash)
{
	assert(labels->n == t->nlabels);

	const u32 slot = t->index[find_slot(t, labels, hash)];

	return slot == SLOT_EMPTY ? SERIES_NONE : slot & t->row_mask;
}

u32 series_table__add(struct series_table *t, const struct label_builder *labels, u64 hash)
{
	const u32 at = find_slot(t, labels, hash);

	assert(t->index[at] == SLOT_EMPTY);

	const u32 row = make(t, labels, hash);

	if (row != SERIES_NONE)
		t->index[at] = tag_of(t, hash) | row;
	return row;
}

static u32 slot_of_row(const struct series_table *t, u32 row)
{
	u32 i = (u32)t->series[row].hash & t->index_mask;

	while ((t->index[i] & t->row_mask) != row)
		i = (i + 1) & t->index_mask;
	return i;
}

/* Whoever stands behind the gap and was pushed past it moves into it, which makes the next gap. */
static void close_gap(struct series_table *t, u32 gap)
{
	for (u32 i = (gap + 1) & t->index_mask; t->index[i] != SLOT_EMPTY;
	     i = (i + 1) & t->index_mask) {
		const u32 home = (u32)t->series[t->index[i] & t->row_mask].hash;
		const u32 pushed = (i - home) & t->index_mask;

		if (pushed < ((i - gap) & t->index_mask))
			continue;
		t->index[gap] = t->index[i];
		gap = i;
	}
	t->index[gap] = SLOT_EMPTY;
}

void series_table__remove(struct series_table *t, u32 row)
{
	assert(row >= SERIES_FIRST && t->series[row].labels);

	close_gap(t, slot_of_row(t, row));
	label_arena__give_back(&t->texts, t->series[row].labels);
	give_row_back(t, row);
}

/* The rows that exist from the start. */
static int add_first_rows(struct series_table *t)
{
	struct label_builder b;

	label_builder__set_special(&b, t->nlabels, SERIES_OTHER_TEXT);
	make(t, &b, 0);
	label_builder__set_special(&b, t->nlabels, SERIES_LOST_TEXT);
	make(t, &b, 0);
	return t->series[SERIES_OTHER].labels && t->series[SERIES_LOST].labels ? 0 : -ENOMEM;
}

static int allocate(struct series_table *t, u32 max_series, u16 nlabels)
{
	t->nlabels = nlabels;
	t->max_rows = SERIES_FIRST + max_series;
	t->index_mask = index_slots(t->max_rows) - 1;
	t->row_mask = t->index_mask >> 1;
	t->index = calloc((size_t)t->index_mask + 1, sizeof(*t->index));
	t->series = calloc(t->max_rows, sizeof(*t->series));
	if (!t->index || !t->series ||
	    !label_arena__reserve(&t->texts, (size_t)t->max_rows * TEXT_BYTES))
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

u32 series_table__unused(const struct series_table *t)
{
	return t->max_rows - t->rows + t->nfree;
}

const struct labels *series_table__labels(const struct series_table *t, u32 row)
{
	return t->series[row].labels;
}

void series_table__copy_labels(const struct series_table *t, u32 first, u32 n,
			       const struct labels **ret_labels)
{
	for (u32 i = 0; i < n; i++)
		ret_labels[i] = t->series[first + i].labels;
}

u64 series_table__hash(const struct series_table *t, u32 row)
{
	return t->series[row].hash;
}

size_t series_table__footprint(const struct series_table *t)
{
	return sizeof(*t) + ((size_t)t->index_mask + 1) * sizeof(*t->index) +
	       t->rows * sizeof(*t->series) + t->texts.nbytes;
}
