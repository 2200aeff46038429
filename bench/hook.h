/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kinds of hooks that programs are compared at, and the call that fires each: a cheap system
 * call with an argument that does not matter, made with the raw instruction, or for uprobes a
 * function of ours. The argument is where a subject's key comes from (bench/probes/call.bpf.h).
 */
#ifndef RINGTALLY_BENCH_HOOK_H
#define RINGTALLY_BENCH_HOOK_H

#include "base/types.h"

struct hook {
	const char *name;   /* "tp_btf" */
	const char *target; /* "tp_btf/sys_enter" */
	bool every_call;    /* it sees all system calls: the stub must choose */
	/* The call, once for each argument. */
	void (*fire)(const u64 *arguments, size_t n);
};

extern const struct hook hooks[];
extern const size_t nhooks;

/* The system call that is made where every one is seen. */
u32 hook_call_number(void);

/* ... once for each argument. */
void hook_call_many(const u64 *arguments, size_t n);

/* Where the uprobe sits. */
void bench_call(u64 argument);

#endif
