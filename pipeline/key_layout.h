/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where everything lies: with the metrics and the filter of an event known, the masks of its plan,
 * the size of its records and books, and the place of each label, sum and bucket number.
 * bpf/lib/emit derives the same places from the same masks.
 */
#ifndef RINGTALLY_PIPELINE_KEY_LAYOUT_H
#define RINGTALLY_PIPELINE_KEY_LAYOUT_H

#include "pipeline/filter.h"
#include "pipeline/plan.h"

/* A key or a number of sums that is too large goes to diags. */
void key_layout(struct event_plan *event, const struct filter_plan *filter, struct diags *diags);

#endif
