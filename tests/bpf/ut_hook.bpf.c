/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* An event with a flush hook, beside one without. */
#include "bpf/lib/emit.bpf.h"

struct ut_hook {
	u64 number;
} EVENT("A test called, or a flush came.") FLUSH_HOOK;

struct ut_plain {
	u64 number;
} EVENT("A test called.");

OVERLOAD void flush_hook(const struct ut_hook *none);

EVENT_DEFINE(ut_hook);
EVENT_DEFINE(ut_plain);

/* How often the hook ran: what it emits. */
u64 ut_flushes;
u64 ut_rests;

OVERLOAD void flush_hook(const struct ut_hook *none)
{
	struct ut_hook ev = {.number = ++ut_flushes};

	emit(&ev);
}

SEC("?syscall")
int ut_call_hook(void *ctx)
{
	struct ut_hook ev = {};

	flush_hook_rests(&ev, ut_rests);
	return 0;
}

SEC("?syscall")
int ut_call_plain(void *ctx)
{
	struct ut_plain ev = {};

	emit(&ev);
	return 0;
}

FLUSH_PROGRAMS(ut_hook, ut_plain)
