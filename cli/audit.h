/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An audit of a running daemon: all equations of its ledger, and beside /proc what it counted
 * between two readings. Each reading is ours, /proc, ours again (a, /proc, b), so that what
 * happened in between cannot hide:  a1 - b0 <= change of /proc <= b1 - a0.
 */
#ifndef RINGTALLY_CLI_AUDIT_H
#define RINGTALLY_CLI_AUDIT_H

#include "cli/ledger.h"

struct proc_counter;

/* An event's counter in /proc. */
struct audit_proc {
	const struct proc_counter *counter;
	u64 least; /* a1 - b0 */
	u64 change;
	u64 most;	     /* b1 - a0 */
	const char *unknown; /* why they cannot be compared; NULL: they can */
	bool holds;
};

enum { AUDIT_PROCS_MAX = 8 };

struct audit {
	struct ledger ledger; /* the one that is shown: the last, or the first that does not hold */
	struct equation *equations;
	size_t nequations;
	struct audit_proc procs[AUDIT_PROCS_MAX];
	size_t nprocs;
	bool holds; /* all that is known */
};

/* Takes two readings so far apart; once or twice more where only /proc does not fit, since what is
 * under way is in one count and not yet in the other. A negative errno with a message when there is
 * nothing to audit. */
int audit__run(struct audit *a, struct client *c, u32 interval_ms, struct err *err);
void audit__fini(struct audit *a); /* also one that is all 0 */

#endif
