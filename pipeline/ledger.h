/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel's books of one event (struct wire_ledger, lost cells, table), read through mmap: no
 * system call, also for a CPU that is offline. The loop's own terms, consumed and pending, are put
 * beside them by the collector; no term is ever computed from the others.
 */
#ifndef RINGTALLY_PIPELINE_LEDGER_H
#define RINGTALLY_PIPELINE_LEDGER_H

#include "base/types.h"

struct err;
struct event_plan;
struct ledger;

/* The ledger of one event, over all CPUs. */
struct ledger_totals {
	u64 filtered;
	u64 accepted;
	u64 lost_ring_full;
	u64 lost_no_ring;
	u64 unpaired;
	u64 starts_refused;
	u64 clock_skew;
	u64 consumed;  /* in records the loop has taken */
	u64 pending;   /* in tables, and in records that wait in the rings */
	u64 evictions; /* partial aggregates that left a table for another key; not part of the sum
			*/
};

/* `map_fd`: m_EVENT, borrowed until free. The plan says what the books are made of. */
int ledger__new(int map_fd, u32 ncpus, const struct event_plan *event, struct ledger **ret_ledger,
		struct err *err);
void ledger__free(struct ledger *l);

/* The kernel's terms; pending is what the tables hold, consumed is left 0. */
struct ledger_totals ledger__totals(const struct ledger *l);

/* Did this CPU accept anything since its table was last empty and a mark said so? */
bool ledger__needs_flush(const struct ledger *l, u32 cpu);

/* Did the probe say that its flush hook has nothing to tell on this CPU? */
bool ledger__hook_rests(const struct ledger *l, u32 cpu);

/* What one word of the lost cells (counted from the end of struct wire_ledger) gained on all CPUs
 * since the last call for it. */
u64 ledger__take_lost(struct ledger *l, u32 word);

/* Events lost on all CPUs; counted before their cells are. */
u64 ledger__lost(const struct ledger *l);

/* accepted = consumed + pending + lost */
bool ledger_balances(const struct ledger_totals *t);
u64 ledger_seen(const struct ledger_totals *t); /* a definition: filtered + accepted */
u64 ledger_lost(const struct ledger_totals *t);

#endif
