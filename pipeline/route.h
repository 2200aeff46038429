/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records to series. For each metric whose bit is set in a record: the label words are picked out
 * of the joint key, become texts (once, then a cache leads straight to the row), find their series,
 * and count and sum are added there. No allocation per record after first sight, no formatting, no
 * clock.
 *
 * Memory decides what that costs where series are many. So records are taken some at a time, in
 * three steps, each of which asks for the memory that the next one needs: all raw keys are picked
 * and hashed, then all places in the cache looked up, then everything is added.
 *
 * A series is its decoded texts: many raw keys may lead to one series. The folded series is never
 * remembered for a key, so that the limit's policy sees every folded event.
 */
#ifndef RINGTALLY_PIPELINE_ROUTE_H
#define RINGTALLY_PIPELINE_ROUTE_H

#include "base/types.h"

struct decoder_env;
struct err;
struct exposure;
struct family;
struct ledger;
struct metric_plan;
struct plan;
struct quota;
struct rings_record;
struct route;
struct snapshot;

/* Bytes that the cache of a metric's raw keys may come to take. */
size_t route_cache_bytes(const struct metric_plan *plan);

/* What the routes of a plan rest on; all is borrowed for life. */
struct route_spec {
	const struct plan *plan;
	const struct decoder_env *env;
	u32 ncpus;
	const struct exposure *exposure; /* of all families; NULL: nobody has to be waited for */
	struct quota *quota;		 /* as pipeline/plan_quota.h makes it; NULL: none */
};

int route__new(const struct route_spec *spec, struct route **ret_route, struct err *err);
void route__free(struct route *r);

/* Records, from a ring: checked, never trusted. Matches rings_records_fn; ctx is the route. */
void route__records(void *ctx, const struct rings_record *records, size_t n);

/* What the kernel lost of an event, from its books, to the lost series of its metrics. */
void route__collect_lost(struct route *r, u32 event, struct ledger *ledger);

/* Time passes for all metrics: every FAMILY_TICK_NS or so. */
void route__tick(struct route *r, u64 now_ns);

/* Adds all metrics to the snapshot, in the order of the config's events. 0 or -ENOMEM. */
int route__snapshot(struct route *r, struct snapshot *s);

/* Records of this event that count from now on: of this generation or a later one. What was
 * consumed of earlier ones, whose books are gone, is forgotten. */
void route__set_generation(struct route *r, u32 event, u8 generation);

/* What a CPU's books said at its latest mark, and what was consumed of its records before it:
 * accepted = consumed + lost. */
struct route_mark {
	u64 accepted;
	u64 lost;
	u64 consumed;
};

/* False: there was none yet. */
bool route__mark(const struct route *r, u32 event, u32 cpu, struct route_mark *ret_mark);
bool route_mark_balances(const struct route_mark *m);

/* Marks of the event since the start, and how many of them did not balance: 0, or a bug. */
u64 route__marks(const struct route *r, u32 event);
u64 route__marks_off(const struct route *r, u32 event);

u64 route__consumed(const struct route *r, u32 event); /* events, not records */

/* Events that the metrics got from records, with those of attempts to load that were given up; and
 * from lost cells, as collected last. */
u64 route__counted(const struct route *r, u32 event);
u64 route__lost(const struct route *r, u32 event);

u64 route__malformed(const struct route *r); /* records that made no sense: 0, or a bug */
u64 route__decode_errors(const struct route *r, u32 event, u32 metric, u32 label);
const struct family *route__family(const struct route *r, u32 event, u32 metric);

/* The record's event and count, when it is a sound partial aggregate of the plan; else -EBADMSG;
 * -ESTALE when it is of an attempt to load that was given up. */
int route__inspect(const struct route *r, const void *record, size_t n, u32 *ret_event,
		   u64 *ret_count);

#endif
