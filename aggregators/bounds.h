/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bucket bounds of a histogram: inclusive upper bounds, ascending, as integers in the field's own
 * unit. They are computed once from the config; no float is ever near them.
 */
#ifndef RINGTALLY_AGGREGATORS_BOUNDS_H
#define RINGTALLY_AGGREGATORS_BOUNDS_H

#include "base/types.h"

/* min, 2 min, 4 min ... up to the first that is at least max: how many, and the bounds themselves
 * when ret_bounds is not NULL. min is above 0; a bound that would not fit into 64 bits ends the
 * row. */
u32 bounds_log2(u64 min, u64 max, u64 *ret_bounds);

/* start, start + step ... as many as `n`. The last must fit into 64 bits. */
void bounds_linear(u64 start, u64 step, u32 n, u64 *ret_bounds);

/* The bucket of a value: how many bounds are below it. The plain way, for tests and for those who
 * need one now and then; the kernel has its own. */
u32 bounds_bucket(const u64 *bounds, u32 n, u64 value);

#endif
