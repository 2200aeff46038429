/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The library of probes, run by test_emit.c one call at a time. Loops are over constants the
 * verifier knows, each turn with other ones: what plans are to a probe.
 */
#include "bpf/lib/emit.bpf.h"

#include "tests/bpf/ut_emit.h"

struct ut_event {
	u64 id;
	char name[16];
	s64 change;
	u64 amount;
	u64 color;
	u64 weight;
	u64 last;
} EVENT("A test called.");

EVENT_DEFINE(ut_event);

/* What each call is given, and what it leaves. */
u64 ut_event_words[WORDS(struct ut_event)];
struct wire_saved_context ut_saved;

#define READ_EVENT(ev)      \
	struct ut_event ev; \
	__builtin_memcpy(&ev, ut_event_words, sizeof(ev))

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

SEC("?syscall")
int ut_save(void *ctx)
{
	READ_EVENT(ev);
	context_save(&ut_saved, &ev);
	return 0;
}

SEC("?syscall")
int ut_emit_saved(void *ctx)
{
	READ_EVENT(ev);
	emit_saved(&ev, &ut_saved);
	return 0;
}

/* Does the plan use the event's change? */
u64 ut_wanted;

SEC("?syscall")
int ut_wants(void *ctx)
{
	READ_EVENT(ev);
	ut_wanted = wants(&ev, change) != 0;
	return 0;
}

const volatile u64 ut_masks[UT_MASKS] = {};
u64 ut_source[WIRE_WORDS_MAX];
u64 ut_keys[UT_MASKS][WIRE_KEY_WORDS_MAX];

SEC("?syscall")
int ut_append(void *ctx)
{
	for (u32 i = 0; i < UT_MASKS; i++)
		key__append_words(ut_keys[i], ut_source, WIRE_WORDS_MAX, ut_masks[i]);
	return 0;
}

const volatile struct wire_plan ut_plans[UT_MASKS] = {};
struct context_words ut_context;
struct wire_saved_context ut_packed[UT_MASKS];
struct context_words ut_unpacked[UT_MASKS];

SEC("?syscall")
int ut_pack(void *ctx)
{
	const struct context_source from = {.origin = CONTEXT_SAVED, .words = &ut_context};

	for (u32 i = 0; i < UT_MASKS; i++) {
		context__pack(&ut_packed[i], &from, SAVED_WORDS(&ut_plans[i]));
		context__unpack(&ut_unpacked[i], &ut_packed[i], &ut_plans[i]);
	}
	return 0;
}

FLUSH_PROGRAMS(ut_event)
