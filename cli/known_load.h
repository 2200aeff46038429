/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A load of known size, made by this process: what it does is counted where it is done, or by the
 * kernel in /proc; nothing of it comes from us. A load says which labels its events have, so that
 * nobody else's are taken for them.
 */
#ifndef RINGTALLY_CLI_KNOWN_LOAD_H
#define RINGTALLY_CLI_KNOWN_LOAD_H

#include "base/err.h"
#include "base/types.h"

enum { KNOWN_LABELS_MAX = 5, KNOWN_FIGURES_MAX = 4, KNOWN_NAME_BYTES = 16 };

struct known_label {
	const char *name;
	char value[KNOWN_NAME_BYTES];
};

/* From the least to the most that it can have been; exactly so many where they are equal. Times are
 * in ns. */
struct known_figure {
	u64 least;
	u64 most;
};

struct known;

struct known_load {
	const char *name;
	/* How often it may be made until all of it is as it should be: more than once only where
	 * the kernel itself is known not to tell all. */
	u32 attempts;
	/* What it needs; sets the labels. An error says why it cannot be made on this machine. */
	int (*start)(struct known *k, struct err *err);
	/* Once more, with the figures of this time. */
	int (*make)(struct known *k, struct err *err);
	void (*stop)(struct known *k); /* of one that was started; NULL: it keeps nothing */
};

/* One in use. */
struct known {
	const struct known_load *load;
	struct known_label labels[KNOWN_LABELS_MAX];
	u32 nlabels;
	struct known_figure figures[KNOWN_FIGURES_MAX];
	void *ctx;
};

void known__add_label(struct known *k, const char *name, const char *value);
void known__set(struct known *k, u32 figure, u64 exactly);

/* The name of threads whose events are counted: of this process alone, and short enough for the
 * kernel. `role` is one letter more; 0: none. */
struct known_name {
	char text[KNOWN_NAME_BYTES];
};
struct known_name known_name(char role);

/* ---- the loads, each with its figures ---- */

/* A thread on each CPU makes system calls. */
enum { KNOWN_CALLS };
extern const struct known_load known_calls;

/* Threads that wait for one CPU, which is never idle; the kernel counts it in their schedstat. */
enum { KNOWN_WAITS, KNOWN_WAITED_NS, KNOWN_RAN_NS };
extern const struct known_load known_waits;

/* Direct writes to a loop device in memory. */
enum { KNOWN_WRITES, KNOWN_WRITTEN_BYTES, KNOWN_DISKSTATS_WRITES, KNOWN_WRITING_NS };
extern const struct known_load known_writes;

/* Children, of which half end with a status of their own and half execute a program. */
enum { KNOWN_FORKS, KNOWN_EXECS, KNOWN_EXITS };
extern const struct known_load known_processes;

/* First writes to pages; the kernel counts faults in the thread's rusage. */
enum { KNOWN_FAULTS };
extern const struct known_load known_faults;

/* A thread between two CPUs. */
enum { KNOWN_MOVES };
extern const struct known_load known_moves;

/* Waits at a socket that end by a timer. */
enum { KNOWN_TIMEOUTS };
extern const struct known_load known_timeouts;

#endif
