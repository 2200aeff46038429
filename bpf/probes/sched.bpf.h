/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * What the probes of the scheduler have in common. They share one tracepoint, a program each:
 *
 *   TRACE_EVENT(sched_switch, TP_PROTO(bool preempt, struct task_struct *prev,
 *                                      struct task_struct *next, unsigned int prev_state))
 *
 * prev_state is there since 5.19; before, the state is the task's own, which somebody who wakes it
 * up at that moment may have changed already.
 *
 * Some kernels do not tell of every switch: now and then a task gets a CPU, mostly from the idle
 * task, and no tracepoint says so. Each switch away from a task is told.
 */
#ifndef RINGTALLY_BPF_PROBES_SCHED_H
#define RINGTALLY_BPF_PROBES_SCHED_H

#include "bpf/lib/emit.bpf.h"

/* include/linux/sched.h */
#define TASK_RUNNING 0
#define TASK_DEAD    0x80

#define MAX_RT_PRIO  100 /* include/linux/sched/prio.h */

static __always_inline u32 task__state(const struct task_struct *task)
{
	const struct task_struct___old *old = (const void *)task;

	return bpf_core_field_exists(task->__state) ? task->__state : (u32)old->state;
}

/*
 * How long a task has run since it got its CPU, though nobody told of that: less than `most`. The
 * kernel keeps books of it for tasks of its fair class, up to date when they lose the CPU, else
 * behind by a tick at most; what a hypervisor took (steal) is not in them. False: they do not say.
 */
static __always_inline bool task__ran_untold(const struct task_struct *task, u64 most, u64 *ret_ns)
{
	u64 ran = task->se.sum_exec_runtime - task->se.prev_sum_exec_runtime;

	if (task->prio < MAX_RT_PRIO || ran >= most)
		return false;
	*ret_ns = ran;
	return true;
}

#endif
