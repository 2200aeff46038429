/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Softirqs: the second half of what interrupts and timers have to do, one event when each handler
 * is done.
 *
 *   DECLARE_EVENT_CLASS(softirq, TP_PROTO(unsigned int vec_nr)): softirq_raise, softirq_entry,
 *                                                                softirq_exit
 *
 * A CPU runs one softirq at a time, those that are raised meanwhile after it, and a vector that is
 * raised again while it waits runs once. All three happen on the same CPU. Hard interrupts come in
 * between, but have no part in this.
 *
 * The kernel takes all vectors that are raised and runs them in a row. One that is raised again
 * between being taken and being run will run twice: the second time its wait counts from the last
 * time that it was raised before the first.
 *
 * Programs are attached in this order, so that no raise stays whose entry was not seen.
 */
#include "bpf/lib/emit.bpf.h"

/* include/linux/interrupt.h */
enum softirq_vec {
	SOFTIRQ_HI,
	SOFTIRQ_TIMER,
	SOFTIRQ_NET_TX,
	SOFTIRQ_NET_RX,
	SOFTIRQ_BLOCK,
	SOFTIRQ_IRQ_POLL,
	SOFTIRQ_TASKLET,
	SOFTIRQ_SCHED,
	SOFTIRQ_HRTIMER,
	SOFTIRQ_RCU,
};

const volatile enum softirq_vec anchor_softirq_vec = SOFTIRQ_HI;

#define SOFTIRQS     10
#define SOFTIRQS_MAX 16 /* a power of two */

struct softirq {
	u64 present PRESENCE;
	u64 vec ENUM(softirq_vec)
		HELP("hi, timer, net_tx, net_rx, block, irq_poll, tasklet, sched, "
		     "hrtimer or rcu.");
	u64 wait OPTIONAL FROM_START UNIT(ns)
		HELP("Time from being raised to running; absent when the raise was not seen.");
	u64 duration FROM_START UNIT(ns) HELP("How long the handler ran.");
} EVENT("A softirq was handled; the context is the task that it interrupted.");

EVENT_DEFINE(softirq);

_Static_assert(SOFTIRQ_RCU == SOFTIRQS - 1, "each has its place in struct softirq_start");

/* When a vector was raised for the first time since it ran, and for the last time; 0: not. */
struct softirq_raised {
	u64 first;
	u64 last;
};

struct softirq_start {
	u64 entered; /* 0: none runs, as far as we saw */
	u64 waited;
	u64 raise_seen;
	struct softirq_raised raised[SOFTIRQS_MAX];
};

START_OF_CPU(softirq, struct softirq_start);

static __always_inline struct softirq_raised *start__raised(struct softirq_start *start, u32 vec)
{
	return &start->raised[vec & (SOFTIRQS_MAX - 1)];
}

/* What the vector was raised for is over once it runs; only what was raised after that may be for
 * the next run. An interrupt may raise it amid this: it leaves either `first` or `last` to that. */
static __always_inline void start__end_wait(struct softirq_start *start, u32 vec, u64 now)
{
	volatile struct softirq_raised *raised = start__raised(start, vec);
	u64 first = raised->first, last;
	struct softirq ev = {};

	raised->first = 0;
	last = raised->last;
	if (!first || first == last)
		raised->last = 0;
	start->raise_seen = first ? first : last;
	if (start->raise_seen)
		start->waited = elapsed(&ev, start->raise_seen, now);
}

SEC("?tp_btf/softirq_entry")
PROGRAM_FOR(softirq, entry)
int PROGRAM(on_softirq_entry, u32 vec)
{
	struct softirq_start *start = START_OF_THIS_CPU(softirq);
	struct softirq ev = {};
	u64 now;

	if (!start)
		return 0;
	now = bpf_ktime_get_ns();
	if (wants(&ev, wait))
		start__end_wait(start, vec, now);
	start->entered = now;
	return 0;
}

SEC("?tp_btf/softirq_raise")
PROGRAM_FOR(softirq, raise)
ONLY_FOR(wait)
int PROGRAM(on_softirq_raise, u32 vec)
{
	struct softirq_start *start = START_OF_THIS_CPU(softirq);
	struct softirq_raised *raised;

	if (!start)
		return 0;
	raised = start__raised(start, vec);
	raised->last = bpf_ktime_get_ns();
	if (!raised->first)
		raised->first = raised->last;
	return 0;
}

/* False: the entry was not seen. */
static __always_inline bool times__set(struct softirq *ev)
{
	struct softirq_start *start = START_OF_THIS_CPU(softirq);

	if (!start || !start->entered)
		return false;
	ev->duration = elapsed(ev, start->entered, bpf_ktime_get_ns());
	start->entered = 0;
	if (wants(ev, wait) && start->raise_seen) {
		present(ev, wait);
		ev->wait = start->waited;
	}
	return true;
}

SEC("?tp_btf/softirq_exit")
EMITTER_OF(softirq, exit)
int PROGRAM(on_softirq_exit, u32 vec)
{
	struct softirq ev = {.vec = vec};

	if ((wants(&ev, duration) || wants(&ev, wait)) && !times__set(&ev)) {
		end_unpaired(&ev);
		return 0;
	}
	emit(&ev);
	return 0;
}
