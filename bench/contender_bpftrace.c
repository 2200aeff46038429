/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bpftrace, with the one-liner that counts what ringtally's syscalls_total counts.
 *
 * It does not say when its probe is attached: "Attaching 1 probe..." comes before. So the probe
 * itself says it, once, at the first event that it sees; that line comes through bpftrace's own
 * buffer to its stdout, which is line-buffered. There is always a next system call: the bench makes
 * some while it waits.
 *
 * It finds tracepoints in tracefs. Where that is not mounted, the child mounts it before its exec,
 * in a mount namespace of its own.
 */
#include <errno.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/util.h"
#include "bench/child.h"
#include "bench/contender.h"
#include "bench/pause.h"

#define FIRST_EVENT "first event"
#define TRACEFS	    "/sys/kernel/tracing"

enum { FIRST_EVENT_MS = 20000, RETRY_US = 500, SETTLE_MS = 500 };

static const char script[] = "tracepoint:raw_syscalls:sys_enter { @[comm, args->id] = count(); "
			     "if (@seen == 0) { @seen = 1; printf(\"" FIRST_EVENT "\\n\"); } }";

static int find_tracefs(void)
{
	static const char *const folders[] = {TRACEFS "/events",
					      "/sys/kernel/debug/tracing/events"};

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		if (!access(folders[i], X_OK))
			return 0;
	if (unshare(CLONE_NEWNS) || mount(NULL, "/sys", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("tracefs", TRACEFS, "tracefs", 0, NULL))
		return errno;
	return 0;
}

static int wait_first_event(struct child *child, double *ret_ms, struct err *err)
{
	double age_ms = 0;

	while (age_ms < FIRST_EVENT_MS) {
		bool said = child__said(child, FIRST_EVENT);

		age_ms = child__age_ms(child);
		if (said) {
			*ret_ms = age_ms;
			return 0;
		}
		if (child__check(child, err))
			return err->code;
		pause_us(RETRY_US);
	}
	return err__set(err, -ETIMEDOUT, "%s: no event within %d s", child->name,
			FIRST_EVENT_MS / 1000);
}

static int measure(struct contender *c, const struct bench_options *options, struct err *err)
{
	const char *argv[] = {c->kind->name, "-e", script, NULL};
	struct child child;
	double ms = 0;

	(void)options;
	if (child__start(&child, c->kind->name, c->path, argv, find_tracefs, err))
		return err->code;
	if (!wait_first_event(&child, &ms, err)) {
		figures__add(&c->figures, "ms", ms, "first_event");
		pause_ms(SETTLE_MS);
		contender__add_memory(c, &child, err);
	}
	child__fini(&child); /* at once: on a signal it would print its map first */
	return err->code;
}

const struct contender_kind contender_bpftrace = {
	.name = "bpftrace",
	.headline = "first_event",
	.programs = {"bpftrace"},
	.version_key = "bpftrace ",
	.measure = measure,
};
