/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * One event that hooks of every depth emit: system calls, the scheduler, softirqs, timers; they
 * interrupt each other, and the flush interrupts them all. And one that system calls alone emit,
 * which nothing but the flush interrupts. Built twice: once with the guard of the books left out.
 */
#include "bpf/lib/emit.bpf.h"

#include "tests/bpf/test_call.h"

#ifdef __TARGET_ARCH_x86
struct pt_regs {
	unsigned long di;
} __attribute__((preserve_access_index));
#define FIRST_ARGUMENT(regs) ((regs)->di)
#else
struct pt_regs {
	u64 regs[31];
} __attribute__((preserve_access_index));
#define FIRST_ARGUMENT(regs) ((regs)->regs[0])
#endif

struct storm {
	u64 hook HELP("Which hook it was.");
	u64 own HELP("1: the test's own call.");
	u64 key HELP("Its first argument.");
} EVENT("Something happened.");

struct storm_call {
	u64 own HELP("1: the test's own call.");
	u64 key HELP("Its first argument.");
} EVENT("A system call was entered.");

EVENT_DEFINE(storm);
EVENT_DEFINE(storm_call);

static __always_inline int storm__emit(u64 hook)
{
	const struct storm ev = {.hook = hook};

	emit(&ev);
	return 0;
}

SEC("?tp_btf/sys_enter")
EMITTER_OF(storm, call)
int PROGRAM(on_storm_call, struct pt_regs *regs, long id)
{
	struct storm ev = {};

	if (id == TEST_CALL) {
		ev.own = 1;
		ev.key = FIRST_ARGUMENT(regs);
	}
	emit(&ev);
	return 0;
}

SEC("?tp_btf/sched_switch")
EMITTER_OF(storm, switch)
int PROGRAM(on_storm_switch)
{
	return storm__emit(1);
}

SEC("?tp_btf/sched_wakeup")
EMITTER_OF(storm, wakeup)
int PROGRAM(on_storm_wakeup)
{
	return storm__emit(2);
}

SEC("?tp_btf/softirq_entry")
EMITTER_OF(storm, softirq)
int PROGRAM(on_storm_softirq)
{
	return storm__emit(3);
}

SEC("?tp_btf/timer_start")
EMITTER_OF(storm, timer)
int PROGRAM(on_storm_timer)
{
	return storm__emit(4);
}

SEC("?tp_btf/sched_process_fork")
EMITTER_OF(storm, fork)
int PROGRAM(on_storm_fork)
{
	return storm__emit(5);
}

SEC("?tp_btf/sys_enter")
EMITTER_OF(storm_call, call)
int PROGRAM(on_storm_call_alone, struct pt_regs *regs, long id)
{
	struct storm_call ev = {};

	if (id == TEST_CALL) {
		ev.own = 1;
		ev.key = FIRST_ARGUMENT(regs);
	}
	emit(&ev);
	return 0;
}

FLUSH_PROGRAMS(storm, storm_call)
