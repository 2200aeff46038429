/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where everything lies in the records of an event that is traced (struct wire_raw): what
 * key_layout is for events that are counted. The fields that are shown are the labels of its one
 * metric.
 */
#ifndef RINGTALLY_PIPELINE_RAW_LAYOUT_H
#define RINGTALLY_PIPELINE_RAW_LAYOUT_H

#include "pipeline/filter.h"
#include "pipeline/plan.h"

/* When the event was emitted: a field of every record, for showing only. */
extern const struct field raw_time;

void raw_layout(struct event_plan *event, const struct filter_plan *filter);

/* The name of the n-th field that is shown when nobody says which: the time, who it was, then the
 * event's own. NULL behind the last. */
const char *raw_default_field(const struct field_scope *scope, u32 n);

#endif
