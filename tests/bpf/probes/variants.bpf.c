/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * One part with three alternatives: the first cannot be loaded and the second cannot be attached,
 * on any kernel, because their function does not exist; the third works.
 */
#include "bpf/lib/emit.bpf.h"

struct test_variant {
	u64 syscall DECODE(syscall) HELP("System call, by name.");
} EVENT("A system call was entered.");

EVENT_DEFINE(test_variant);

SEC("?fentry/ringtally_no_such_function")
EMITTER_OF(test_variant, enter)
int PROGRAM(on_variant_fentry)
{
	const struct test_variant ev = {};

	emit(&ev);
	return 0;
}

SEC("?kprobe/ringtally_no_such_function")
EMITTER_OF(test_variant, enter)
int PROGRAM_WITH_CONTEXT(on_variant_kprobe, void *, ctx)
{
	const struct test_variant ev = {};

	emit(&ev);
	return 0;
}

SEC("?tp_btf/sys_enter")
EMITTER_OF(test_variant, enter)
int PROGRAM(on_variant, struct pt_regs *regs, long id)
{
	const struct test_variant ev = {(u32)id};

	emit(&ev);
	return 0;
}

FLUSH_PROGRAMS(test_variant)
