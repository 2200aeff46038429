/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Hard interrupts of devices: one event when a handler is done.
 *
 *   irq_handler_entry: TP_PROTO(int irq, struct irqaction *action)
 *   irq_handler_exit: TP_PROTO(int irq, struct irqaction *action, int ret)
 *
 * Handlers run with interrupts off, so that a CPU is in one at a time. Where several share a line
 * each of them is asked, and is an event. Interrupts of the CPU itself (its timer, others that call
 * it) have no handler of this kind, and what a handler leaves to a thread is that thread's.
 */
#include "bpf/lib/emit.bpf.h"

struct hardirq {
	u64 irq HELP("Number of the interrupt.");
	char name[TEXT_MAX] HELP("Whom the handler is for, as /proc/interrupts has it.");
	u64 duration FROM_START UNIT(ns) HELP("How long the handler ran.");
} EVENT("A device's interrupt was handled; the context is the task that it interrupted.");

EVENT_DEFINE(hardirq);

/* When the handler was called; 0: none runs, as far as we saw. */
START_OF_CPU(hardirq, u64);

SEC("?tp_btf/irq_handler_entry")
PROGRAM_FOR(hardirq, entry)
int PROGRAM(on_irq_handler_entry)
{
	u64 *since = START_OF_THIS_CPU(hardirq);

	if (since)
		*since = bpf_ktime_get_ns();
	return 0;
}

/* False: the entry was not seen. */
static __always_inline bool duration__set(struct hardirq *ev)
{
	u64 *since = START_OF_THIS_CPU(hardirq);

	if (!since || !*since)
		return false;
	ev->duration = elapsed(ev, *since, bpf_ktime_get_ns());
	*since = 0;
	return true;
}

SEC("?tp_btf/irq_handler_exit")
EMITTER_OF(hardirq, exit)
int PROGRAM(on_irq_handler_exit, int irq, struct irqaction *action)
{
	struct hardirq ev = {.irq = (u32)irq};

	if (wants(&ev, duration) && !duration__set(&ev)) {
		end_unpaired(&ev);
		return 0;
	}
	if (wants(&ev, name))
		text__read(&ev.name, action->name);
	emit(&ev);
	return 0;
}
