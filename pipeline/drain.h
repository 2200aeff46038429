/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paced draining of the rings on the loop: every 1 to 5 ms under load, not at all when little
 * arrives: then the barriers of flushes take it along, and a ring that fills up asks for attention.
 * One turn takes a bounded number of records, so that the loop gets around to everything else.
 */
#ifndef RINGTALLY_PIPELINE_DRAIN_H
#define RINGTALLY_PIPELINE_DRAIN_H

#include "base/types.h"

struct drain;
struct err;
struct rings;
struct uv_loop_s;

/* Waits until every record that was in a ring when it was placed has been taken. Embedded. */
struct drain_barrier {
	void (*passed)(struct drain_barrier *b); /* on a later turn; may place a barrier again */
	struct drain_barrier *next;		 /* the drain's */
};

/* `idle_ms`: how long it may be between two turns when nothing happens, as whoever places barriers
 * sees to it: for health checks. Rings are borrowed. */
int drain__new(struct uv_loop_s *loop, struct rings *rings, u64 idle_ms, struct drain **ret_drain,
	       struct err *err);
void drain__start(struct drain *d);

/* Barriers placed while another is under way share the next one. */
void drain__place_barrier(struct drain *d, struct drain_barrier *b);

/* Closes the handles; the drain frees itself when they are closed. NULL is fine. */
void drain__close(struct drain *d);

u64 drain__last_ns(const struct drain *d); /* uv_hrtime() of the last turn */
u64 drain__idle_ms(const struct drain *d);

/* Largest values since the last call: how late a turn was, how many bytes it found waiting. */
u64 drain__take_delay_max_ns(struct drain *d);
size_t drain__take_used_max(struct drain *d);

#endif
