/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ledger of one moment, as it travels in a snapshot: what became of every event, and what its
 * metrics must add up to. An event is in exactly one place at any time:
 *
 *   fired    = seen + unpaired + skipped
 *   seen     = filtered + accepted
 *   accepted = consumed + pending + lost
 *
 * The first two are definitions. The third is compared at marks: most events never go quiet, so it
 * holds at a moment of each CPU when its table was empty (pending = 0), not while others read.
 */
#ifndef RINGTALLY_AGGREGATORS_BOOKS_H
#define RINGTALLY_AGGREGATORS_BOOKS_H

#include "base/types.h"

/* The books of one CPU at its latest mark, or several of them added up. */
struct books_mark {
	u32 cpu;
	u64 accepted;
	u64 consumed;
	u64 lost;
};

struct event_books {
	const char *event;   /* borrowed, as is the next one */
	const char *refusal; /* why it is not attached; NULL: it is */
	u64 skipped;	     /* the kernel's own count */
	u64 unpaired;
	u64 filtered;
	u64 accepted;
	u64 consumed;
	u64 pending;
	u64 lost_ring_full;
	u64 lost_no_ring;
	u64 starts_refused; /* beside the ledger, as are the next two */
	u64 evictions;
	u64 clock_skew;
	u64 marks;		 /* there were */
	u64 marks_off;		 /* of them, those that did not balance */
	struct books_mark *cpus; /* those with a mark, by number */
	u32 ncpus;
};

/* What the series of a metric rest on. */
struct metric_books {
	u32 event;     /* its number */
	bool complete; /* every event that was accepted counts 1: no `where`, and no value that may
			  be absent or is added up */
	u64 counted;   /* events that reached the metrics by records */
	u64 lost;      /* events that reached them by lost cells */
	u128 retired;  /* what series held that have ended; in the unit of the metric, a histogram's
			  count */
};

struct books {
	struct event_books *events;
	u32 nevents;
	struct metric_books *metrics; /* as the families of the snapshot */
	u32 nmetrics;
	struct books_mark *marks; /* of all events */
};

/* Room for so many, all 0. 0 or -ENOMEM. */
int books__init(struct books *b, u32 nevents, u32 nmetrics, u32 ncpus);
void books__fini(struct books *b); /* also one that is all 0 */

u64 event_books__lost(const struct event_books *e);
u64 event_books__seen(const struct event_books *e);
u64 event_books__fired(const struct event_books *e);

/* All marks of the event, added up. */
struct books_mark event_books__mark(const struct event_books *e);

/* accepted = consumed + lost */
bool books_mark_balances(const struct books_mark *m);

/* At the latest mark of every CPU, and at every mark before. */
bool event_books__balance(const struct event_books *e);

#endif
