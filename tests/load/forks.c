/* SPDX-License-Identifier: Apache-2.0 */
/*
 * forks --rate=N --ms=N [--name=TEXT] [--rename]: so many children a second for so long, each of
 * which makes a call and ends; with --rename under a name that nobody had before. Says `made=N`.
 */
#include <getopt.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/load/load.h"

static void be_child(bool rename, u64 number)
{
	char name[32]; /* the kernel takes 15 bytes of it */

	if (rename) {
		snprintf(name, sizeof(name), "f%llu", number);
		load_name(name);
	}
	getppid();
	_exit(0);
}

static void make_child(bool rename, u64 number)
{
	pid_t pid = fork();

	if (pid < 0)
		load_die("fork: %s", strerror(errno));
	if (pid == 0)
		be_child(rename, number);
	waitpid(pid, NULL, 0);
}

/* On a fixed beat, so that a late child does not delay the later ones. */
static u64 make_children(u64 rate, u64 ms, bool rename)
{
	u64 begin = load_now_ns(), made = 0;

	while (made < rate * ms / 1000) {
		u64 due = begin + made * 1000000000 / rate, now = load_now_ns();

		if (now < due)
			load_rest((due - now) / 1000 + 1);
		make_child(rename, made++);
	}
	return made;
}

static const struct option long_options[] = {
	{"ms", required_argument, NULL, 'm'},
	{"name", required_argument, NULL, 'n'},
	{"rate", required_argument, NULL, 'r'},
	{"rename", no_argument, NULL, 'R'},
	{0},
};

int main(int argc, char **argv)
{
	u64 rate = 0, ms = 0;
	bool rename = false;
	int option;

	while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		if (option == 'm')
			ms = load_number(optarg);
		else if (option == 'n')
			load_name(optarg);
		else if (option == 'r')
			rate = load_number(optarg);
		else if (option == 'R')
			rename = true;
		else
			return 2;
	}
	if (optind != argc || !rate || !ms)
		load_die("usage: forks --rate=N --ms=N [--name=TEXT] [--rename]");
	printf("made=%llu\n", make_children(rate, ms, rename));
	return 0;
}
