/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The call that the bench makes, with an argument that does not matter to whom is called, as each
 * kind of hook sees it. What is measured gets its key from that argument. It is getpid, which
 * ignores it; a function of the kernel that takes one argument (getpid's takes none), a policy that
 * there is not; or a function of our own process (bench/hook.c).
 *
 *   sys_enter: TP_PROTO(struct pt_regs *regs, long id)
 *   __x64_sys_sched_get_priority_max(const struct pt_regs *regs)
 */
#ifndef RINGTALLY_BENCH_PROBES_CALL_H
#define RINGTALLY_BENCH_PROBES_CALL_H

#include <linux/ptrace.h>

#include "bpf/lib/core.bpf.h"

#ifdef __TARGET_ARCH_x86
#define CALL_FUNCTION "__x64_sys_sched_get_priority_max"
#else
#define CALL_FUNCTION "__arm64_sys_sched_get_priority_max"
#endif

#define SECTION_tp_btf "?tp_btf/sys_enter"
#define SECTION_raw_tp "?raw_tp/sys_enter"
#define SECTION_tp     "?tp/raw_syscalls/sys_enter"
#define SECTION_uprobe "?uprobe//proc/self/exe:bench_call"
#define SECTION_fentry "?fentry/" CALL_FUNCTION
#define SECTION_kprobe "?kprobe/" CALL_FUNCTION

/* The first argument, out of registers that a hook may only read through a helper. */
static __always_inline u64 argument_of(const struct pt_regs *regs)
{
	u64 argument = 0;

	bpf_probe_read_kernel(&argument, sizeof(argument), &PT_REGS_PARM1(regs));
	return argument;
}

/* A pointer that the verifier knows the type of: read like any other. */
static __always_inline u64 argument_tp_btf(const u64 *ctx)
{
	return PT_REGS_PARM1((const struct pt_regs *)ctx[0]);
}

static __always_inline u64 argument_fentry(const u64 *ctx)
{
	return PT_REGS_PARM1((const struct pt_regs *)ctx[0]);
}

static __always_inline u64 argument_raw_tp(const u64 *ctx)
{
	return argument_of((const struct pt_regs *)ctx[0]);
}

/* The record of the tracepoint: common fields, id, args. */
static __always_inline u64 argument_tp(const u64 *ctx)
{
	return ctx[2];
}

static __always_inline u64 argument_uprobe(const u64 *ctx)
{
	return PT_REGS_PARM1((const struct pt_regs *)ctx);
}

static __always_inline u64 argument_kprobe(const u64 *ctx)
{
	return argument_of((const struct pt_regs *)PT_REGS_PARM1((const struct pt_regs *)ctx));
}

#endif
