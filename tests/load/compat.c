/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compat NAME N: exactly N 32-bit getppid calls from a 64-bit program, which names itself NAME.
 * Prints `made=N`; where the kernel takes no such calls, `skip: REASON`, and exits 77.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#ifdef __x86_64__

enum { COMPAT_GETPPID = 64 }; /* its number among the 32-bit calls */

static const char refusal[] = "skip: this kernel takes no 32-bit system calls\n";

/* Without 32-bit support the gate is closed: the instruction faults. */
static void on_fault(int signum)
{
	const ssize_t ignored = write(STDOUT_FILENO, refusal, sizeof(refusal) - 1);

	(void)signum;
	(void)ignored;
	_exit(77);
}

static int compat_getppid(void)
{
	int result;

	asm volatile("int $0x80"
		     : "=a"(result)
		     : "a"(COMPAT_GETPPID)
		     : "memory", "cc", "r8", "r9", "r10", "r11");
	return result;
}

int main(int argc, char **argv)
{
	const unsigned long n = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;

	if (n == 0) {
		fputs("usage: compat NAME N\n", stderr);
		return 2;
	}
	signal(SIGSEGV, on_fault);
	prctl(PR_SET_NAME, argv[1]);
	for (unsigned long i = 0; i < n; i++) {
		if (compat_getppid() < 0) {
			fputs(refusal, stdout);
			return 77;
		}
	}
	printf("made=%lu\n", n);
	return 0;
}

#else

int main(void)
{
	puts("skip: 32-bit system calls are made on x86_64 only");
	return 77;
}

#endif
