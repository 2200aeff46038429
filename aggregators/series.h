/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The series of one metric: which label set has which row. A series is its decoded label texts; its
 * row and its texts never change while it lives, and its row is given to another one afterwards.
 * Which label sets get a row, and for how long, is not decided here (aggregators/roster.h).
 *
 * Rows: SERIES_OTHER takes what found no place (the limit), SERIES_LOST what the kernel could not
 * name (a full ring); both exist from the start, with every label `__other__` or `__lost__`, are
 * never found by their label set, and do not count against max_series.
 *
 * Look-up and change are O(1); memory for the index and the rows is taken at creation (untouched
 * pages cost nothing), texts when a series is first seen.
 */
#ifndef RINGTALLY_AGGREGATORS_SERIES_H
#define RINGTALLY_AGGREGATORS_SERIES_H

#include "base/types.h"

struct err;
struct labels;
struct label_builder;

enum { SERIES_OTHER = 0, SERIES_LOST = 1, SERIES_FIRST = 2 };
#define SERIES_NONE ((u32)-1)

/* Texts of the two series that stand for what has no name of its own. */
#define SERIES_OTHER_TEXT "__other__"
#define SERIES_LOST_TEXT  "__lost__"

struct series_table;

int series_table__new(u32 max_series, u16 nlabels, struct series_table **ret_table,
		      struct err *err);
void series_table__free(struct series_table *t);

/* What the functions below take as the hash of a label set. */
u64 series_hash(const struct label_builder *labels);

/* The row of this label set, or SERIES_NONE. */
u32 series_table__find(const struct series_table *t, const struct label_builder *labels, u64 hash);

/* A row for a label set that has none; SERIES_NONE: all are taken, or no memory. */
u32 series_table__add(struct series_table *t, const struct label_builder *labels, u64 hash);

void series_table__remove(struct series_table *t, u32 row);

u32 series_table__max_rows(const struct series_table *t); /* rows there can be, all kinds */
u32 series_table__rows(const struct series_table *t);	  /* above every row ever used */
u32 series_table__unused(const struct series_table *t);	  /* series there is room for */

/* Label set of a row; NULL when no series has it. Good as long as the series. */
const struct labels *series_table__labels(const struct series_table *t, u32 row);
void series_table__copy_labels(const struct series_table *t, u32 first, u32 n,
			       const struct labels **ret_labels); /* rows side by side */
u64 series_table__hash(const struct series_table *t, u32 row);

size_t series_table__footprint(const struct series_table *t);

#endif
