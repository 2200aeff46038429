/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Two events of one object: the tracepoint of the first is one that no kernel has, the second is
 * fine.
 */
#include "bpf/lib/emit.bpf.h"

struct test_absent {
	u64 syscall DECODE(syscall) HELP("System call, by name.");
} EVENT("Never.");

struct test_present {
	u64 syscall DECODE(syscall) HELP("System call, by name.");
} EVENT("A system call was entered.");

EVENT_DEFINE(test_absent);
EVENT_DEFINE(test_present);

SEC("?tp_btf/ringtally_no_such_tracepoint")
EMITTER_OF(test_absent, happen)
int PROGRAM(on_absent, long id)
{
	const struct test_absent ev = {(u32)id};

	emit(&ev);
	return 0;
}

SEC("?tp_btf/sys_enter")
EMITTER_OF(test_present, enter)
int PROGRAM(on_present, struct pt_regs *regs, long id)
{
	const struct test_present ev = {(u32)id};

	emit(&ev);
	return 0;
}

FLUSH_PROGRAMS(test_absent, test_present)
