/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The values of those labels of a metric that have a limit of their own (max_values): which of them
 * are named and which fold, by the same rules as series (aggregators/roster.h). A value that lost
 * its place keeps it until the last series that shows it has ended.
 *
 * Who has a series remembers its *holding*: a row for each limited label, SERIES_NONE for one that
 * folds.
 */
#ifndef RINGTALLY_AGGREGATORS_VALUES_H
#define RINGTALLY_AGGREGATORS_VALUES_H

#include "base/types.h"

struct err;
struct label_builder;
struct values;

/* max_values: one for each label, 0: no limit. */
int values__new(u16 nlabels, const u32 *max_values, struct values **ret_values, struct err *err);
void values__free(struct values *v); /* NULL is fine */

u32 values__n(const struct values *v);		  /* limited labels: entries of a holding */
u16 values__label(const struct values *v, u32 i); /* the label of an entry */

/* Which labels of this set fold (a bit each), and what the others hold. */
u16 values__fold(struct values *v, const struct label_builder *labels, u64 weight,
		 u32 *ret_holding);

/* A series with this holding begins, or ends. */
void values__hold(struct values *v, const u32 *holding);
void values__let_go(struct values *v, const u32 *holding);

/* Are all of them named? */
bool values__are_live(const struct values *v, const u32 *holding);

/* What has these values weighed so much since the last time. */
void values__weigh(struct values *v, const u32 *holding, u64 weight);

/* Time passes, before anything below. */
void values__tick(struct values *v, u64 now_ns);

/* True: values lost their places. */
bool values__hold_elections(struct values *v);

/* Values that nobody shows any more give their places up. */
void values__end(struct values *v);

/* Did ever a value fold? */
bool values__are_crowded(const struct values *v);

size_t values__footprint(const struct values *v);

#endif
