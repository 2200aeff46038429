/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/pipeline/decoder_test.h"

#include <errno.h>
#include <sys/syscall.h>

#include "pipeline/decoders/dec_syscall.h"

#define COMPAT (1ULL << 32)
#define CALL(name)                \
	{                         \
		SYS_##name, #name \
	}

/* Words and texts that stand for each other. */
struct syscall_case {
	u64 word;
	const char *want;
};

static void check(const struct syscall_case *cases, size_t n)
{
	const struct decoder_env env = {0};
	struct decoder *d = create_decoder(&dec_syscall_ops, &env);

	for (size_t i = 0; i < n; i++) {
		assert_word_is(d, cases[i].word, cases[i].want);
		assert_encodes_to(d, cases[i].want, cases[i].word);
	}
	d->ops->destroy(d);
}

static void numbers_have_the_names_that_libc_gives_them(void **state)
{
	static const struct syscall_case cases[] = {
		CALL(read),
		CALL(write),
		CALL(close),
		CALL(openat),
		CALL(execve),
		CALL(exit),
		CALL(exit_group),
		CALL(getpid),
		CALL(getppid),
		CALL(gettid),
		CALL(clone),
		CALL(wait4),
		CALL(kill),
		CALL(futex),
		CALL(nanosleep),
		CALL(mmap),
		CALL(munmap),
		CALL(mprotect),
		CALL(brk),
		CALL(ioctl),
		CALL(fcntl),
		CALL(lseek),
		CALL(socket),
		CALL(connect),
		CALL(accept4),
		CALL(sendto),
		CALL(recvfrom),
		CALL(epoll_pwait),
		CALL(ppoll),
		CALL(sched_yield),
		CALL(ptrace),
		CALL(mount),
		CALL(rt_sigreturn),
		CALL(getrandom),
		CALL(bpf),
		CALL(perf_event_open),
		CALL(statx),
		CALL(io_uring_enter),
		CALL(clone3),
		CALL(process_vm_readv),
		CALL(restart_syscall),
#ifdef __x86_64__
		CALL(open),
		CALL(stat),
		CALL(fork),
		CALL(vfork),
		CALL(poll),
		CALL(select),
		CALL(epoll_wait),
		CALL(arch_prctl),
		CALL(newfstatat),
		CALL(_sysctl),
#endif
	};

	(void)state;
	check(cases, ARRAY_SIZE(cases));
}

static void numbers_without_a_name_are_shown(void **state)
{
	static const struct syscall_case cases[] = {
		{4095, "syscall_4095"},
		{2147483647, "syscall_2147483647"},
		{2147483648, "syscall_-2147483648"},
		{0xffffffff, "syscall_-1"},
#ifdef __x86_64__
		{400, "syscall_400"}, /* a hole in the table */
#endif
		{COMPAT | 4095, "compat:syscall_4095"},
		{COMPAT | 0xffffffff, "compat:syscall_-1"},
	};

	(void)state;
	check(cases, ARRAY_SIZE(cases));
}

static void calls_of_32_bits_have_numbers_of_their_own(void **state)
{
#ifdef __x86_64__
	static const struct syscall_case cases[] = {
		{COMPAT | 0, "compat:restart_syscall"},
		{COMPAT | 1, "compat:exit"},
		{COMPAT | 3, "compat:read"},
		{COMPAT | 4, "compat:write"},
		{COMPAT | 11, "compat:execve"},
		{COMPAT | 64, "compat:getppid"},
		{COMPAT | 140, "compat:_llseek"},
		{COMPAT | 192, "compat:mmap2"},
		{COMPAT | 403, "compat:clock_gettime64"},
	};
#else
	static const struct syscall_case cases[] = {
		{COMPAT | 3, "compat:syscall_3"},
	};
#endif

	(void)state;
	check(cases, ARRAY_SIZE(cases));
}

static void words_that_are_no_syscall_are_errors(void **state)
{
	static const struct syscall_case cases[] = {
		{2ULL << 32, "invalid_syscall:0x200000000"},
		{3ULL << 32 | 1, "invalid_syscall:0x300000001"},
		{~0ULL, "invalid_syscall:0xffffffffffffffff"},
	};
	const struct decoder_env env = {0};
	struct decoder *d = create_decoder(&dec_syscall_ops, &env);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct decoded answer = decode_words(d, &cases[i].word, 1);

		assert_string_equal(answer.text, cases[i].want);
		assert_true(answer.error);
		assert_false(answer.provisional);
	}
	d->ops->destroy(d);
}

static void numbers_lead_back_also_where_there_is_a_name(void **state)
{
	const struct decoder_env env = {0};
	struct decoder *d = create_decoder(&dec_syscall_ops, &env);

	(void)state;
	assert_encodes_to(d, "syscall_0", 0);
	assert_encodes_to(d, "compat:syscall_3", COMPAT | 3);
	d->ops->destroy(d);
}

static void names_of_no_call_have_no_word(void **state)
{
	static const char *const names[] = {
		"",
		"no_such_call",
		"READ",
		"read ",
		"3",
		"syscall_",
		"syscall_x",
		"syscall_1x",
		"syscall_2147483648",
		"syscall_-2147483649",
		"syscall_99999999999999999999",
		"compat:",
		"compat:no_such_call",
		"compat:compat:read",
		"compat: read",
		"compat:3",
		"invalid_syscall:0x200000000",
	};
	const struct decoder_env env = {0};
	struct decoder *d = create_decoder(&dec_syscall_ops, &env);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert_no_word(d, names[i], -ENOENT);
	d->ops->destroy(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_have_the_names_that_libc_gives_them),
		cmocka_unit_test(numbers_without_a_name_are_shown),
		cmocka_unit_test(calls_of_32_bits_have_numbers_of_their_own),
		cmocka_unit_test(words_that_are_no_syscall_are_errors),
		cmocka_unit_test(numbers_lead_back_also_where_there_is_a_name),
		cmocka_unit_test(names_of_no_call_have_no_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
