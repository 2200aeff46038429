/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * How long tasks are away from a CPU, and why: one event when they get one again
 * (bpf/probes/sched.bpf.h has the tracepoint). The idle task is left out.
 *
 * A return that the kernel did not tell of comes to light when the task leaves the next time, and
 * is told then: the task was away for all the time that it did not run, by the kernel's own books.
 * Where they do not say, the event is unpaired. So is the first return of each task that was away
 * when the first program was attached. A new task that runs for the first time was never away.
 */
#include "bpf/probes/sched.bpf.h"

/* As ps and /proc/PID/status name them; running: it was preempted, or yielded. */
enum offcpu_state {
	OFFCPU_RUNNING,
	OFFCPU_INTERRUPTIBLE,
	OFFCPU_UNINTERRUPTIBLE,
	OFFCPU_IDLE,
	OFFCPU_STOPPED,
	OFFCPU_TRACED,
	OFFCPU_PARKED,
	OFFCPU_FROZEN,
	OFFCPU_OTHER,
};

const volatile enum offcpu_state anchor_offcpu_state = OFFCPU_RUNNING;

struct sched_offcpu {
	u64 duration UNIT(ns)
		HELP("How long the task was away, from losing its CPU to getting one.");
	u64 state ENUM(offcpu_state) HELP("Why: running (preempted), interruptible (sleeping), "
					  "uninterruptible (waiting for a disk, a lock), idle (a "
					  "kernel thread with nothing to do), stopped, traced, "
					  "parked, frozen or other.");
} EVENT("A task got a CPU again; the context is its own.");

EVENT_DEFINE(sched_offcpu);

struct absence {
	u64 since; /* 0: the task runs */
	u64 state;
};

/* struct task_struct * -> its absence, for as long as the task lives: to change it is cheaper than
 * to make it anew each time. */
START_MAP(sched_offcpu, u64, struct absence, 32768);

/* Bits of a task's state, include/linux/sched.h; those of TASK_IDLE come together. */
static __always_inline u64 state__name(bool preempt, u32 state)
{
	enum {
		INTERRUPTIBLE = 0x1,
		UNINTERRUPTIBLE = 0x2,
		STOPPED = 0x4,
		TRACED = 0x8,
		PARKED = 0x40,
		NOLOAD = 0x400,
		RTLOCK_WAIT = 0x1000,
		FROZEN = 0x8000,
	};

	if (preempt || state == TASK_RUNNING)
		return OFFCPU_RUNNING;
	if (state & INTERRUPTIBLE)
		return OFFCPU_INTERRUPTIBLE;
	if (state & UNINTERRUPTIBLE)
		return state & NOLOAD ? OFFCPU_IDLE : OFFCPU_UNINTERRUPTIBLE;
	if (state & RTLOCK_WAIT)
		return OFFCPU_UNINTERRUPTIBLE;
	if (state & STOPPED)
		return OFFCPU_STOPPED;
	if (state & TRACED)
		return OFFCPU_TRACED;
	if (state & PARKED)
		return OFFCPU_PARKED;
	return state & FROZEN ? OFFCPU_FROZEN : OFFCPU_OTHER;
}

/* The task was away until then. */
static __always_inline void absence__end(struct absence *absence, const struct task_struct *task,
					 u64 until)
{
	struct sched_offcpu ev = {.state = absence->state};

	ev.duration = elapsed(&ev, absence->since, until);
	absence->since = 0;
	emit_task(&ev, task);
}

/* The task leaves, and was not seen to return. */
static __always_inline void absence__end_untold(struct absence *absence,
						const struct task_struct *task, u64 now)
{
	struct sched_offcpu ev = {};
	u64 ran = 0;

	if (task__ran_untold(task, elapsed(&ev, absence->since, now), &ran))
		absence__end(absence, task, now - ran);
	else
		end_unpaired(&ev);
}

static __always_inline struct absence *absence__find(const struct task_struct *task)
{
	u64 key = (u64)task;

	return bpf_map_lookup_elem(&s_sched_offcpu, &key);
}

/* After its last switch a task does not come back, and another may get its place in memory. */
static __always_inline void task__leaves(const struct task_struct *task, u64 state, bool dead,
					 u64 now)
{
	const struct absence begun = {.since = now, .state = state};
	struct absence *absence = absence__find(task);
	u64 key = (u64)task;
	struct sched_offcpu ev = {};

	if (absence && absence->since)
		absence__end_untold(absence, task, now);
	if (dead)
		bpf_map_delete_elem(&s_sched_offcpu, &key);
	else if (absence)
		*absence = begun;
	else if (bpf_map_update_elem(&s_sched_offcpu, &key, &begun, BPF_ANY))
		start_refused(&ev);
}

static __always_inline bool task__was_ever_away(const struct task_struct *task)
{
	return task->nvcsw + task->nivcsw;
}

static __always_inline void task__returns(const struct task_struct *task, u64 now)
{
	struct absence *absence = absence__find(task);
	struct sched_offcpu ev = {};

	if (absence && absence->since)
		absence__end(absence, task, now);
	else if (task__was_ever_away(task))
		end_unpaired(&ev);
}

static __always_inline int task__switched(bool preempt, const struct task_struct *prev,
					  const struct task_struct *next, u32 prev_state)
{
	u64 now = bpf_ktime_get_ns();

	if (prev->pid)
		task__leaves(prev, state__name(preempt, prev_state), prev_state & TASK_DEAD, now);
	if (next->pid)
		task__returns(next, now);
	return 0;
}

SEC("?tp_btf/sched_switch")
EMITTER_OF(sched_offcpu, switch)
int PROGRAM(on_sched_switch_offcpu, bool preempt, struct task_struct *prev,
	    struct task_struct *next, u32 prev_state)
{
	return task__switched(preempt, prev, next, prev_state);
}

SEC("?tp_btf/sched_switch")
EMITTER_OF(sched_offcpu, switch)
int PROGRAM(on_sched_switch_offcpu_stateless, bool preempt, struct task_struct *prev,
	    struct task_struct *next)
{
	return task__switched(preempt, prev, next, task__state(prev));
}
