/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An exporter under measurement, ours or another: a child that serves /metrics on a port of
 * 127.0.0.1 of its own, asked for it from its exec on.
 */
#ifndef RINGTALLY_BENCH_TARGET_H
#define RINGTALLY_BENCH_TARGET_H

#include "base/strbuf.h"
#include "bench/child.h"

struct exposition_sample;

enum { TARGET_ARGS_MAX = 8 };

struct target {
	struct child child;
	u16 port;
	struct strbuf text;
	const char *body; /* of the last scrape; in `text` */
};

/* Whether this sample shows that the exporter does what it is there for. */
typedef bool (*target_lives_fn)(const struct exposition_sample *s, const void *ctx);

/* From the exec on. */
struct target_times {
	double answer_ms; /* until an answer of any kind was read */
	double scrape_ms; /* until a scrape was read that has life in it */
};

/* args: the words behind the program's name, NULL-terminated; `--web.listen-address` is added. */
int target__start(struct target *t, const char *name, const char *path, const char *const *args,
		  struct err *err);

/* Our own: a program is attached. */
bool target_is_attached(const struct exposition_sample *s, const void *ctx);

/* Scrapes until there is life. Once, behind the start. */
int target__wait(struct target *t, target_lives_fn lives, const void *ctx,
		 struct target_times *ret_times, struct err *err);

/* Whatever is answered but 200 is an error. */
int target__scrape(struct target *t, struct err *err);

/* Ends it by SIGTERM, in good order: with exit status 0, or by that signal. */
int target__stop(struct target *t, struct err *err);

/* Kills it if it still runs. Of a zeroed target: does nothing. */
void target__fini(struct target *t);

#endif
