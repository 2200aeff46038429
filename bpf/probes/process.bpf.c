/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Tasks (processes and threads) that begin, run another program, and end.
 *
 *   sched_process_exec: TP_PROTO(struct task_struct *p, pid_t old_pid, struct linux_binprm *bprm)
 *   task_newtask: TP_PROTO(struct task_struct *task, u64 clone_flags)
 *   sched_process_exit: TP_PROTO(struct task_struct *p, bool group_dead)
 *
 * All three are told in the task concerned, the second in the one that makes the new task. It tells
 * of all that /proc/stat counts, where sched_process_fork leaves out the workers of io_uring.
 *
 * group_dead is there since 6.16, and true for one thread of each group. Before, who comes last is
 * read off the number of those that live: two last threads that end at the same moment may both
 * find none left.
 */
#include "bpf/lib/emit.bpf.h"

#define CLONE_THREAD	  0x10000 /* include/uapi/linux/sched.h */
#define SIGNAL_GROUP_EXIT 0x4	  /* include/linux/sched/signal.h */
#define STATUS_SIGNAL	  0x7f	  /* as wait(2) has it; with 0x80 for a core dump ... */
#define STATUS_EXIT_SHIFT 8	  /* ... and the code above */
#define STATUS_EXIT_CODE  0xff

enum task_kind {
	TASK_PROCESS,
	TASK_THREAD,
};

const volatile enum task_kind anchor_task_kind = TASK_PROCESS;

struct process_exec {
	char filename[TEXT_MAX] HELP("What was executed, as execve was given it.");
} EVENT("A process runs another program; the context has its new name.");

struct process_fork {
	u64 kind ENUM(task_kind) HELP("What began: process or thread.");
} EVENT("A process or thread was made; the context is who made it.");

struct process_exit {
	u64 present PRESENCE;
	u64 kind ENUM(task_kind)
		HELP("What ended: a process with its last thread, or a thread of one.");
	u64 exit_code OPTIONAL HELP("What it ended with; absent when a signal killed it.");
	u64 signal OPTIONAL DECODE(signal) HELP("What killed it; absent when it ended by itself.");
	u64 age UNIT(ns) HELP("Time since the task began.");
} EVENT("A process or thread ended; the context is its own.");

EVENT_DEFINE(process_exec);
EVENT_DEFINE(process_fork);
EVENT_DEFINE(process_exit);

SEC("?tp_btf/sched_process_exec")
EMITTER_OF(process_exec, exec)
int PROGRAM(on_sched_process_exec, struct task_struct *task, int old_pid,
	    struct linux_binprm *program)
{
	struct process_exec ev = {};

	if (wants(&ev, filename))
		text__read(&ev.filename, program->filename);
	emit_task(&ev, task);
	return 0;
}

SEC("?tp_btf/task_newtask")
EMITTER_OF(process_fork, fork)
int PROGRAM(on_task_newtask, struct task_struct *task, u64 clone_flags)
{
	struct process_fork ev = {.kind = clone_flags & CLONE_THREAD ? TASK_THREAD : TASK_PROCESS};

	emit(&ev);
	return 0;
}

/* What wait tells of a process is what its group ended with, whoever ends last. */
static __always_inline u32 task__status(const struct task_struct *task, bool is_last)
{
	const struct signal_struct *group = task->signal;

	return (u32)(is_last && group->flags & SIGNAL_GROUP_EXIT ? group->group_exit_code
								 : task->exit_code);
}

static __always_inline void status__set(struct process_exit *ev, u32 status)
{
	ev->signal = status & STATUS_SIGNAL;
	ev->exit_code = status >> STATUS_EXIT_SHIFT & STATUS_EXIT_CODE;
	if (ev->signal)
		present(ev, signal);
	else
		present(ev, exit_code);
}

static __always_inline int task__ended(const struct task_struct *task, bool is_last)
{
	struct process_exit ev = {.kind = is_last ? TASK_PROCESS : TASK_THREAD};

	if (wants(&ev, exit_code) || wants(&ev, signal))
		status__set(&ev, task__status(task, is_last));
	if (wants(&ev, age))
		ev.age = elapsed(&ev, task->start_time, bpf_ktime_get_ns());
	emit_task(&ev, task);
	return 0;
}

SEC("?tp_btf/sched_process_exit")
EMITTER_OF(process_exit, exit)
int PROGRAM(on_sched_process_exit, struct task_struct *task, bool group_dead)
{
	return task__ended(task, group_dead);
}

SEC("?tp_btf/sched_process_exit")
EMITTER_OF(process_exit, exit)
int PROGRAM(on_sched_process_exit_untold, struct task_struct *task)
{
	return task__ended(task, task->signal->live.counter == 0);
}
