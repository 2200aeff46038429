/* SPDX-License-Identifier: Apache-2.0 */
/* What memory a process has, as the kernel tells it in /proc. */
#ifndef RINGTALLY_BENCH_PROC_MEMORY_H
#define RINGTALLY_BENCH_PROC_MEMORY_H

#include <sys/types.h>

#include "base/types.h"

struct err;

/* In bytes. */
struct proc_memory {
	u64 rss_anon; /* its own: heap and stacks */
	u64 rss;      /* with files, and with rings, whose pages count twice */
	u64 rss_peak;
	u64 bpf_maps; /* of the kernel, for the maps that it holds, each once */
};

int proc_memory_read(pid_t pid, struct proc_memory *ret_memory, struct err *err);

/* The number behind "KEY:" in lines like those of /proc/PID/status and fdinfo. */
bool proc_memory_find(const char *text, const char *key, u64 *ret_value);

#endif
