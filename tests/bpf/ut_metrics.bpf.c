/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* An event with fields of every sort, for test_metrics.c: filters, values, buckets, what may be
 * absent, and starts that wait in a map. */
#include "bpf/lib/emit.bpf.h"

enum ut_kind {
	UT_ONE,
	UT_TWO,
	UT_THREE,
};

const volatile enum ut_kind anchor_ut_kind = UT_ONE;

struct ut_io {
	u64 kind ENUM(ut_kind);
	u64 took UNIT(ns);
	u64 bytes UNIT(bytes);
	u64 present PRESENCE;
	u64 maybe OPTIONAL UNIT(ns);
	char note[16] OPTIONAL;
	s64 change;
	char name[8];
} EVENT("A test did something.");

EVENT_DEFINE(ut_io);

/* What each call is given. */
u64 ut_io_words[WORDS(struct ut_io)];

#define READ_EVENT(ev)   \
	struct ut_io ev; \
	__builtin_memcpy(&ev, ut_io_words, sizeof(ev))

SEC("?syscall")
int ut_emit(void *ctx)
{
	READ_EVENT(ev);
	emit(&ev);
	return 0;
}

SEC("?syscall")
int ut_emit_task(void *ctx)
{
	READ_EVENT(ev);
	emit_task(&ev, (void *)bpf_get_current_task_btf());
	return 0;
}

struct ut_start {
	u64 number;
	struct wire_saved_context context;
};

START_MAP(ut_io, u32, struct ut_start, 2);

u32 ut_key;

SEC("?syscall")
int ut_start(void *ctx)
{
	struct ut_start start = {.number = 7};
	struct ut_io ev = {};
	u32 key = ut_key;

	context_save(&start.context, &ev);
	if (bpf_map_update_elem(&s_ut_io, &key, &start, BPF_ANY))
		start_refused(&ev);
	return 0;
}

SEC("?syscall")
int ut_end(void *ctx)
{
	u32 key = ut_key;
	const struct ut_start *start = bpf_map_lookup_elem(&s_ut_io, &key);
	READ_EVENT(ev);

	if (!start || start->number != 7) {
		end_unpaired(&ev);
		return 0;
	}
	emit_saved(&ev, &start->context);
	bpf_map_delete_elem(&s_ut_io, &key);
	return 0;
}

u64 ut_since, ut_now, ut_elapsed;

SEC("?syscall")
int ut_measure(void *ctx)
{
	struct ut_io ev = {};

	ut_elapsed = elapsed(&ev, ut_since, ut_now);
	return 0;
}

FLUSH_PROGRAMS(ut_io)
