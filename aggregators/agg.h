/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The contract of an aggregator: the numbers of one metric, one row per series. It knows neither
 * events nor label texts nor limits: series are row numbers that a series table gave out
 * (aggregators/series.h), and what arrives are partial aggregates.
 *
 * Numbers only ever grow. Sums are exact: 128 bits, in the unit of the event's field.
 * No I/O, no clock, no locks: everything happens on the loop thread.
 */
#ifndef RINGTALLY_AGGREGATORS_AGG_H
#define RINGTALLY_AGGREGATORS_AGG_H

#include "base/types.h"

struct err;

/* All that an exporter needs to know of a kind. */
enum agg_shape {
	AGG_SHAPE_COUNTER,   /* one number that only grows */
	AGG_SHAPE_GAUGE,     /* one number */
	AGG_SHAPE_HISTOGRAM, /* counts per bucket and a sum */
};

/* A partial aggregate: `count` events, whose value field adds up to `sum`, all in one bucket. */
struct agg_delta {
	u64 count;
	u64 sum;    /* 0 when the metric has no value field */
	u32 bucket; /* 0 when the metric has no buckets; nbounds = above the last bound */
};

struct agg_spec {
	u32 max_rows;	   /* rows are 0 .. max_rows - 1 */
	bool has_value;	   /* the metric names a value field: a counter adds it, else it adds 1 */
	const u64 *bounds; /* inclusive upper bounds, ascending, in the field's unit; borrowed for
			      life */
	u32 nbounds;	   /* 0 but for histograms */
};

/* First member of every aggregator. */
struct agg {
	const struct agg_ops *ops;
};

/* The numbers of `n` rows, copied out for a snapshot. Arrays are the caller's. */
struct agg_rows {
	u128 *sums;   /* n: the counter's or gauge's number, the histogram's sum */
	u64 *buckets; /* n * (nbounds + 1), not cumulative; NULL but for histograms */
};

/* Every slot is mandatory. */
struct agg_ops {
	const char *kind; /* the config's keyword */
	const char *help; /* one sentence for the manual */
	enum agg_shape shape;
	bool needs_value;   /* a metric of this kind must name a value field */
	bool needs_buckets; /* and buckets */
	bool ranked;	    /* its max_series is the config's `k` */
	/* Allocates all it will ever need. */
	int (*create)(const struct agg_spec *spec, struct agg **ret_agg, struct err *err);
	/* The hot path: no allocation, no I/O, no clock. */
	void (*add)(struct agg *a, u32 row, const struct agg_delta *delta);
	/* The row will be added to soon: asks for its memory. */
	void (*prefetch)(const struct agg *a, u32 row);
	/* How much the row holds, as one number that only grows until it is cleared: what heavy
	 * hitters are ranked by. */
	u128 (*weight)(const struct agg *a, u32 row);
	/* The row starts again at 0. */
	void (*clear)(struct agg *a, u32 row);
	/* Copies rows first .. first + n - 1 to the start of the arrays. */
	void (*copy)(const struct agg *a, u32 first, u32 n, const struct agg_rows *ret_rows);
	/* Bytes of memory for `rows` rows in use. */
	size_t (*footprint)(const struct agg *a, u32 rows);
	void (*destroy)(struct agg *a); /* NULL is fine */
};

/* Every kind there is; NULL when the keyword names none. */
const struct agg_ops *agg_kind(const char *kind);
extern const struct agg_ops *const agg_kinds[];
extern const size_t agg_kinds_count;

#endif
