/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A way of counting a stream: ours, and what it is held against. Keys come as they do from a ring,
 * one after the other; every event counts 1.
 */
#ifndef RINGTALLY_BENCH_TALLY_H
#define RINGTALLY_BENCH_TALLY_H

#include "base/types.h"

struct err;
struct stream;

struct tally_spec {
	const struct stream *stream; /* borrowed for life */
	u32 limit;		     /* series; no matter to those without limits */
	u32 counters;		     /* of the tracker, where it stands alone */
};

/* A piece of the stream. */
struct tally_keys {
	const u64 *words; /* n * stream->words */
	size_t n;
};

/* Events of a second, usually and for who is to see as many in a longer time. */
enum { TALLY_SECOND_EVENTS = 10000, TALLY_SLOW_SECOND_EVENTS = 100 };

/* First member of every tally. */
struct tally {
	const struct tally_ops *ops;
};

struct tally_outcome {
	u64 counted;  /* events that arrived anywhere */
	u64 named;    /* of them, those that arrived in series of their own, be they there or not */
	u32 shown;    /* series there are now, or heavy hitters it tells of */
	size_t bytes; /* as it knows itself */
	bool *is_shown; /* by number of key: the caller's, all false before */
};

/* Every slot is mandatory. */
struct tally_ops {
	const char *name;
	u32 second_events; /* that make a second of simulated time */
	bool bounded;	   /* it has limits: its memory, and whom it shows, are worth telling */
	bool counts;	   /* all events arrive somewhere; else it only finds heavy hitters */
	/* -EOPNOTSUPP: there is no such thing in this build. */
	int (*create)(const struct tally_spec *spec, struct tally **ret_tally, struct err *err);
	void (*add)(struct tally *t, const struct tally_keys *keys);
	void (*tick)(struct tally *t, u64 now_ns);
	int (*tell)(struct tally *t, struct tally_outcome *ret_outcome, struct err *err);
	void (*destroy)(struct tally *t); /* NULL is fine */
};

/* A hash table that grows: by the words of a key, and by its label set. */
extern const struct tally_ops tally_exact;
extern const struct tally_ops tally_exact_labels;

/* The same that stops growing at the limit: who comes later counts as others. */
extern const struct tally_ops tally_first_come;

/* A counter as the daemon has it, behind its cache of keys; and asked by label set each time. */
extern const struct tally_ops tally_family;
extern const struct tally_ops tally_family_labels;

/* The same counter, where a tenth as many events come in a second. */
extern const struct tally_ops tally_family_slow;

/* A `topk` whose k is the limit, as the daemon has it. */
extern const struct tally_ops tally_topk;

/* The tracker of heavy hitters by itself, and the heaviest `limit` it knows. */
extern const struct tally_ops tally_tracker;

/* With a third of the counters: in less memory than Apache DataSketches' Frequent Items takes for
 * all of them (18 bytes a slot, three quarters of the slots in use). */
extern const struct tally_ops tally_tracker_small;

#endif
