/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * How long tasks run: one event per slice, when the task loses its CPU (bpf/probes/sched.bpf.h has
 * the tracepoint). What has passed of the slice that is running is told with every flush, as a
 * part. The idle task is left out.
 *
 * A slice whose beginning the kernel did not tell of is as long as its own books say, see there;
 * where they do not, it is unpaired. So is the slice that runs on each CPU when the first program
 * is attached; when parts are told it counts from the first flush on.
 */
#include "bpf/probes/sched.bpf.h"

struct sched_oncpu {
	u64 duration FROM_START UNIT(ns)
		HELP("How long the task ran, from getting a CPU to losing it.");
	u64 rest FROM_START REST_OF(duration);
} EVENT("A task lost its CPU; the context is its own.") FLUSH_HOOK;

OVERLOAD void flush_hook(const struct sched_oncpu *none);

EVENT_DEFINE(sched_oncpu);

/* What runs on a CPU, as far as that was told. */
struct slice {
	u64 task;  /* the idle task too */
	u64 since; /* the last switch that was told; 0: none yet */
	u64 told;  /* in parts */
};

START_OF_CPU(sched_oncpu, struct slice);

#define is_timed(ev) (wants(ev, duration) || wants(ev, rest))

/* How long the slice of this task has been by now. False: nobody knows. */
static __always_inline bool slice__length(const struct slice *slice, const struct task_struct *task,
					  u64 now, u64 *ret_ns)
{
	struct sched_oncpu ev = {};
	u64 told = elapsed(&ev, slice->since, now);

	if (!slice->since)
		return false;
	if (slice->task != (u64)task)
		return task__ran_untold(task, told, ret_ns);
	*ret_ns = told;
	return true;
}

/* False: it has no event, which is in the books. */
static __always_inline bool slice__end(const struct slice *slice, const struct task_struct *task,
				       u64 now, struct sched_oncpu *ev)
{
	if (!slice__length(slice, task, now, &ev->duration)) {
		end_unpaired(ev);
		return false;
	}
	if (ev->duration > slice->told)
		ev->rest = ev->duration - slice->told;
	return true;
}

static __always_inline void slice__begin(struct slice *slice, const struct task_struct *task,
					 u64 now)
{
	*slice = (struct slice){.task = (u64)task, .since = now};
}

/* Does the slice that ends have an event? */
static __always_inline bool slices__switch(const struct task_struct *prev,
					   const struct task_struct *next, struct sched_oncpu *ev)
{
	struct slice *slice = START_OF_THIS_CPU(sched_oncpu);
	u64 now = bpf_ktime_get_ns();
	bool told;

	if (!slice)
		return false;
	told = prev->pid && slice__end(slice, prev, now, ev);
	slice__begin(slice, next, now);
	return told;
}

static __always_inline int task__switched(const struct task_struct *prev,
					  const struct task_struct *next)
{
	struct sched_oncpu ev = {};

	if (is_timed(&ev) ? slices__switch(prev, next, &ev) : prev->pid)
		emit_task(&ev, prev);
	if (takes_parts(&ev))
		flush_hook_rests(&ev, !next->pid);
	return 0;
}

SEC("?tp_btf/sched_switch")
EMITTER_OF(sched_oncpu, switch)
int PROGRAM(on_sched_switch_oncpu, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	return task__switched(prev, next);
}

/* Interrupts are off while tasks are switched: the slice does not change under us. */
static __always_inline void slice__tell(struct slice *slice, const struct task_struct *task)
{
	struct sched_oncpu ev = {};
	u64 now = bpf_ktime_get_ns(), length = 0;

	if (!slice->since)
		slice__begin(slice, task, now);
	if (!slice__length(slice, task, now, &length) || length <= slice->told)
		return;
	ev.rest = length - slice->told;
	slice->told = length;
	emit_part(&ev, task);
}

OVERLOAD void flush_hook(const struct sched_oncpu *none)
{
	const struct task_struct *task;
	struct sched_oncpu ev = {};
	struct slice *slice;

	if (!takes_parts(&ev))
		return;
	task = (void *)bpf_get_current_task_btf();
	slice = START_OF_THIS_CPU(sched_oncpu);
	if (slice && task->pid)
		slice__tell(slice, task);
}
