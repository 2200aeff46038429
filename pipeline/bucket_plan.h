/* SPDX-License-Identifier: Apache-2.0 */
/* The bounds of a histogram, as its config means them for a value of a unit. Whatever form they are
 * written in, they are the same thing from here on: integers that ascend. */
#ifndef RINGTALLY_PIPELINE_BUCKET_PLAN_H
#define RINGTALLY_PIPELINE_BUCKET_PLAN_H

#include "base/types.h"

struct buckets_config;
struct diags;
struct field;

/* The bounds in the field's own unit, an array for the caller to free; *ret_n is 0 when what is
 * wrong went to diags. config has a kind. 0 or -ENOMEM. */
int bucket_plan_bounds(const struct buckets_config *config, const struct field *value,
		       struct diags *diags, u64 **ret_bounds, u32 *ret_n);

#endif
