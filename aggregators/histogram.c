/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two columns by row: an exact 128-bit sum of the values, and nbounds + 1 counts, one per bucket
 * and one for what is above the last bound. The count of a series is the sum of its buckets, so the
 * two can never disagree. Which bucket a value is in was decided where the event was seen: the
 * bounds themselves are of no interest here. Adding is O(1).
 */
#include "aggregators/histogram.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/util.h"

struct histogram {
	struct agg agg;
	u32 nbounds;
	u128 *sums;   /* by row */
	u64 *buckets; /* by row, nbuckets() each */
};

static size_t nbuckets(const struct histogram *h)
{
	return (size_t)h->nbounds + 1;
}

static void histogram__destroy(struct agg *a)
{
	if (!a)
		return;

	struct histogram *h = container_of(a, struct histogram, agg);

	free(h->buckets);
	free(h->sums);
	free(h);
}

static int histogram__create(const struct agg_spec *spec, struct agg **ret_agg, struct err *err)
{
	struct histogram *h = calloc(1, sizeof(*h));

	if (!h)
		return err__set_errno(err, -ENOMEM, "histogram");
	h->agg.ops = &histogram_ops;
	h->nbounds = spec->nbounds;
	h->sums = calloc(spec->max_rows, sizeof(*h->sums));
	h->buckets = calloc(spec->max_rows, nbuckets(h) * sizeof(*h->buckets));
	if (!h->sums || !h->buckets) {
		histogram__destroy(&h->agg);
		return err__set_errno(err, -ENOMEM, "histogram of %u rows and %u bounds",
				      spec->max_rows, spec->nbounds);
	}
	*ret_agg = &h->agg;
	return 0;
}

static void histogram__add(struct agg *a, u32 row, const struct agg_delta *delta)
{
	struct histogram *h = container_of(a, struct histogram, agg);
	/* It came from the kernel: a wrong one must neither lose events nor write elsewhere. */
	const u32 bucket = MIN(delta->bucket, h->nbounds);

	h->sums[row] += delta->sum;
	h->buckets[row * nbuckets(h) + bucket] += delta->count;
}

static void histogram__prefetch(const struct agg *a, u32 row)
{
	const struct histogram *h = container_of(a, struct histogram, agg);

	__builtin_prefetch(&h->sums[row], 1);
	__builtin_prefetch(&h->buckets[row * nbuckets(h)], 1);
}

static u128 histogram__weight(const struct agg *a, u32 row)
{
	const struct histogram *h = container_of(a, struct histogram, agg);
	u128 count = 0;

	for (size_t i = 0; i < nbuckets(h); i++)
		count += h->buckets[row * nbuckets(h) + i];
	return count;
}

static void histogram__clear(struct agg *a, u32 row)
{
	struct histogram *h = container_of(a, struct histogram, agg);

	h->sums[row] = 0;
	memset(&h->buckets[row * nbuckets(h)], 0, nbuckets(h) * sizeof(*h->buckets));
}

static void histogram__copy(const struct agg *a, u32 first, u32 n, const struct agg_rows *ret_rows)
{
	const struct histogram *h = container_of(a, struct histogram, agg);

	memcpy(ret_rows->sums, &h->sums[first], n * sizeof(*h->sums));
	memcpy(ret_rows->buckets, &h->buckets[first * nbuckets(h)],
	       n * nbuckets(h) * sizeof(*h->buckets));
}

static size_t histogram__footprint(const struct agg *a, u32 rows)
{
	const struct histogram *h = container_of(a, struct histogram, agg);

	return sizeof(*h) + rows * (sizeof(*h->sums) + nbuckets(h) * sizeof(*h->buckets));
}

const struct agg_ops histogram_ops = {
	.kind = "histogram",
	.help = "Counts events by the bucket their value field falls in, and adds up the values.",
	.shape = AGG_SHAPE_HISTOGRAM,
	.needs_value = true,
	.needs_buckets = true,
	.create = histogram__create,
	.add = histogram__add,
	.prefetch = histogram__prefetch,
	.weight = histogram__weight,
	.clear = histogram__clear,
	.copy = histogram__copy,
	.footprint = histogram__footprint,
	.destroy = histogram__destroy,
};
