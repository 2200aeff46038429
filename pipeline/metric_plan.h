/* SPDX-License-Identifier: Apache-2.0 */
/* The planning of one metric: its kind, its labels, its value and its buckets. Used by
 * pipeline/plan. */
#ifndef RINGTALLY_PIPELINE_METRIC_PLAN_H
#define RINGTALLY_PIPELINE_METRIC_PLAN_H

#include "pipeline/field_ref.h"
#include "pipeline/plan.h"

/* The kind that the config names; NULL when there is none, which goes to diags. */
const struct agg_ops *metric_plan_kind(const struct metric_config *config, struct diags *diags);

/* Fills a zeroed metric_plan but for its kind; what is wrong goes to diags. 0 or -ENOMEM; free it
 * either way. */
int metric_plan__init(struct metric_plan *m, const struct metric_config *config,
		      const char *namespace, const struct field_scope *scope, struct diags *diags);
void metric_plan__fini(struct metric_plan *m);

#endif
