/* SPDX-License-Identifier: Apache-2.0 */
/* What the series of a metric stand for in a snapshot, and how much they hold. Pure. */
#ifndef RINGTALLY_EXPORTERS_STANDING_H
#define RINGTALLY_EXPORTERS_STANDING_H

#include "base/types.h"

struct family_desc;
struct family_snapshot;
struct json;
struct labels;

enum standing {
	STANDING_OWN,	/* the labels it says */
	STANDING_OTHER, /* some label is folded */
	STANDING_LOST,	/* what the kernel could not name */
	STANDING_COUNT,
};

enum standing standing_of(const struct labels *labels);

/* The value of a series; a histogram's count. */
u128 standing_weight(const struct family_snapshot *fs, size_t series);

/* All series of each standing, added up. */
struct standings {
	u128 sums[STANDING_COUNT];
};
struct standings standings_of(const struct family_snapshot *fs);

/* Such a number with all its digits, in the unit of the metric. */
void standing_put(struct json *j, const struct family_desc *desc, u128 n);

#endif
