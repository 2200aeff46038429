/* SPDX-License-Identifier: Apache-2.0 */
/* A suite of the bench: what it measures goes into a report. bench/registry.c has the table. */
#ifndef RINGTALLY_BENCH_BENCH_H
#define RINGTALLY_BENCH_BENCH_H

#include "bench/progress.h"
#include "bench/report.h"

struct config;

struct bench_options {
	const struct config *config; /* whose events are measured; borrowed */
	const char *config_file;     /* where it comes from; NULL: built in */
	const char *const *command;  /* the user's own, NULL-terminated; NULL: there is none */
	bool quick;		     /* few rounds: to see that it works, not to quote */
	struct progress progress;
};

struct bench_suite {
	const char *name;
	const char *help;  /* one line */
	bool unprivileged; /* without root it leaves out what needs it, and says so */
	bool takes_command;
	/* 0, or what kept the whole suite from running. Blocking. What a single subject is refused
	 * goes into its row. */
	int (*run)(struct bench_options *options, struct bench_report *report, struct err *err);
};

extern const struct bench_suite probe_cost_suite;
extern const struct bench_suite footprint_suite;
extern const struct bench_suite pipeline_suite;
extern const struct bench_suite aggregators_suite;
extern const struct bench_suite scrape_suite;
extern const struct bench_suite workload_suite;

/* The suites that there are, in the order in which they run. */
extern const struct bench_suite *const bench_suites[];
extern const size_t bench_nsuites;

#endif
