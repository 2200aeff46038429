/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events that go through emit, loaded as `run` loads them (plans, rings, books, routes to series)
 * but attached to nothing: their programs are put into a stub's slot. Either all the events of a
 * config, or the bench's own event with one key.
 */
#ifndef RINGTALLY_BENCH_EMITTER_H
#define RINGTALLY_BENCH_EMITTER_H

#include "base/types.h"

struct bench_key;
struct collector;
struct config;
struct err;
struct hook;

struct emitter {
	struct collector *collector;
	struct config *own_config; /* NULL: it was given */
	int object_fd;		   /* of the bench's event; -1 */
	u64 handled_before;	   /* in the moment between attaching and detaching */
	u64 records_before;
};

/* All events of a config, which is borrowed. Events that this kernel refuses are left out: ask
 * collector__refusal. */
int emitter__open(struct emitter *e, const struct config *config, struct err *err);

/* The bench's event at this hook. `settings` are the event's in a config ("delivery: combine");
 * `where` may be NULL. -EOPNOTSUPP when
 * the kernel refuses the hook. */
int emitter__open_call(struct emitter *e, const struct hook *hook, const struct bench_key *key,
		       const char *settings, const char *where, struct err *err);
void emitter__close(struct emitter *e);

/* Of the event with this number in the plan: its i-th program and where it belongs; -1 behind the
 * last one. */
int emitter__program(const struct emitter *e, u32 event, u32 i, const char **ret_hook);

/* Takes all records out of the rings, to their series. */
void emitter__drain(const struct emitter *e);

/* Events of plan event 0 that ended well since it was opened: in records that were taken, in its
 * table, or filtered. */
u64 emitter__handled(const struct emitter *e);
u64 emitter__records(const struct emitter *e);

#endif
