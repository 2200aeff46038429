/* SPDX-License-Identifier: Apache-2.0 */
/*
 * refuse [--errno=N] CALL[:FIRST]... -- PROGRAM [ARG...]: becomes the program, for which the kernel
 * answers these system calls with an errno (EPERM if none is given) and does nothing; with FIRST
 * only those whose first argument, in its lower 32 bits, is that number. All are numbers.
 */
#include <errno.h>
#include <getopt.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "tests/load/load.h"

enum { CALLS_MAX = 16, STEPS_PER_CALL = 5 };

struct filter {
	struct sock_filter steps[(CALLS_MAX + 1) * STEPS_PER_CALL];
	unsigned short n;
};

static void add(struct filter *f, struct sock_filter step)
{
	f->steps[f->n++] = step;
}

/* Looks at one word of the call: when it is not this number, `skip` of the next steps are left out.
 */
static void add_test(struct filter *f, size_t offset, u64 number, unsigned char skip)
{
	add(f, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned)offset));
	add(f, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)number, 0, skip));
}

static void add_refusal(struct filter *f, const char *call, u64 code)
{
	const char *at = call;
	const u64 nr = load_take_number(&at);

	if (f->n >= CALLS_MAX * STEPS_PER_CALL)
		load_die("more than %d calls", CALLS_MAX);
	add_test(f, offsetof(struct seccomp_data, nr), nr, *at ? 3 : 1);
	if (*at++ == ':')
		add_test(f, offsetof(struct seccomp_data, args[0]), load_number(at), 1);
	else if (at[-1])
		load_die("'%s' is not CALL[:FIRST]", call);
	add(f, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)code));
}

static void install(struct filter *f)
{
	const struct sock_fprog program = {.len = f->n, .filter = f->steps};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		load_die("seccomp: %s", strerror(errno));
}

static const struct option long_options[] = {
	{"errno", required_argument, NULL, 'e'},
	{0},
};

int main(int argc, char **argv)
{
	struct filter filter = {0};
	u64 code = EPERM;
	int option, at;

	/* "+": what comes behind the first call is not for us to reorder. */
	while ((option = getopt_long(argc, argv, "+", long_options, NULL)) == 'e')
		code = load_number(optarg);
	for (at = optind; at < argc && strcmp(argv[at], "--") != 0; at++)
		add_refusal(&filter, argv[at], code);
	if (option != -1 || filter.n == 0 || at + 1 >= argc)
		load_die("usage: refuse [--errno=N] CALL[:FIRST]... -- PROGRAM [ARG...]");
	add(&filter, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
	install(&filter);
	execvp(argv[at + 1], argv + at + 1);
	load_die("%s: %s", argv[at + 1], strerror(errno));
}
