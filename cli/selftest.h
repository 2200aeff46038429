/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A selftest: a daemon of its own beside whatever runs here, loads of known size, and what the
 * daemon tells of them at /metrics; then an audit of it while the loads go on. What is checked is a
 * table (selftest_checks.c).
 */
#ifndef RINGTALLY_CLI_SELFTEST_H
#define RINGTALLY_CLI_SELFTEST_H

#include "bench/target.h"
#include "cli/audit.h"
#include "cli/known_load.h"

struct probe_object;

/* One figure of a load, beside one metric. */
struct selftest_check {
	const struct known_load *load;
	u32 figure;
	const char *event;
	const char *what;   /* is counted */
	const char *metric; /* what the config says of it but name, event and `where` */
	bool by_where;	    /* a `where` chooses the load's events, else the labels of series do */
	const char *suffix; /* of the metric's name */
	const char *sample; /* what its samples have behind that */
	u64 scale;	    /* figures in one unit of the exposition: 1, or ns in a second */
};

extern const struct selftest_check selftest_checks[];
extern const u32 selftest_checks_count;

struct selftest_result {
	const struct selftest_check *check; /* NULL: there is none of this event */
	const char *event;
	const char *unknown; /* why it could not be checked; NULL: it could */
	struct known_figure expected;
	u64 ours;
	bool holds;
};

enum { SELFTEST_LOADS = 7, SELFTEST_RESULTS_MAX = 64 };

/* A load, and why it cannot be made here (err.code 0: it can). */
struct selftest_load {
	struct known known;
	struct err err;
};

struct selftest {
	struct selftest_load loads[SELFTEST_LOADS];
	struct selftest_result results[SELFTEST_RESULTS_MAX];
	u32 nresults;
	struct audit audit;
	/* For the running. */
	struct probe_object *bundle;
	struct target daemon;
	struct client client;
	struct ledger ledger;
	char url[64];
};

/* 0 with results, whatever they are. -EOPNOTSUPP: no event can be attached here; another error:
 * something broke. */
int selftest__run(struct selftest *s, const char *btf_path, struct err *err);
void selftest__fini(struct selftest *s); /* also one that is all 0; ends the daemon */

#endif
