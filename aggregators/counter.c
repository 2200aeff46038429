/* SPDX-License-Identifier: Apache-2.0 */
/* A column of exact 128-bit numbers, one per row. Adding is O(1). What makes a topk of a counter is
 * the limit of its series and what is tracked beside them: none of it is here. */
#include "aggregators/counter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/util.h"

struct counter {
	struct agg agg;
	bool has_value;
	u128 *sums; /* by row */
};

static void counter__destroy(struct agg *a)
{
	if (!a)
		return;

	struct counter *c = container_of(a, struct counter, agg);

	free(c->sums);
	free(c);
}

static int create(const struct agg_ops *ops, const struct agg_spec *spec, struct agg **ret_agg,
		  struct err *err)
{
	struct counter *c = calloc(1, sizeof(*c));

	if (!c)
		return err__set_errno(err, -ENOMEM, "%s", ops->kind);
	c->agg.ops = ops;
	c->has_value = spec->has_value;
	c->sums = calloc(spec->max_rows, sizeof(*c->sums));
	if (!c->sums) {
		counter__destroy(&c->agg);
		return err__set_errno(err, -ENOMEM, "%s of %u rows", ops->kind, spec->max_rows);
	}
	*ret_agg = &c->agg;
	return 0;
}

static int counter__create(const struct agg_spec *spec, struct agg **ret_agg, struct err *err)
{
	return create(&counter_ops, spec, ret_agg, err);
}

static int topk__create(const struct agg_spec *spec, struct agg **ret_agg, struct err *err)
{
	return create(&topk_ops, spec, ret_agg, err);
}

static void counter__add(struct agg *a, u32 row, const struct agg_delta *delta)
{
	struct counter *c = container_of(a, struct counter, agg);

	c->sums[row] += c->has_value ? delta->sum : delta->count;
}

static void counter__prefetch(const struct agg *a, u32 row)
{
	__builtin_prefetch(&container_of(a, struct counter, agg)->sums[row], 1);
}

static u128 counter__weight(const struct agg *a, u32 row)
{
	return container_of(a, struct counter, agg)->sums[row];
}

static void counter__clear(struct agg *a, u32 row)
{
	container_of(a, struct counter, agg)->sums[row] = 0;
}

static void counter__copy(const struct agg *a, u32 first, u32 n, const struct agg_rows *ret_rows)
{
	const struct counter *c = container_of(a, struct counter, agg);

	memcpy(ret_rows->sums, &c->sums[first], n * sizeof(*c->sums));
}

static size_t counter__footprint(const struct agg *a, u32 rows)
{
	(void)a;
	return sizeof(struct counter) + rows * sizeof(u128);
}

#define SHARED_SLOTS                                                                     \
	.shape = AGG_SHAPE_COUNTER, .needs_value = false, .needs_buckets = false,        \
	.add = counter__add, .prefetch = counter__prefetch, .weight = counter__weight,   \
	.clear = counter__clear, .copy = counter__copy, .footprint = counter__footprint, \
	.destroy = counter__destroy

const struct agg_ops counter_ops = {
	.kind = "counter",
	.help = "Counts events, or adds up the value field when the metric names one.",
	.create = counter__create,
	SHARED_SLOTS,
};

const struct agg_ops topk_ops = {
	.kind = "topk",
	.help = "A counter of the k heaviest label sets; the others fold into `__other__`.",
	.ranked = true,
	.create = topk__create,
	SHARED_SLOTS,
};
