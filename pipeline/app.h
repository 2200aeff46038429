/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The daemon: one loop that serves, loads, drains and stops. What it is made of is built elsewhere;
 * here is only the order of things.
 *
 * Start: listen -> rings -> load each object (on a worker thread; scrapes of what is up are
 * answered meanwhile) -> ready, privileges dropped. Stop (SIGTERM, SIGINT): stop serving -> detach
 * (on a worker thread) -> flush and drain until the books balance -> one line per event -> end.
 */
#ifndef RINGTALLY_PIPELINE_APP_H
#define RINGTALLY_PIPELINE_APP_H

#include "base/types.h"

struct collector;
struct config;
struct err;

/* How a run ended; also the process's exit status. */
enum exit_status {
	EXIT_FINE = 0,
	EXIT_RUNTIME = 1, /* failed while running */
	EXIT_USAGE = 2,	  /* bad usage or config */
	EXIT_LIMIT = 3,	  /* a limit is exceeded */
	EXIT_REFUSED = 4, /* the kernel or the privileges cannot do it */
};

struct app_options {
	const char *const *listen; /* addresses */
	size_t nlisten;
	const char *telemetry_path;
	bool strict; /* whatever does not attach is fatal */
};

/* Runs until a signal stops it. The collector is new: neither rings nor anything loaded. All is
 * borrowed. EXIT_FINE, or another status with err. */
enum exit_status app_run(const struct app_options *options, const struct config *config,
			 struct collector *collector, struct err *err);

#endif
