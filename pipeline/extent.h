/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How large a plan can grow: series, lines of the exposition, and the daemon's own memory (RssAnon;
 * rings are not in it). Pure arithmetic, before anything runs. Series and lines are exact bounds
 * but for the self metrics; memory is an estimate for label values of typical length and one scrape
 * at a time.
 */
#ifndef RINGTALLY_PIPELINE_EXTENT_H
#define RINGTALLY_PIPELINE_EXTENT_H

#include "base/types.h"

struct family_desc;
struct metric_plan;
struct plan;

struct extent {
	u64 series;
	u64 lines;
	u64 bytes;
};

/* One series: its numbers, its texts, its places in tables, and what a scrape needs of it. */
u64 extent_lines_per_series(const struct family_desc *desc);
u64 extent_bytes_per_series(const struct metric_plan *m);
u64 extent_text_bytes_per_series(const struct metric_plan *m); /* of these, for its texts */

/* A metric before its first event: __other__ and __lost__ stand from the start, and without labels
 * the only series does. */
struct extent extent_without_series(const struct metric_plan *m);
/* The least that is of any use. */
struct extent extent_with_one_series(const struct metric_plan *m);
/* Its limits are used up, and what may linger beside the others does. */
struct extent extent_at_worst(const struct metric_plan *m);

/* Lines of self metrics, and the daemon without any metric: about. They are no series of the
 * config. */
struct extent extent_of_self(const struct plan *plan);

/* All metrics, each as the function says, and the self metrics. */
typedef struct extent (*extent_fn)(const struct metric_plan *m);
struct extent extent_of_plan(const struct plan *plan, extent_fn of);

#endif
