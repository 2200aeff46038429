/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The kernel's timers of low resolution: one event when one is started, or started anew.
 *
 *   timer_start: TP_PROTO(struct timer_list *timer, ...)
 *
 * Nearly all of them are there in case something does not happen in time. Sleeping, setitimer and
 * timer_settime take timers of high resolution (hrtimer), which are not these.
 */
#include "bpf/lib/emit.bpf.h"

struct timer_start {
	u64 function DECODE(ksym) HELP("What the kernel will call, by its symbol.");
} EVENT("A kernel timer was started; the context is the task that was running.");

EVENT_DEFINE(timer_start);

SEC("?tp_btf/timer_start")
EMITTER_OF(timer_start, start)
int PROGRAM(on_timer_start, struct timer_list *timer)
{
	struct timer_start ev = {};

	if (wants(&ev, function)) /* read plainly it would be a pointer, which has no hash */
		BPF_CORE_READ_INTO(&ev.function, timer, function);
	emit(&ev);
	return 0;
}
