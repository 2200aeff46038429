/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* An object with a program that has no slot at its head: no reload could ever replace it. */
#include "bpf/lib/emit.bpf.h"

struct test_slotless {
	u64 syscall DECODE(syscall) HELP("System call, by name.");
} EVENT("A system call was entered.");

EVENT_DEFINE(test_slotless);

SEC("?tp_btf/sys_enter")
EMITTER_OF(test_slotless, enter)
int BPF_PROG(on_slotless, struct pt_regs *regs, long id)
{
	const struct test_slotless ev = {(u32)id};

	emit(&ev);
	return 0;
}

FLUSH_PROGRAMS(test_slotless)
