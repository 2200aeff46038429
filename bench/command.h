/* SPDX-License-Identifier: Apache-2.0 */
/* A command of the user's, run to its end: what it took. */
#ifndef RINGTALLY_BENCH_COMMAND_H
#define RINGTALLY_BENCH_COMMAND_H

#include "base/types.h"

struct err;

struct command_cost {
	u64 wall_ns;
	u64 cpu_ns; /* user and system, with its children that it waited for */
};

/* argv is NULL-terminated, and found as a shell does. It reads nothing, what it writes to stdout is
 * thrown away, and it does not outlive this process. -ENOEXEC: it cannot be started; -EIO: it did
 * not end with status 0. */
int command_run(const char *const *argv, struct command_cost *ret_cost, struct err *err);

#endif
