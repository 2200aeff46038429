/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Two events: one that fires at every system call as soon as it is attached, and one that loads but
 * cannot be attached, on any kernel, so that both are loaded a second time.
 */
#include "bpf/lib/emit.bpf.h"

struct test_busy {
	u64 syscall DECODE(syscall) HELP("System call, by name.");
} EVENT("A system call was entered.");

EVENT_DEFINE(test_busy);

struct test_late {
	u64 nothing HELP("Nothing.");
} EVENT("Never.");

EVENT_DEFINE(test_late);

SEC("?tp_btf/sys_enter")
EMITTER_OF(test_busy, enter)
int PROGRAM(on_busy, struct pt_regs *regs, long id)
{
	const struct test_busy ev = {(u32)id};

	emit(&ev);
	return 0;
}

SEC("?kprobe/ringtally_no_such_function")
EMITTER_OF(test_late, call)
int PROGRAM_WITH_CONTEXT(on_late, void *, ctx)
{
	const struct test_late ev = {};

	emit(&ev);
	return 0;
}

FLUSH_PROGRAMS(test_busy, test_late)
