/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A metric at run time: its description, its series and their numbers. What routes records calls
 * family__row once per label set, then family__add per record. It may remember a row, but not
 * SERIES_OTHER: a label set without a row asks each time, which is how it is counted as folded.
 */
#ifndef RINGTALLY_AGGREGATORS_FAMILY_H
#define RINGTALLY_AGGREGATORS_FAMILY_H

#include "aggregators/agg.h"

struct err;
struct label_builder;
struct snapshot;

/* What an exporter shows of a metric. All texts are borrowed and outlive the family. */
struct family_desc {
	const char *name; /* the full name */
	const char *help;
	enum agg_shape shape;
	u8 scale; /* an exported number is the integer times 10^-scale: 9 for a field in ns */
	const char *const *label_names;
	u16 nlabels;
	const u64 *bounds; /* histograms: as in agg_spec */
	u32 nbounds;
};

struct family;

int family__new(const struct family_desc *desc, const struct agg_ops *kind, bool has_value,
		u32 max_series, struct family **ret_family, struct err *err);
void family__free(struct family *f);

/* The row for a label set; SERIES_OTHER when the limit is reached. `count` events ask for it. */
u32 family__row(struct family *f, const struct label_builder *labels, u64 count);
void family__add(struct family *f, u32 row, const struct agg_delta *delta);

/* What the kernel lost of this metric since the last call: to SERIES_LOST, or to the only series.
 */
void family__add_lost(struct family *f, const struct agg_delta *delta);

const struct family_desc *family__desc(const struct family *f);
const struct series_table *family__series(const struct family *f);

/* Copies the numbers (not the labels) of every series into the snapshot. 0 or -ENOMEM. */
int family__snapshot(const struct family *f, struct snapshot *s);

size_t family__footprint(const struct family *f);

#endif
