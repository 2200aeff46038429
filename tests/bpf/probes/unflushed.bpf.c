/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* An object whose author forgot one of its two events: nothing would flush its table. */
#include "bpf/lib/emit.bpf.h"

struct test_flushed {
	u64 syscall DECODE(syscall) HELP("System call, by name.");
} EVENT("A system call was entered.");

struct test_unflushed {
	u64 syscall DECODE(syscall) HELP("System call, by name.");
} EVENT("A system call was entered.");

EVENT_DEFINE(test_flushed);
EVENT_DEFINE(test_unflushed);

SEC("?tp_btf/sys_enter")
EMITTER_OF(test_unflushed, enter)
int PROGRAM(on_unflushed, struct pt_regs *regs, long id)
{
	const struct test_unflushed ev = {(u32)id};

	emit(&ev);
	return 0;
}

FLUSH_PROGRAMS(test_flushed)
