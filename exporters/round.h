/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests that share a snapshot. All that arrive before it is asked for are served from it, one
 * turn of the loop after the other; who comes later waits for the next round, which begins when
 * this one is done. So there is never more than one snapshot of an exporter, and never a half-made
 * answer to two rounds.
 *
 *   round__init(&r, &spec); round__open(&r, loop); ... round__add(&r, asked) ... round__close(&r,
 * closed, ctx)
 */
#ifndef RINGTALLY_EXPORTERS_ROUND_H
#define RINGTALLY_EXPORTERS_ROUND_H

#include <uv.h>

#include "exporters/exporter.h"

struct http_request;
struct round;

enum { ROUND_MAX = 40 }; /* requests at a time, of this round and the next one */

/* One request. What its exporter keeps of it is the exporter's to free when it is answered. */
struct asked {
	struct http_request *req;
	void *question; /* NULL: nothing */
};

struct round_spec {
	struct metric_source *source;
	size_t max;		     /* requests at a time, at most ROUND_MAX */
	struct collect_request wish; /* what the snapshot is to have; the rest is the round's */
	/* There is a snapshot: some work on r->serving. Called again on later turns until it
	 * returns true: all are answered. The snapshot is the round's. */
	bool (*work)(struct round *r);
	/* Answers this one with 503 and the reason. */
	void (*refuse)(struct round *r, const struct asked *asked, const char *why);
	/* The round ends before its work is done: what is half-made goes. NULL: nothing is. */
	void (*abandon)(struct round *r);
};

struct askeds {
	struct asked list[ROUND_MAX];
	size_t n;
};

enum round_phase {
	ROUND_RESTS,	/* nobody waits */
	ROUND_ISSUES,	/* a snapshot is asked for on the next turn */
	ROUND_COLLECTS, /* the source is at it */
	ROUND_WORKS,
};

struct round {
	struct round_spec spec;
	enum round_phase phase;
	struct askeds gathering;   /* for the next round */
	struct askeds serving;	   /* of this one */
	struct snapshot *snapshot; /* while working */
	struct collect_request collect;
	uv_idle_t idle;
	void (*closed)(void *ctx);
	void *closed_ctx;
};

void round__init(struct round *r, const struct round_spec *spec);
void round__open(struct round *r, struct uv_loop_s *loop);

/* False: there are too many already; the request is still the caller's. */
bool round__add(struct round *r, const struct asked *asked);

/* Refuses all who wait; closed is called on a later turn of the loop. Of an open round only. */
void round__close(struct round *r, void (*closed)(void *ctx), void *ctx);

#endif
