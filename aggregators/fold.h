/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which labels of a label set may fold together. A fold is a set of labels (a bit each) that stand
 * as `__other__` while the others keep their values. A metric has
 *   the steps of its fold_order: the first label, the first two ...,
 *   each label with max_values by itself, and all of these at once.
 * Where all labels fold there is no row to look for: that is SERIES_OTHER.
 */
#ifndef RINGTALLY_AGGREGATORS_FOLD_H
#define RINGTALLY_AGGREGATORS_FOLD_H

#include "aggregators/labels.h"

enum { FOLDS_MAX = 2 * LABELS_MAX + 1 };

struct folds {
	u16 all;     /* every label of the metric */
	u16 limited; /* those with max_values */
	u32 n;
	u16 masks[FOLDS_MAX]; /* never all; those with fewer labels first, none twice */
};

struct family_limits;

void folds__init(struct folds *f, u16 nlabels, const struct family_limits *limits);

/* The first fold that has all these labels (those of `limited` only), or `all`. */
u16 folds__widen(const struct folds *f, u16 mask);

/* Does the i-th fold go further than `mask`? */
bool folds__widens(const struct folds *f, u32 i, u16 mask);

#endif
