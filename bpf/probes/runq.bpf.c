/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The scheduler: how long tasks wait for a CPU.
 *
 *   DECLARE_EVENT_CLASS(sched_wakeup_template, TP_PROTO(struct task_struct *p))
 *   sched_switch: bpf/probes/sched.bpf.h
 *
 * A wait begins when a task is woken up, or when it is taken off its CPU although it could go on
 * (preempted, yielding); it ends when the task gets a CPU. The idle task does not wait.
 */
#include "bpf/probes/sched.bpf.h"

struct runq_wait {
	u64 wait UNIT(ns) HELP("Time from wake-up, or from being preempted, to running.");
} EVENT("A task got a CPU after waiting for one.");

EVENT_DEFINE(runq_wait);

/* Thread id -> when it began to wait. Only waiting tasks have an entry. */
START_MAP(runq_wait, u32, u64, 32768);

static __always_inline void wait__begin(const struct task_struct *task, u64 flags)
{
	u32 tid = (u32)task->pid;
	u64 now = bpf_ktime_get_ns();
	struct runq_wait ev = {};
	long err;

	err = bpf_map_update_elem(&s_runq_wait, &tid, &now, flags);
	if (err && err != -17 /* EEXIST: it waits already, since then */)
		start_refused(&ev);
}

/* A task that is still on a CPU (woken before it got to sleep) does not wait. */
static __always_inline int wait__woken(const struct task_struct *task)
{
	if (!task->on_cpu)
		wait__begin(task, BPF_NOEXIST);
	return 0;
}

/* Now and then the kernel does not tell of a switch from the idle task: the start of the task that
 * got the CPU then is still there when it goes to sleep, and must not be taken for its next wait's.
 */
static __always_inline void wait__forget(const struct task_struct *task)
{
	u32 tid = (u32)task->pid;

	bpf_map_delete_elem(&s_runq_wait, &tid);
}

static __always_inline void wait__end(const struct task_struct *task)
{
	u32 tid = (u32)task->pid;
	u64 *since = bpf_map_lookup_elem(&s_runq_wait, &tid);
	struct runq_wait ev = {};

	if (!since) {
		end_unpaired(&ev);
		return;
	}
	ev.wait = elapsed(&ev, *since, bpf_ktime_get_ns());
	bpf_map_delete_elem(&s_runq_wait, &tid);
	emit_task(&ev, task);
}

static __always_inline int task__switched(bool preempt, const struct task_struct *prev,
					  const struct task_struct *next)
{
	if (prev->pid && (preempt || task__state(prev) == TASK_RUNNING))
		wait__begin(prev, BPF_ANY);
	else if (prev->pid)
		wait__forget(prev);
	if (next->pid)
		wait__end(next);
	return 0;
}

SEC("?tp_btf/sched_wakeup")
PROGRAM_FOR(runq_wait, wakeup)
int PROGRAM(on_sched_wakeup, struct task_struct *task)
{
	return wait__woken(task);
}

SEC("?tp_btf/sched_wakeup_new")
PROGRAM_FOR(runq_wait, wakeup_new)
int PROGRAM(on_sched_wakeup_new, struct task_struct *task)
{
	return wait__woken(task);
}

SEC("?tp_btf/sched_switch")
EMITTER_OF(runq_wait, switch)
int PROGRAM(on_sched_switch, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	return task__switched(preempt, prev, next);
}
