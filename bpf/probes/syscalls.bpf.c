/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * System calls, counted when they are entered.
 *
 *   TRACE_EVENT_FN(sys_enter, TP_PROTO(struct pt_regs *regs, long id))
 *
 * A 32-bit call on a 64-bit kernel has numbers of its own: bit 32 marks it.
 */
#include "bpf/lib/emit.bpf.h"

#define SYSCALL_COMPAT (1ULL << 32)
#define TS_COMPAT      0x0002 /* x86: arch/x86/include/asm/thread_info.h */

struct syscall_enter {
	u64 syscall DECODE(syscall) HELP("System call, by name; compat:NAME for 32-bit calls.");
} EVENT("A system call was entered.");

EVENT_DEFINE(syscall_enter);

#ifdef __TARGET_ARCH_x86

static __always_inline u64 syscall__number(long id, const struct task_struct *task)
{
	return (u32)id | (task->thread_info.status & TS_COMPAT ? SYSCALL_COMPAT : 0);
}

/* The task is asked for once: for the number, and for the event's context. */
static __always_inline int syscall__entered(long id)
{
	const struct task_struct *task;
	struct syscall_enter ev = {};

	if (!wants(&ev, syscall)) {
		emit(&ev);
		return 0;
	}
	task = (void *)bpf_get_current_task_btf();
	ev.syscall = syscall__number(id, task);
	emit_task(&ev, task);
	return 0;
}

#else

static __always_inline int syscall__entered(long id)
{
	const struct syscall_enter ev = {.syscall = (u32)id};

	emit(&ev);
	return 0;
}

#endif

SEC("?tp_btf/sys_enter")
EMITTER_OF(syscall_enter, enter)
int PROGRAM(on_sys_enter, struct pt_regs *regs, long id)
{
	return syscall__entered(id);
}

SEC("?raw_tp/sys_enter")
EMITTER_OF(syscall_enter, enter)
int PROGRAM(on_sys_enter_raw, struct pt_regs *regs, long id)
{
	return syscall__entered(id);
}
