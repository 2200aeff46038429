/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limits.samples and limits.memory at run time: what is left of them for series when all that is
 * there without any was taken off, shared among the metrics of a plan (aggregators/quota.h).
 */
#ifndef RINGTALLY_PIPELINE_PLAN_QUOTA_H
#define RINGTALLY_PIPELINE_PLAN_QUOTA_H

#include "base/types.h"

struct err;
struct plan;
struct quota;

/* Its members are the metrics in the order of the plan, all events one after the other. */
int plan_quota(const struct plan *plan, u64 samples, u64 memory, struct quota **ret_quota,
	       struct err *err);

#endif
