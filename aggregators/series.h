/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The series of one metric: which label set has which row, and the limit on how many there are.
 * A series is its decoded label texts; its row and its texts never change while it lives.
 *
 * Rows: SERIES_OTHER takes what found no place (the limit), SERIES_LOST what the kernel could not
 * name (a full ring); both exist from the start, with every label `__other__` or `__lost__`, and do
 * not count against max_series. A metric without labels has one series, SERIES_FIRST, from the
 * start, and nothing of it can be folded or lost.
 *
 * The policy here is first come, first served: below the limit everything is exact, past it new
 * label sets fold into SERIES_OTHER for good. The heavy-hitter policy (promotion, zero first,
 * linger, idle series) takes its place behind these same functions.
 *
 * Look-up and insertion are O(1); memory for the index and the rows is taken at creation, texts
 * when a series is first seen.
 */
#ifndef RINGTALLY_AGGREGATORS_SERIES_H
#define RINGTALLY_AGGREGATORS_SERIES_H

#include "base/types.h"

struct err;
struct labels;
struct label_builder;

enum { SERIES_OTHER = 0, SERIES_LOST = 1, SERIES_FIRST = 2 };

/* Texts of the two series that stand for what has no name of its own. */
#define SERIES_OTHER_TEXT "__other__"
#define SERIES_LOST_TEXT  "__lost__"

struct series_table;

int series_table__new(u32 max_series, u16 nlabels, struct series_table **ret_table,
		      struct err *err);
void series_table__free(struct series_table *t);

/* The row of this label set, made now if there is room, else SERIES_OTHER (and folded grows by
 * `count` events). Out of memory is no room. */
u32 series_table__row(struct series_table *t, const struct label_builder *labels, u64 count);

u32 series_table__max_rows(const struct series_table *t); /* rows there can be, all kinds */
u32 series_table__rows(const struct series_table *t);	/* rows in use, the special ones included */
u32 series_table__live(const struct series_table *t);	/* series that count against the limit */
u64 series_table__folded(const struct series_table *t); /* events that went to SERIES_OTHER */

/* Label set of a row in use. Stays valid as long as the table, whatever happens to the series. */
const struct labels *series_table__labels(const struct series_table *t, u32 row);

size_t series_table__footprint(const struct series_table *t);

#endif
