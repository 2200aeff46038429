/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hops --cpus=A,B [--name=TEXT] [--count=N] [--wait]: on CPU A first, it has itself moved to the
 * other one so often, in turns. Says `made=N` and `quiet=1`, and blocks until a line comes on
 * stdin; it stays on the CPU that it is on then.
 */
#include <getopt.h>
#include <stdbool.h>
#include <unistd.h>

#include "tests/load/load.h"

struct options {
	u64 cpus[2];
	u64 count;
	bool wait;
};

static void parse_cpus(const char *text, u64 *cpus)
{
	cpus[0] = load_take_number(&text);
	if (*text++ != ',')
		load_die("two CPUs are A,B");
	cpus[1] = load_number(text);
}

static struct options parse_options(int argc, char **argv)
{
	static const struct option long_options[] = {
		{"count", required_argument, NULL, 'n'},
		{"cpus", required_argument, NULL, 'c'},
		{"name", required_argument, NULL, 'N'},
		{"wait", no_argument, NULL, 'w'},
		{0},
	};
	struct options o = {.count = 1};
	int option;

	while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		if (option == 'c')
			parse_cpus(optarg, o.cpus);
		else if (option == 'n')
			o.count = load_number(optarg);
		else if (option == 'N')
			load_name(optarg);
		else if (option == 'w')
			o.wait = true;
		else
			exit(2);
	}
	if (optind != argc || o.cpus[0] == o.cpus[1])
		load_die("usage: hops --cpus=A,B [--name=TEXT] [--count=N] [--wait]");
	return o;
}

static void hop(u64 cpu)
{
	load_pin(cpu);
	if (sched_getcpu() != (int)cpu)
		load_die("on CPU %d, not %llu", sched_getcpu(), cpu);
}

int main(int argc, char **argv)
{
	const struct options o = parse_options(argc, argv);

	hop(o.cpus[0]);
	if (o.wait)
		load_wait_for_go();
	for (u64 i = 1; i <= o.count; i++)
		hop(o.cpus[i % 2]);
	printf("made=%llu\nquiet=1\n", o.count);
	fflush(stdout);
	load_wait_for_line();
	return 0;
}
