/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * An event that only a test fires: tests/load/calls.c makes the call, its arguments are the fields.
 * So a test knows how many there were, and with which keys.
 */
#include "bpf/lib/emit.bpf.h"
#include "tests/bpf/probes/call_arguments.bpf.h"

struct test_call {
	u64 key HELP("First argument.");
	u64 value UNIT(ns) HELP("Second argument, taken for a time.");
	u64 tag HELP("Third argument.");
} EVENT("The unused system call was entered.");

EVENT_DEFINE(test_call);

SEC("?tp_btf/sys_enter")
EMITTER_OF(test_call, enter)
int PROGRAM(on_test_call, struct pt_regs *regs, long id)
{
	if (id != TEST_CALL)
		return 0;

	const struct test_call ev = CALL_ARGUMENTS(regs);

	emit(&ev);
	return 0;
}

FLUSH_PROGRAMS(test_call)
