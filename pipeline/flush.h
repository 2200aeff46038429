/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When the kernel's tables are flushed: before every scrape, and every flush_interval when nobody
 * scrapes. A flush goes through all objects and CPUs that counted something, moves what their
 * tables hold into the rings, and ends when the rings are drained that far: then everything that
 * happened before the flush began is in the series.
 *
 * Flushes interrupt CPUs, so they keep their distance: the next one starts at least ten times the
 * last one's duration after the last one's start, 5 ms at least, 25 ms at most. Requests that come
 * meanwhile share it. On the loop's thread; a flush that takes long gives way to other things.
 */
#ifndef RINGTALLY_PIPELINE_FLUSH_H
#define RINGTALLY_PIPELINE_FLUSH_H

#include "base/types.h"

struct collector;
struct drain;
struct err;
struct flush;
struct uv_loop_s;

/* Waits for the end of a flush that begins after the request. Embedded. */
struct flush_waiter {
	void (*done)(struct flush_waiter *w); /* on a later turn; may request again */
	struct flush_waiter *next;	      /* the flush's */
};

/* Collector and drain are borrowed. */
int flush__new(struct uv_loop_s *loop, struct collector *c, struct drain *d, u64 interval_ms,
	       struct flush **ret_flush, struct err *err);

/* From now on, every interval. Requests are served also before. */
void flush__start(struct flush *f);

void flush__request(struct flush *f, struct flush_waiter *w);

/* One listener is told of the end of every flush, behind all who waited for it: where idle daemons
 * do what has to be done now and then. */
void flush__listen(struct flush *f, void (*ended)(void *ctx), void *ctx);

/* Closes the handles, forgets who waits; it frees itself when they are closed. Before the drain is
 * closed. NULL is fine. */
void flush__close(struct flush *f);

u64 flush__last_duration_ns(const struct flush *f);

/* CPUs that the last flush found offline: what their tables hold stays pending. */
u32 flush__offline(const struct flush *f);

#endif
