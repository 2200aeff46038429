/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Two events of one object: the verifier refuses the program of the first, the second is fine. */
#include "bpf/lib/emit.bpf.h"

struct test_refused {
	u64 word HELP("What a number points to.");
} EVENT("Cannot be attached: its program reads through a number.");

struct test_beside {
	u64 syscall DECODE(syscall) HELP("System call, by name.");
} EVENT("A system call was entered.");

EVENT_DEFINE(test_refused);
EVENT_DEFINE(test_beside);

SEC("?tp_btf/sys_enter")
EMITTER_OF(test_refused, enter)
int PROGRAM(on_refused, struct pt_regs *regs, long id)
{
	const struct test_refused ev = {*(volatile u64 *)id};

	emit(&ev);
	return 0;
}

SEC("?tp_btf/sys_enter")
EMITTER_OF(test_beside, enter)
int PROGRAM(on_beside, struct pt_regs *regs, long id)
{
	const struct test_beside ev = {(u32)id};

	emit(&ev);
	return 0;
}

FLUSH_PROGRAMS(test_refused, test_beside)
