/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the Prometheus text format spells things: names, label values, numbers, bucket bounds, HELP
 * and TYPE. This is the only place that escapes or formats any of them.
 *
 * Numbers are integers times 10^-scale, printed with all their digits: no float takes part. What
 * all series of a family have in common (label names, bucket bounds) is spelt once, in expo__begin;
 * a line is then a few copies into a buffer.
 */
#ifndef RINGTALLY_EXPORTERS_EXPO_H
#define RINGTALLY_EXPORTERS_EXPO_H

#include "base/strbuf.h"
#include "base/types.h"

struct family_desc;
struct family_snapshot;

/* Spells one family at a time. */
struct expo {
	const struct family_desc *desc; /* borrowed from expo__begin on */
	struct strbuf text;		/* the pieces, one behind the other */
	size_t *starts;			/* of each piece in `text`, then the end of the last one */
	size_t npieces;
	size_t line_bytes; /* the longest line, label values not counted */
};

void expo__init(struct expo *e);
void expo__fini(struct expo *e);

/* Prepares for the lines of a family. 0 or -ENOMEM. */
int expo__begin(struct expo *e, const struct family_desc *desc);

/* "# HELP" (unless the help text is empty) and "# TYPE". */
void expo__head(const struct expo *e, struct strbuf *out);

/* All lines of one series of a snapshot of the family begun: expo__lines_per_series of them. */
void expo__series(const struct expo *e, struct strbuf *out, const struct family_snapshot *fs,
		  size_t series);
size_t expo__lines_per_series(const struct expo *e);

#endif
