/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel itself counts of an event, in /proc: rows of a table (proc_counters). */
#ifndef RINGTALLY_CLI_PROC_COUNTER_H
#define RINGTALLY_CLI_PROC_COUNTER_H

#include "base/types.h"

struct err;

struct proc_reading {
	u64 count;
	u64 disturbed; /* if it grows between two readings, they cannot be compared */
};

struct proc_counter {
	const char *event;
	const char *file;      /* below /proc */
	const char *what;      /* is counted there */
	const char *disturbed; /* why readings cannot be compared; NULL: they always can */
	/* A line of the file: adds what it counts. */
	void (*read_line)(const char *line, struct proc_reading *sum);
};

extern const struct proc_counter proc_counters[];
extern const u32 proc_counters_count;

/* The counter of an event; NULL: the kernel shows none. */
const struct proc_counter *proc_counter_of(const char *event);

int proc_counter__read(const struct proc_counter *c, struct proc_reading *ret_reading,
		       struct err *err);

#endif
