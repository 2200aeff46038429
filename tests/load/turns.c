/* SPDX-License-Identifier: Apache-2.0 */
/*
 * turns [--name=TEXT] [--cpu=N] [--count=N] [--work=US] [--sleep=US] [--signal] [--wait]: N turns,
 * in each of which it works so long, with --signal sends itself a signal and takes it, and sleeps
 * so long (one nanosleep). Then it writes `made=N slept=NS`, NS as the clock has it around the
 * sleeps, and `quiet=1`, and blocks until a line comes on stdin: nothing more happens meanwhile.
 */
#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <unistd.h>

#include "tests/load/load.h"

struct options {
	u64 count;
	u64 work_us;
	u64 sleep_us;
	bool signal;
	bool wait;
};

static volatile sig_atomic_t taken;

static void on_signal(int signum)
{
	(void)signum;
	taken++;
}

static struct options parse_options(int argc, char **argv)
{
	static const struct option long_options[] = {
		{"count", required_argument, NULL, 'n'}, {"cpu", required_argument, NULL, 'p'},
		{"name", required_argument, NULL, 'N'},	 {"signal", no_argument, NULL, 'S'},
		{"sleep", required_argument, NULL, 's'}, {"wait", no_argument, NULL, 'w'},
		{"work", required_argument, NULL, 'W'},	 {0},
	};
	struct options o = {.count = 1};
	int option;

	while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		if (option == 'n')
			o.count = load_number(optarg);
		else if (option == 'p')
			load_pin(load_number(optarg));
		else if (option == 'N')
			load_name(optarg);
		else if (option == 'S')
			o.signal = true;
		else if (option == 's')
			o.sleep_us = load_number(optarg);
		else if (option == 'w')
			o.wait = true;
		else if (option == 'W')
			o.work_us = load_number(optarg);
		else
			exit(2);
	}
	return o;
}

static void work(u64 us)
{
	u64 end_ns = load_now_ns() + us * 1000;

	while (load_now_ns() < end_ns)
		;
}

/* How long it took. */
static u64 sleep_once(u64 us)
{
	u64 since = load_now_ns();

	load_rest(us);
	return load_now_ns() - since;
}

int main(int argc, char **argv)
{
	const struct options o = parse_options(argc, argv);
	u64 slept_ns = 0;

	signal(SIGUSR1, on_signal);
	if (o.wait)
		load_wait_for_go();
	for (u64 i = 0; i < o.count; i++) {
		if (o.work_us)
			work(o.work_us);
		if (o.signal && raise(SIGUSR1))
			load_die("raise: %s", strerror(errno));
		if (o.sleep_us)
			slept_ns += sleep_once(o.sleep_us);
	}
	if (o.signal && (u64)taken != o.count)
		load_die("took %d signals", (int)taken);
	printf("made=%llu slept=%llu\nquiet=1\n", o.count, slept_ns);
	fflush(stdout);
	load_wait_for_line();
	return 0;
}
