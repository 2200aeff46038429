/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Tasks that are moved to another CPU.
 *
 *   sched_migrate_task: TP_PROTO(struct task_struct *p, int dest_cpu)
 *
 * Told before the move, and also where the task is on that CPU already, which is no move.
 */
#include "bpf/lib/emit.bpf.h"

struct cpu_migrate {
	u64 from HELP("CPU on which the task was.");
	u64 to HELP("CPU to which it was moved.");
} EVENT("A task was moved to another CPU; the context is its own.");

EVENT_DEFINE(cpu_migrate);

/* Before 5.16 some architectures kept the CPU in the task itself. */
static __always_inline u32 task__cpu(const struct task_struct *task)
{
	const struct task_struct___old *old = (const void *)task;

	return bpf_core_field_exists(old->cpu) ? old->cpu : task->thread_info.cpu;
}

SEC("?tp_btf/sched_migrate_task")
EMITTER_OF(cpu_migrate, migrate)
int PROGRAM(on_sched_migrate_task, struct task_struct *task, int to)
{
	struct cpu_migrate ev = {.from = task__cpu(task), .to = (u32)to};

	if (ev.from != ev.to)
		emit_task(&ev, task);
	return 0;
}
