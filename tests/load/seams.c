/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seams [--name=TEXT] [--uid=N] [--cpu=N] [--rounds=N] [--pace=CALLS:US] [--wait] KEY:VALUE:TAG...:
 * makes the call that fires test_call once for each of the triples, in their order, and that so
 * many rounds; says `made=N tgid=`. --pace sleeps US microseconds after so many calls; --wait waits
 * for a line on stdin before the first one.
 */
#include <getopt.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/bpf/test_call.h"
#include "tests/load/load.h"

enum { CALLS_MAX = 4096 };

struct call {
	u64 key, value, tag;
};

struct load {
	u64 rounds;
	u64 pace_calls, pace_us;
	bool wait;
	int ncalls;
	struct call calls[CALLS_MAX];
};

static const struct option long_options[] = {
	{"cpu", required_argument, NULL, 'c'},
	{"name", required_argument, NULL, 'n'},
	{"pace", required_argument, NULL, 'p'},
	{"rounds", required_argument, NULL, 'r'},
	{"uid", required_argument, NULL, 'u'},
	{"wait", no_argument, NULL, 'w'},
	{0},
};

static u64 take_part(const char **text, char behind)
{
	u64 n = load_take_number(text);

	if (**text != behind)
		load_die("numbers are given as KEY:VALUE:TAG and CALLS:US");
	*text += behind != '\0';
	return n;
}

static void take_option(struct load *l, int option)
{
	const char *text = optarg;

	switch (option) {
	case 'c':
		load_pin(load_number(text));
		break;
	case 'n':
		load_name(text);
		break;
	case 'p':
		l->pace_calls = take_part(&text, ':');
		l->pace_us = take_part(&text, '\0');
		break;
	case 'r':
		l->rounds = load_number(text);
		break;
	case 'u':
		if (setuid((uid_t)load_number(text)))
			load_die("uid %s: %s", text, strerror(errno));
		break;
	case 'w':
		l->wait = true;
		break;
	default:
		exit(2);
	}
}

static struct call parse_call(const char *text)
{
	struct call call = {.key = take_part(&text, ':')};

	call.value = take_part(&text, ':');
	call.tag = take_part(&text, '\0');
	return call;
}

static u64 make_calls(const struct load *l)
{
	u64 made = 0;

	for (u64 round = 0; round < l->rounds; round++) {
		for (int i = 0; i < l->ncalls; i++) {
			const struct call *call = &l->calls[i];

			syscall(TEST_CALL, call->key, call->value, call->tag);
			made++;
			if (l->pace_calls && made % l->pace_calls == 0)
				load_rest(l->pace_us);
		}
	}
	return made;
}

int main(int argc, char **argv)
{
	static struct load load = {.rounds = 1};
	int option;

	while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1)
		take_option(&load, option);
	if (argc - optind > CALLS_MAX)
		load_die("more than %d calls in a round", CALLS_MAX);
	for (; optind < argc; optind++)
		load.calls[load.ncalls++] = parse_call(argv[optind]);
	if (load.wait)
		load_wait_for_go();
	printf("made=%llu tgid=%d\n", make_calls(&load), getpid());
	return 0;
}
