/* SPDX-License-Identifier: Apache-2.0 */
/*
 * calls [--name=TEXT] [--call=NUMBER] --count=N [...]: makes exactly N calls of one system call,
 * and says so: one line per thread, `made=N call=NUMBER tgid= tid= uid= gid= cpu=`, cpu -1 when not
 * pinned. Nothing else in it makes that call.
 *
 * The arguments are key, value and tag. With --counting the key grows by one from call to call and
 * is new in every thread; --pace=CALLS:US sleeps US microseconds after so many calls; --wait waits
 * for a line on stdin before the first call.
 */
#include <errno.h>
#include <getopt.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/types.h"
#include "tests/bpf/test_call.h"

enum { THREADS_MAX = 64 };

struct options {
	const char *name;
	long call;
	u64 count; /* of each thread */
	u64 threads;
	s64 cpu;
	s64 uid, gid; /* -1: as they are */
	u64 key, value, tag;
	bool counting;
	bool wait;
	u64 pace_calls, pace_us;
};

struct worker {
	const struct options *options;
	pthread_t thread;
	u64 first_key;
	u64 made;
	pid_t tid;
	int cpu;
};

__attribute__((noreturn, format(printf, 1, 2))) static void die(const char *fmt, ...)
{
	va_list ap;

	fputs("calls: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(2);
}

static u64 number(const char *text)
{
	char *end;
	u64 n;

	errno = 0;
	n = strtoull(text, &end, 10);
	if (errno || end == text || *end)
		die("'%s' is not a number", text);
	return n;
}

static void parse_pace(struct options *o, char *text)
{
	char *colon = strchr(text, ':');

	if (!colon)
		die("--pace=CALLS:MICROSECONDS");
	*colon = '\0';
	o->pace_calls = number(text);
	o->pace_us = number(colon + 1);
}

/* "test" is the call that fires test_call, "getppid" one that does next to nothing. */
static long call_number(const char *text)
{
	if (!strcmp(text, "test"))
		return TEST_CALL;
	if (!strcmp(text, "getppid"))
		return SYS_getppid;
	return (long)number(text);
}

static const struct option long_options[] = {
	{"call", required_argument, NULL, 'c'}, {"count", required_argument, NULL, 'n'},
	{"counting", no_argument, NULL, 'C'},	{"cpu", required_argument, NULL, 'p'},
	{"gid", required_argument, NULL, 'g'},	{"key", required_argument, NULL, 'k'},
	{"name", required_argument, NULL, 'N'}, {"pace", required_argument, NULL, 'P'},
	{"tag", required_argument, NULL, 't'},	{"threads", required_argument, NULL, 'T'},
	{"uid", required_argument, NULL, 'u'},	{"value", required_argument, NULL, 'v'},
	{"wait", no_argument, NULL, 'w'},	{0},
};

static void take_option(struct options *o, int option)
{
	switch (option) {
	case 'N':
		o->name = optarg;
		break;
	case 'c':
		o->call = call_number(optarg);
		break;
	case 'P':
		parse_pace(o, optarg);
		break;
	case 'C':
		o->counting = true;
		break;
	case 'w':
		o->wait = true;
		break;
	case 'n':
		o->count = number(optarg);
		break;
	case 'T':
		o->threads = number(optarg);
		break;
	case 'p':
		o->cpu = (s64)number(optarg);
		break;
	case 'u':
		o->uid = (s64)number(optarg);
		break;
	case 'g':
		o->gid = (s64)number(optarg);
		break;
	case 'k':
		o->key = number(optarg);
		break;
	case 'v':
		o->value = number(optarg);
		break;
	case 't':
		o->tag = number(optarg);
		break;
	default:
		exit(2);
	}
}

static struct options parse_options(int argc, char **argv)
{
	struct options o = {.call = SYS_getppid, .threads = 1, .cpu = -1, .uid = -1, .gid = -1};
	int option;

	while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1)
		take_option(&o, option);
	if (optind != argc || o.threads == 0 || o.threads > THREADS_MAX)
		die("usage: calls [--name=TEXT] [--call=getppid|test|NUMBER] [--count=N] "
		    "[--threads=N] [--cpu=N] [--uid=N] [--gid=N] [--key=N] [--value=N] "
		    "[--tag=N] [--counting] [--pace=CALLS:US] [--wait]");
	return o;
}

/* Threads inherit all of it. */
static void become(const struct options *o)
{
	if (o->name && prctl(PR_SET_NAME, o->name))
		die("prctl: %s", strerror(errno));
	if (o->cpu >= 0) {
		cpu_set_t set;

		CPU_ZERO(&set);
		CPU_SET((size_t)o->cpu, &set);
		if (sched_setaffinity(0, sizeof(set), &set))
			die("CPU %lld: %s", o->cpu, strerror(errno));
	}
	if (o->gid >= 0 && setgid((gid_t)o->gid))
		die("gid %lld: %s", o->gid, strerror(errno));
	if (o->uid >= 0 && setuid((uid_t)o->uid))
		die("uid %lld: %s", o->uid, strerror(errno));
}

static void rest(u64 us)
{
	const struct timespec t = {(time_t)(us / 1000000), (long)(us % 1000000) * 1000};

	nanosleep(&t, NULL);
}

static void *make_calls(void *arg)
{
	struct worker *w = arg;
	const struct options *o = w->options;
	u64 key = w->first_key;

	w->tid = gettid();
	w->cpu = o->cpu >= 0 ? sched_getcpu() : -1;
	for (; w->made < o->count; w->made++) {
		syscall(o->call, key, o->value, o->tag);
		key += o->counting;
		if (o->pace_calls && (w->made + 1) % o->pace_calls == 0)
			rest(o->pace_us);
	}
	return NULL;
}

static void wait_for_line(void)
{
	int c;

	puts("waiting");
	fflush(stdout);
	do
		c = getchar();
	while (c != '\n' && c != EOF);
}

int main(int argc, char **argv)
{
	const struct options o = parse_options(argc, argv);
	struct worker workers[THREADS_MAX] = {0};

	become(&o);
	if (o.wait)
		wait_for_line();
	for (u64 i = 0; i < o.threads; i++) {
		workers[i].options = &o;
		workers[i].first_key = o.key + (o.counting ? i * o.count : 0);
		if (i && pthread_create(&workers[i].thread, NULL, make_calls, &workers[i]))
			die("cannot start a thread");
	}
	make_calls(&workers[0]);
	for (u64 i = 1; i < o.threads; i++)
		pthread_join(workers[i].thread, NULL);
	for (u64 i = 0; i < o.threads; i++)
		printf("made=%llu call=%ld tgid=%d tid=%d uid=%u gid=%u cpu=%d\n", workers[i].made,
		       o.call, getpid(), workers[i].tid, getuid(), getgid(), workers[i].cpu);
	return 0;
}
