/* SPDX-License-Identifier: Apache-2.0 */
/* Events as `trace` shows them: the rows of a table, or a JSON object each. */
#ifndef RINGTALLY_CLI_TRACE_VIEW_H
#define RINGTALLY_CLI_TRACE_VIEW_H

#include "base/strbuf.h"
#include "cli/text.h"

struct event_plan;
struct raw_reader;
struct wire_raw;

struct trace_column;

struct trace_view {
	const struct event_plan *event;
	const struct raw_reader *reader;
	struct trace_column *columns; /* of each label of the event's metric; owned */
	struct text text;
	struct strbuf line; /* of JSON */
	bool json;	    /* set by the user before init */
	bool time_of_day;   /* the same; else the table has seconds since the start */
	u64 start_ns;	    /* monotonic */
	u64 epoch_ns;	    /* what the monotonic clock lacks to the real one */
};

/* What is shown are the labels of the event's metric, in their order; `out` is borrowed. 0 or
 * -ENOMEM. */
int trace_view__init(struct trace_view *v, const struct event_plan *event,
		     const struct raw_reader *reader, FILE *out);
void trace_view__fini(struct trace_view *v);

void trace_view__header(struct trace_view *v); /* JSON has none */

/* Before some events in a row: looks at the clocks. */
void trace_view__begin(struct trace_view *v);
void trace_view__event(struct trace_view *v, const struct wire_raw *raw);

#endif
