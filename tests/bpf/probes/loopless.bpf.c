/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* As on a kernel without bpf_loop: the verifier refuses the flush that calls it, and its twin has
 * to do the work. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define bpf_loop(turns, step, context, flags) \
	((void)(step), (void)*(volatile __u64 *)(turns)) /* a number is no pointer */

#include "bpf/lib/emit.bpf.h"

#include "tests/bpf/test_call.h"

struct test_loopless {
	u64 key HELP("Always 7.");
} EVENT("The unused system call was entered.");

EVENT_DEFINE(test_loopless);

SEC("?tp_btf/sys_enter")
EMITTER_OF(test_loopless, enter)
int PROGRAM(on_loopless, struct pt_regs *regs, long id)
{
	const struct test_loopless ev = {7};

	if (id == TEST_CALL)
		emit(&ev);
	return 0;
}

FLUSH_PROGRAMS(test_loopless)
