/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/extent.h"

#include <string.h>

#include "aggregators/labels.h"
#include "aggregators/series.h"
#include "base/util.h"
#include "pipeline/plan.h"
#include "pipeline/route.h"

/* What a self metric has lines for, about. */
enum { SELF_LINES = 26, SELF_LINES_EVENT = 18, SELF_LINES_METRIC = 4, SELF_LINES_LABEL = 2 };

/* Bytes. The daemon is what it takes with the built-in config and hardly any series
 * (docs/overhead.md); the others are sizes of structs, with the room that tables leave free. */
enum {
	DAEMON_BYTES = 2 << 20,
	BOOKS_BYTES = 64, /* hash, texts, state, rate and weight of a series */
	INDEX_BYTES = 16, /* its place in a table that is at most half full */
	TRACKER_BYTES = 32,
	TRACKER_MIN = 2048, /* counters; else two for each series */
	VALUE_BYTES = 16,   /* a label's text */
	LINE_BYTES = 20,    /* what stands around names and labels, and the number */
	BUCKET_BYTES = 27,  /* _bucket and le="...", */
	LABEL_BYTES = 4,    /* ="", */
};

/* --- series --- */

static u32 max_values(const struct metric_plan *m, u32 label)
{
	return m->limits.max_values ? m->limits.max_values[label] : 0;
}

/* Label sets, at most `most`, `__other__` being a value like any other: folds count against the
 * limit like all series. */
static u64 label_sets(const struct metric_plan *m, u64 most)
{
	u64 sets = 1;

	for (u32 i = 0; i < m->nlabels; i++)
		sets = MIN(max_values(m, i) ? sets * ((u64)max_values(m, i) + 1) : most, most);
	return sets;
}

static u64 series_at_worst(const struct metric_plan *m)
{
	const u64 ranked = m->kind && m->kind->ranked; /* as many may linger beside */
	const u64 named = (u64)m->limits.max_series * (ranked ? 2 : 1);

	if (m->nlabels == 0)
		return 1;
	return label_sets(m, named + 1) + 1; /* __other__, __lost__ */
}

u64 extent_lines_per_series(const struct family_desc *desc)
{
	if (desc->shape != AGG_SHAPE_HISTOGRAM)
		return 1;
	return (u64)desc->nbounds + 3; /* +Inf, _sum, _count */
}

/* --- memory --- */

/* Of the aggregator, and again in a snapshot. */
static u64 numbers_bytes(const struct family_desc *desc)
{
	const u64 buckets = desc->shape == AGG_SHAPE_HISTOGRAM ? (u64)desc->nbounds + 1 : 0;

	return sizeof(u128) + buckets * sizeof(u64);
}

static u64 line_bytes(const struct metric_plan *m)
{
	u64 bytes = LINE_BYTES + strlen(m->desc.name);

	if (m->desc.shape == AGG_SHAPE_HISTOGRAM)
		bytes += BUCKET_BYTES;
	for (u32 i = 0; i < m->nlabels; i++)
		bytes += strlen(m->labels[i].name) + VALUE_BYTES + LABEL_BYTES;
	return bytes;
}

u64 extent_text_bytes_per_series(const struct metric_plan *m)
{
	return ROUND_UP(sizeof(struct labels) + m->nlabels * (sizeof(u16) + VALUE_BYTES), 8);
}

u64 extent_bytes_per_series(const struct metric_plan *m)
{
	const u64 kept = numbers_bytes(&m->desc) + extent_text_bytes_per_series(m) + BOOKS_BYTES +
			 INDEX_BYTES;
	const u64 copied = numbers_bytes(&m->desc) + sizeof(void *);

	return kept + copied + extent_lines_per_series(&m->desc) * line_bytes(m);
}

static u64 tracker_bytes(u64 limit)
{
	return MAX(2 * limit, (u64)TRACKER_MIN) * TRACKER_BYTES;
}

/* What it takes beside its series. */
static u64 tables_bytes(const struct metric_plan *m)
{
	u64 bytes = route_cache_bytes(m);

	if (m->nlabels)
		bytes += tracker_bytes(m->limits.max_series);
	for (u32 i = 0; i < m->nlabels; i++)
		if (max_values(m, i))
			bytes += tracker_bytes(max_values(m, i)) +
				 (u64)max_values(m, i) * (BOOKS_BYTES + INDEX_BYTES + VALUE_BYTES);
	return bytes;
}

/* --- all of it --- */

static struct extent with_series(const struct metric_plan *m, u64 series)
{
	return (struct extent){
		.series = series,
		.lines = series * extent_lines_per_series(&m->desc),
		.bytes = tables_bytes(m) + series * extent_bytes_per_series(m),
	};
}

struct extent extent_without_series(const struct metric_plan *m)
{
	return with_series(m, m->nlabels ? SERIES_FIRST : 1);
}

struct extent extent_with_one_series(const struct metric_plan *m)
{
	return with_series(m, m->nlabels ? SERIES_FIRST + 1 : 1);
}

struct extent extent_at_worst(const struct metric_plan *m)
{
	return with_series(m, series_at_worst(m));
}

struct extent extent_of_self(const struct plan *plan)
{
	u64 lines = SELF_LINES;

	for (u32 e = 0; e < plan->nevents; e++) {
		const struct event_plan *event = &plan->events[e];

		lines += SELF_LINES_EVENT + (u64)event->nmetrics * SELF_LINES_METRIC;
		for (u32 i = 0; i < event->nmetrics; i++)
			lines += (u64)event->metrics[i].nlabels * SELF_LINES_LABEL;
	}
	return (struct extent){.lines = lines, .bytes = DAEMON_BYTES};
}

struct extent extent_of_plan(const struct plan *plan, extent_fn of)
{
	struct extent sum = extent_of_self(plan);

	for (u32 e = 0; e < plan->nevents; e++) {
		for (u32 i = 0; i < plan->events[e].nmetrics; i++) {
			const struct extent metric = of(&plan->events[e].metrics[i]);

			sum.series += metric.series;
			sum.lines += metric.lines;
			sum.bytes += metric.bytes;
		}
	}
	return sum;
}
