/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * System calls: counted when they are entered, or when they return, with their error and how long
 * they took.
 *
 *   TRACE_EVENT_FN(sys_enter, TP_PROTO(struct pt_regs *regs, long id))
 *   TRACE_EVENT_FN(sys_exit, TP_PROTO(struct pt_regs *regs, long ret))
 *
 * A 32-bit call on a 64-bit kernel has numbers of its own: bit 32 marks it.
 *
 * What returned is what the kernel says at that moment. sigreturn has given its number back by
 * then; it is always called rt_sigreturn, and has no error: it returns what was interrupted. execve
 * and execveat show as execve once they have succeeded. fork, vfork and clone return twice, in the
 * child without an entry; a call that seccomp or a tracer refused returns without one too. exit and
 * exit_group never return.
 *
 * When a call was entered is kept by task, not by thread id: the id of a thread that calls execve
 * changes in the middle of it.
 */
#include "bpf/lib/emit.bpf.h"

#include <asm/unistd.h>

#define SYSCALL_COMPAT	    (1ULL << 32)
#define SYSCALL_NONE	    (-1L)
#define ERRNO_MAX	    4095   /* include/linux/err.h */
#define TS_COMPAT	    0x0002 /* x86: arch/x86/include/asm/thread_info.h */
#define COMPAT_EXIT	    (SYSCALL_COMPAT | 1)
#define COMPAT_EXIT_GROUP   (SYSCALL_COMPAT | 252)
#define COMPAT_RT_SIGRETURN 173

struct syscall_enter {
	u64 syscall DECODE(syscall) HELP("System call, by name; compat:NAME for 32-bit calls.");
} EVENT("A system call was entered.");

struct syscall_exit {
	u64 present PRESENCE;
	u64 syscall DECODE(syscall) HELP("System call, by name; compat:NAME for 32-bit calls.");
	u64 errno DECODE(errno) HELP("Error that it returned; 0 when it succeeded.");
	u64 latency OPTIONAL FROM_START UNIT(ns)
		HELP("Time from entry to return; absent when the entry was not seen.");
} EVENT("A system call returned.");

EVENT_DEFINE(syscall_enter);
EVENT_DEFINE(syscall_exit);

/* struct task_struct * -> when it entered the call it is in. */
START_MAP(syscall_exit, u64, u64, 32768);

static __always_inline const struct task_struct *current_task(void)
{
	return (void *)bpf_get_current_task_btf();
}

#ifdef __TARGET_ARCH_x86

static __always_inline bool task__is_compat(const struct task_struct *task)
{
	return task->thread_info.status & TS_COMPAT;
}

#define REGS_SYSCALL(regs, READ) ((long)READ((const struct pt_regs___x86 *)(regs), orig_ax))

#else

static __always_inline bool task__is_compat(const struct task_struct *task)
{
	return false;
}

#define REGS_SYSCALL(regs, READ) ((long)READ((const struct pt_regs___arm64 *)(regs), syscallno))

#endif

/* Registers that are a trusted argument (tp_btf) are read directly. */
#define DIRECT(from, field) ((from)->field)

static __always_inline u64 syscall__number(long id, const struct task_struct *task)
{
	return (u32)id | (task__is_compat(task) ? SYSCALL_COMPAT : 0);
}

/* --- entered --- */

/* The task is asked for once: for the number, and for the event's context. */
static __always_inline int syscall__entered(long id)
{
	const struct task_struct *task;
	struct syscall_enter ev = {};

	if (!wants(&ev, syscall)) {
		emit(&ev);
		return 0;
	}
	task = current_task();
	ev.syscall = syscall__number(id, task);
	emit_task(&ev, task);
	return 0;
}

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

/* --- returned --- */

static __always_inline bool syscall__never_returns(u64 syscall)
{
	return syscall == __NR_exit || syscall == __NR_exit_group || syscall == COMPAT_EXIT ||
	       syscall == COMPAT_EXIT_GROUP;
}

static __always_inline int syscall__begun(long id)
{
	const struct task_struct *task = current_task();
	u64 key = (u64)task, now = bpf_ktime_get_ns();
	struct syscall_exit ev = {};

	if (syscall__never_returns(syscall__number(id, task)))
		bpf_map_delete_elem(&s_syscall_exit, &key);
	else if (bpf_map_update_elem(&s_syscall_exit, &key, &now, BPF_ANY))
		start_refused(&ev);
	return 0;
}

static __always_inline void latency__set(struct syscall_exit *ev, const struct task_struct *task)
{
	u64 key = (u64)task;
	u64 *since = bpf_map_lookup_elem(&s_syscall_exit, &key);

	if (!since)
		return;
	present(ev, latency);
	ev->latency = elapsed(ev, *since, bpf_ktime_get_ns());
	bpf_map_delete_elem(&s_syscall_exit, &key);
}

static __always_inline u64 syscall__returned_number(long id, const struct task_struct *task)
{
	if (id == SYSCALL_NONE)
		id = task__is_compat(task) ? COMPAT_RT_SIGRETURN : __NR_rt_sigreturn;
	return syscall__number(id, task);
}

static __always_inline int syscall__returned(long id, long ret)
{
	const struct task_struct *task = current_task();
	struct syscall_exit ev = {};

	if (wants(&ev, syscall))
		ev.syscall = syscall__returned_number(id, task);
	if (wants(&ev, errno) && id != SYSCALL_NONE && ret < 0 && ret >= -ERRNO_MAX)
		ev.errno = (u64)-ret;
	if (wants(&ev, latency))
		latency__set(&ev, task);
	emit_task(&ev, task);
	return 0;
}

SEC("?tp_btf/sys_enter")
PROGRAM_FOR(syscall_exit, enter)
int PROGRAM(on_sys_enter_begin, struct pt_regs *regs, long id)
{
	return syscall__begun(id);
}

SEC("?raw_tp/sys_enter")
PROGRAM_FOR(syscall_exit, enter)
int PROGRAM(on_sys_enter_begin_raw, struct pt_regs *regs, long id)
{
	return syscall__begun(id);
}

SEC("?tp_btf/sys_exit")
EMITTER_OF(syscall_exit, exit)
int PROGRAM(on_sys_exit, struct pt_regs *regs, long ret)
{
	return syscall__returned(REGS_SYSCALL(regs, DIRECT), ret);
}

SEC("?raw_tp/sys_exit")
EMITTER_OF(syscall_exit, exit)
int PROGRAM(on_sys_exit_raw, struct pt_regs *regs, long ret)
{
	return syscall__returned(REGS_SYSCALL(regs, BPF_CORE_READ), ret);
}
