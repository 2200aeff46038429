/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bounds of the exponential schemas that Prometheus' native histograms have: those of schema n are
 * 2^(i / 2^n) of the base unit, for every whole i. Values are integers, so that a value is at most
 * a bound if it is at most the bound rounded down: that is what is computed, exactly.
 */
#ifndef RINGTALLY_AGGREGATORS_BOUNDS_NATIVE_H
#define RINGTALLY_AGGREGATORS_BOUNDS_NATIVE_H

#include "base/types.h"

enum { NATIVE_SCHEMA_MIN = -4, NATIVE_SCHEMA_MAX = 8 };

struct native_row {
	s32 schema;
	u32 base; /* how many of the field's unit are one of the base unit: 10^9 for nanoseconds */
	u64 min;  /* in the field's unit, above 0 */
	u64 max;
};

/* The schema's bounds from the first that is at least min to the first that is at least max, in the
 * field's unit: how many, and the bounds themselves when ret_bounds is not NULL. Of those that are
 * one integer when rounded down the first is taken: between them there are no values. What would
 * not fit into 64 bits ends the row; it may be empty. */
u32 bounds_native(const struct native_row *row, u64 *ret_bounds);

#endif
