/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Tasks at the very end: their namespaces and their pid are gone.
 *
 *   TRACE_EVENT(sched_process_free, TP_PROTO(struct task_struct *p))
 */
#include "bpf/lib/emit.bpf.h"

struct test_buried {
	u64 nothing HELP("Nothing.");
} EVENT("What is left of a task was freed.");

EVENT_DEFINE(test_buried);

SEC("?tp_btf/sched_process_free")
EMITTER_OF(test_buried, free)
int PROGRAM(on_buried, struct task_struct *task)
{
	const struct test_buried ev = {};

	emit_task(&ev, task);
	return 0;
}

FLUSH_PROGRAMS(test_buried)
