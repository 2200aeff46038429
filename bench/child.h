/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program under measurement: a child with its output captured, that does not outlive this process
 * whatever ends it. Not for many children at a time, and not for a process with other threads.
 */
#ifndef RINGTALLY_BENCH_CHILD_H
#define RINGTALLY_BENCH_CHILD_H

#include <sys/types.h>

#include "base/types.h"

struct err;

struct child {
	const char *name; /* for messages; borrowed */
	pid_t pid;	  /* 0: there is none */
	int output;	  /* memory file of what it wrote to stdout and stderr */
	u64 exec_ns;	  /* CLOCK_MONOTONIC just before it was executed */
	int status;	  /* as wait(2) has it, once it ended */
};

/* What the child does before it becomes another program; 0 or an errno. May be NULL. */
typedef int (*child_prepare_fn)(void);

/* Executes a program by its path. argv is NULL-terminated. */
int child__start(struct child *c, const char *name, const char *path, const char *const *argv,
		 child_prepare_fn prepare, struct err *err);

/* 0 while it runs; else an error that tells how it ended, and its last line. */
int child__check(struct child *c, struct err *err);

/* Whether its output has a line like this. */
bool child__said(const struct child *c, const char *line);

/* The word behind the first occurrence of `key` in its output; "" when there is none. */
void child__read_word(const struct child *c, const char *key, char *word, size_t n);

/* Sends a signal and waits for the end, but not for long: then it is killed, which is an error. The
 * output can be read until child__fini. */
int child__stop(struct child *c, int signal, struct err *err);

/* Kills it if it still runs. Of a zeroed child: does nothing. */
void child__fini(struct child *c);

/* Milliseconds from the exec until now. */
double child__age_ms(const struct child *c);

#endif
