/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records of one kind on their way from a ring to the series of a metric, or to nobody: what the
 * suite `pipeline` compares. The metric is planned, and the records are laid out, as `run` would
 * have them; a filler puts them into the ring, so nothing is attached. A record is 40 bytes.
 */
#ifndef RINGTALLY_BENCH_FLOW_H
#define RINGTALLY_BENCH_FLOW_H

#include "base/types.h"

struct collector;
struct config;
struct err;
struct filler;
struct ring_buffer;

struct flow_kind {
	const char *name;   /* "1e5" */
	const char *help;   /* for the row's note */
	const char *labels; /* "[comm, tgid]": of these and cgroup */
	u32 series;
	bool histogram; /* else a counter */
};

/* Who takes what is drained. */
enum flow_taker {
	FLOW_LIBBPF, /* an empty callback of libbpf's ring_buffer: the floor as it is usually built
		      */
	FLOW_NOBODY, /* an empty callback of our own drain */
	FLOW_SERIES,
	FLOW_TAKERS,
};

struct flow {
	const struct flow_kind *kind; /* borrowed */
	struct config *config;
	struct collector *collector;
	struct filler *filler;
	struct ring_buffer *libbpf; /* on the ring that the filler fills */
	enum flow_taker taker;
	u64 sent; /* records, to series */
};

/* The calling thread is pinned, and stays on that CPU. All series exist when it returns. */
int flow__open(struct flow *f, const struct flow_kind *kind, struct err *err);
void flow__close(struct flow *f);

enum { FLOW_RECORDS = 40960 }; /* of a run */

/* Fills the ring and drains it in turns, each record of any series. *ret_ns is the CPU time of
 * draining, per record; before that caches are warmed by as many records as there are. */
int flow__run(struct flow *f, enum flow_taker taker, double *ret_ns, struct err *err);

/* -EIO: the series do not hold what was sent. */
int flow__check(const struct flow *f, struct err *err);

#endif
