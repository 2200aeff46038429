/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One event, traced: attached, shown as it happens, detached. What waits together is shown in the
 * order of time, whatever CPU it comes from. Ends on SIGINT, SIGTERM, when nobody reads any more,
 * after so many events or so much time; then shows what is left, and says on stderr how many events
 * there were and how many were lost.
 */
#ifndef RINGTALLY_CLI_TRACE_STREAM_H
#define RINGTALLY_CLI_TRACE_STREAM_H

#include "base/types.h"

struct collector;

struct trace_options {
	u64 count;	 /* events to show; 0: no end */
	u64 duration_ns; /* 0: no end */
	bool json;
	bool time_of_day;
};

/* The collector is new, and its plan has one event, which is traced. Returns the exit status, after
 * a message if it is not EXIT_FINE. */
int trace_stream_run(struct collector *c, const struct trace_options *options);

#endif
