/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tallies over one stream, piece by piece: each piece goes to all of them in a random order, so
 * that what the machine does meanwhile meets all of them, and is timed by the thread's CPU time.
 * Time in the stream is simulated: so many events make a second (bench/tally.h), at whose end there
 * is a tick, which is in the time. A piece is CONTEST_PIECE_EVENTS, an epoch at the usual pace:
 * every sample has one in it.
 */
#ifndef RINGTALLY_BENCH_CONTEST_H
#define RINGTALLY_BENCH_CONTEST_H

#include "base/err.h"
#include "bench/tally.h"

struct bench_report;
struct progress;
struct truth;

enum {
	CONTEST_PIECE_EVENTS = 10 * TALLY_SECOND_EVENTS,
	CONTEST_ENTRIES_MAX = 12,
};

struct contest_entry {
	const struct tally_ops *ops;
	struct tally_spec spec;
	const struct tally_ops *baseline; /* of the ratio; itself: none */
	struct tally *tally;		  /* NULL: not there, see refusal */
	struct err refusal;
	double *samples; /* ns per event of each piece */
	u64 cpu_ns;	 /* of all pieces */
	u64 heap_begin;	 /* bytes that its creation took */
	u64 heap_grown;	 /* bytes that it took from then on */
	struct tally_outcome outcome;
};

struct contest {
	const struct stream *stream;
	struct contest_entry entries[CONTEST_ENTRIES_MAX];
	size_t n;
	size_t npieces;
};

void contest__init(struct contest *c, const struct stream *stream);
void contest__fini(struct contest *c);

/* `limit` and `counters`: as in tally_spec. */
void contest__enter(struct contest *c, const struct tally_ops *ops,
		    const struct tally_ops *baseline, u32 limit, u32 counters);

/* Counts the whole stream. -EIO: somebody counted another number of events than there are. */
int contest__run(struct contest *c, struct progress *progress, struct err *err);

/* NULL: it did not take part. */
const struct contest_entry *contest__entry(const struct contest *c, const struct tally_ops *ops);

/* Millions of events a second, in the middle. NAN: it did not take part. */
double contest__speed(const struct contest *c, const struct tally_ops *ops);

/* How many times as fast as its baseline, in pairs of the same piece. */
double contest__ratio(const struct contest *c, const struct tally_ops *ops);

/* The share of events that it named; of the k heaviest keys, the share that it shows. */
double contest__named(const struct contest *c, const struct tally_ops *ops);
double contest__recall(const struct contest *c, const struct truth *truth,
		       const struct tally_ops *ops, u32 k);

/* Rows STREAM/NAME, .../ratio, .../named, .../recall, .../heap. */
void contest__report(const struct contest *c, const struct truth *truth, u32 k, const char *suite,
		     struct bench_report *report);

#endif
