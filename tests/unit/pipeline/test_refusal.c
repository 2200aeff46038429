/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include "pipeline/refusal.h"

#define STATISTICS                    \
	"verification time 45 usec\n" \
	"stack depth 16+0\n"          \
	"processed 12 insns (limit 1000000) max_states_per_insn 0 total_states 1\n"

static void a_code_is_told_with_what_it_means_at_this_step(void **state)
{
	static const struct {
		enum refusal_step step;
		int code;
		const char *want;
	} cases[] = {
		{REFUSED_LOAD, -EPERM,
		 "load: Operation not permitted (kernel lockdown, a security module or missing "
		 "privileges forbid it)"},
		{REFUSED_LOAD, -EINVAL,
		 "load: Invalid argument (this kernel does not know such programs, or is too old)"},
		{REFUSED_LOAD, -ESRCH, "load: No such process (this kernel has no such hook)"},
		{REFUSED_LOAD, -ENOENT,
		 "load: No such file or directory (this kernel has no such hook)"},
		{REFUSED_LOAD, -E2BIG, "load: Argument list too long"},
		{REFUSED_ATTACH, -ENOENT,
		 "attach: No such file or directory (this kernel has no such hook, or no kprobes)"},
		{REFUSED_ATTACH, -EOPNOTSUPP,
		 "attach: Operation not supported (this kernel cannot attach there (no fprobe))"},
		{REFUSED_ATTACH, -EINVAL, "attach: Invalid argument"},
		{REFUSED_ATTACH, -100000, "attach: Unknown error 100000"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char text[256];

		refusal_describe(cases[i].step, cases[i].code, "", text, sizeof(text));
		assert_string_equal(text, cases[i].want);
	}
}

static void the_last_objection_of_the_verifier_is_quoted(void **state)
{
	static const struct {
		const char *log;
		const char *want;
	} cases[] = {
		{"R1 invalid mem access 'scalar'\n" STATISTICS,
		 "load: Permission denied (verifier: R1 invalid mem access 'scalar')"},
		{"0: (85) call bpf_x#1\nunknown func bpf_x#1\n" STATISTICS,
		 "load: Permission denied (verifier: unknown func bpf_x#1)"},
		{"unknown func bpf_x#1",
		 "load: Permission denied (verifier: unknown func bpf_x#1)"},
		{"\n\nlast\n\n\n", "load: Permission denied (verifier: last)"},
		{"-- BEGIN PROG LOAD LOG --\nword\n" STATISTICS "-- END PROG LOAD LOG --\n",
		 "load: Permission denied (verifier: word)"},
		{STATISTICS, "load: Permission denied"},
		{"\n", "load: Permission denied"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char text[256];

		refusal_describe(REFUSED_LOAD, -EACCES, cases[i].log, text, sizeof(text));
		assert_string_equal(text, cases[i].want);
	}
}

static void long_texts_are_cut_to_the_room_there_is(void **state)
{
	char log[1024], text[1024];

	(void)state;
	memset(log, 'x', sizeof(log) - 1);
	log[sizeof(log) - 1] = '\0';
	memset(text, 'y', sizeof(text));
	refusal_describe(REFUSED_LOAD, -EACCES, log, text, sizeof(text));
	assert_int_equal(strlen(text), strlen("load: Permission denied (verifier: )") + 160);
	for (size_t room = 1; room < 64; room++) {
		memset(text, 'y', sizeof(text));
		refusal_describe(REFUSED_LOAD, -EACCES, log, text, room);
		assert_int_equal(strlen(text), room - 1);
		assert_int_equal(text[room], 'y');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_code_is_told_with_what_it_means_at_this_step),
		cmocka_unit_test(the_last_objection_of_the_verifier_is_quoted),
		cmocka_unit_test(long_texts_are_cut_to_the_room_there_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
