/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * An event with what the shipped ones have too seldom for a test: a long text, a field that a test
 * can leave out, and a time that may run backwards. Fired by the same call as test_call, whose
 * arguments are the length of the text, the begin and the end of the time.
 */
#include "bpf/lib/emit.bpf.h"
#include "tests/bpf/probes/call_arguments.bpf.h"

enum { TEXT_BYTES = 80 };

struct test_meaning {
	u64 present PRESENCE;
	char text[TEXT_BYTES] HELP("So many x as the first argument says, at most 80.");
	u64 took UNIT(ns) HELP("From the second argument to the third.");
	u64 sometimes OPTIONAL UNIT(ns) HELP("The same; absent when the first argument is odd.");
} EVENT("The unused system call was entered.");

EVENT_DEFINE(test_meaning);

SEC("?tp_btf/sys_enter")
EMITTER_OF(test_meaning, enter)
int PROGRAM(on_test_meaning, struct pt_regs *regs, long id)
{
	struct test_meaning ev = {};

	if (id != TEST_CALL)
		return 0;

	const u64 arguments[] = CALL_ARGUMENTS(regs);

	LOOP(i, 0, TEXT_BYTES)
	if (i < arguments[0])
		ev.text[i] = 'x';
	ev.took = elapsed(&ev, arguments[1], arguments[2]);
	if (arguments[0] % 2 == 0) {
		present(&ev, sometimes);
		ev.sometimes = ev.took;
	}
	emit(&ev);
	return 0;
}

FLUSH_PROGRAMS(test_meaning)
