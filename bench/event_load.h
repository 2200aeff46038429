/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Work that fires an event so many times: what stands around it is the same whether a probe is
 * there or not. bench/event_load.c has the table of which hooks a load fires.
 */
#ifndef RINGTALLY_BENCH_EVENT_LOAD_H
#define RINGTALLY_BENCH_EVENT_LOAD_H

#include "base/types.h"

struct err;

struct event_load {
	const char *name;     /* "pipe" */
	const char *help;     /* what it does, for the row */
	const char *hooks[4]; /* begins of tracepoint names that it fires: "sched_" */
	size_t events;	      /* of a block of work, at least 1000 */
	/* Work on this CPU, which the calling thread is pinned to. *ret_ctx is for the others. */
	int (*start)(u32 cpu, void **ret_ctx, struct err *err);
	int (*make)(void *ctx, size_t events, struct err *err);
	void (*stop)(void *ctx);
};

extern const struct event_load load_calls;
extern const struct event_load load_pipe;
extern const struct event_load load_block;
extern const struct event_load load_packets;

/* The one that fires this hook ("tp_btf/sched_switch"); NULL when there is none. */
const struct event_load *event_load_for(const char *hook);

#endif
