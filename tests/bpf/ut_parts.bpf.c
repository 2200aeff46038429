/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* An event that is told in parts, and at its end as a whole: see test_parts.c. */
#include "bpf/lib/emit.bpf.h"

struct ut_slice {
	u64 id;
	u64 took UNIT(ns);
	u64 rest REST_OF(took);
} EVENT("A test ended something.") FLUSH_HOOK;

OVERLOAD void flush_hook(const struct ut_slice *none);

EVENT_DEFINE(ut_slice);

/* What each call is given, and each flush. */
u64 ut_slice_words[WORDS(struct ut_slice)];
u64 ut_hook_tells;

#define READ_EVENT(ev)      \
	struct ut_slice ev; \
	__builtin_memcpy(&ev, ut_slice_words, sizeof(ev))

OVERLOAD void flush_hook(const struct ut_slice *none)
{
	struct ut_slice ev = {.id = 1, .rest = ut_hook_tells};

	emit_part(&ev, (void *)bpf_get_current_task_btf());
}

SEC("?syscall")
int ut_tell(void *ctx)
{
	READ_EVENT(ev);
	emit_part(&ev, (void *)bpf_get_current_task_btf());
	return 0;
}

SEC("?syscall")
int ut_end(void *ctx)
{
	READ_EVENT(ev);
	emit(&ev);
	return 0;
}

FLUSH_PROGRAMS(ut_slice)
