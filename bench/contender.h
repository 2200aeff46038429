/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program whose footprint is measured: ringtally itself, and those that stand beside it. Each
 * start of one adds a sample to its figures.
 */
#ifndef RINGTALLY_BENCH_CONTENDER_H
#define RINGTALLY_BENCH_CONTENDER_H

#include <limits.h>

#include "base/err.h"
#include "bench/figures.h"

struct bench_options;
struct child;
struct contender;

struct contender_kind {
	const char *name;
	const char *headline;	 /* the figure to look for first */
	const char *programs[2]; /* on PATH, the first that there is; none: this program itself */
	const char *version_key; /* what stands before its version in what --version prints */
	/* Starts it, adds to its figures, ends it. */
	int (*measure)(struct contender *self, const struct bench_options *options,
		       struct err *err);
};

extern const struct contender_kind contender_ringtally;
extern const struct contender_kind contender_node_exporter;
extern const struct contender_kind contender_bpftrace;

struct contender {
	const struct contender_kind *kind;
	char path[PATH_MAX];
	char version[32]; /* "" for this program itself */
	struct figures figures;
	/* Why it cannot be measured (any more): not installed, or a failed start. */
	struct err err;
};

/* Looks for it; `err` says when it is not there. */
void contender__init(struct contender *c, const struct contender_kind *kind);

/* For the measuring: memory of the running child, as the kernel sees it. */
int contender__add_memory(struct contender *c, const struct child *child, struct err *err);

void contender__fini(struct contender *c);

#endif
