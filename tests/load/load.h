/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What programs that make a load have in common: how they name themselves, read numbers, wait for
 * the test to say go, and give up. Everything they write to stdout is `waiting`, or lines of
 * NAME=NUMBER words.
 */
#ifndef RINGTALLY_TESTS_LOAD_LOAD_H
#define RINGTALLY_TESTS_LOAD_LOAD_H

#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#include "base/types.h"

__attribute__((noreturn, format(printf, 1, 2))) static inline void load_die(const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "%s: ", program_invocation_short_name);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(2);
}

/* Reads the digits at *text and goes on behind them. */
static inline u64 load_take_number(const char **text)
{
	char *end;
	u64 n;

	errno = 0;
	n = strtoull(*text, &end, 10);
	if (errno || end == *text || **text == '-')
		load_die("'%s' does not start with a number", *text);
	*text = end;
	return n;
}

static inline u64 load_number(const char *text)
{
	const char *at = text;
	u64 n = load_take_number(&at);

	if (*at)
		load_die("'%s' is not a number", text);
	return n;
}

static inline void load_name(const char *name)
{
	if (prctl(PR_SET_NAME, name))
		load_die("prctl: %s", strerror(errno));
}

/* The calling thread, and those it starts from now on. */
static inline void load_pin(u64 cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		load_die("CPU %llu: %s", cpu, strerror(errno));
}

static inline u64 load_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * 1000000000 + (u64)t.tv_nsec;
}

static inline void load_rest(u64 us)
{
	const struct timespec t = {(time_t)(us / 1000000), (long)(us % 1000000) * 1000};

	nanosleep(&t, NULL);
}

/* Until a line or the end of stdin. */
static inline void load_wait_for_line(void)
{
	int c;

	do
		c = getchar();
	while (c != '\n' && c != EOF);
}

static inline void load_wait_for_go(void)
{
	puts("waiting");
	fflush(stdout);
	load_wait_for_line();
}

#endif
