/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/hook.h"

#include <sys/syscall.h>
#include <unistd.h>

#include "base/util.h"

#ifdef __x86_64__
#define CALL_FUNCTION "__x64_sys_sched_get_priority_max"
#else
#define CALL_FUNCTION "__arm64_sys_sched_get_priority_max"
#endif

/* Without libc's wrapper, which would add to what is compared. */
static inline void call_kernel(long number, u64 argument)
{
#ifdef __x86_64__
	long result = number;

	__asm__ volatile("syscall" : "+a"(result) : "D"(argument) : "rcx", "r11", "memory");
#else
	syscall(number, argument);
#endif
}

void hook_call_many(const u64 *arguments, size_t n)
{
	for (size_t i = 0; i < n; i++)
		call_kernel(SYS_getpid, arguments[i]);
}

static void fire_with_argument(const u64 *arguments, size_t n)
{
	for (size_t i = 0; i < n; i++)
		call_kernel(SYS_sched_get_priority_max, arguments[i]);
}

__attribute__((noinline, visibility("default"))) void bench_call(u64 argument)
{
	__asm__ volatile("" : : "r"(argument) : "memory");
}

static void fire_function(const u64 *arguments, size_t n)
{
	for (size_t i = 0; i < n; i++)
		bench_call(arguments[i]);
}

const struct hook hooks[] = {
	{"tp_btf", "tp_btf/sys_enter", true, hook_call_many},
	{"raw_tp", "raw_tp/sys_enter", true, hook_call_many},
	{"tp", "tp/raw_syscalls/sys_enter", true, hook_call_many},
	{"uprobe", "uprobe//proc/self/exe:bench_call", false, fire_function},
	{"fentry", "fentry/" CALL_FUNCTION, false, fire_with_argument},
	{"kprobe", "kprobe/" CALL_FUNCTION, false, fire_with_argument},
};
const size_t nhooks = ARRAY_SIZE(hooks);

u32 hook_call_number(void)
{
	return SYS_getpid;
}
