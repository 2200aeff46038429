/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The bench's own events, one for each kind of hook, made of the same bpf/lib as the shipped
 * probes: a call of the bench, whose key a config chooses from these fields and the context.
 */
#include "bench/probes/call.bpf.h"
#include "bpf/lib/emit.bpf.h"

/* clang-format off */
#define CALL_EVENT(hook)                                                                      \
	struct bench_##hook {                                                                 \
		u64 argument HELP("Argument of the call.");                                   \
		u64 latency UNIT(ns) HELP("The argument, taken for a time.");                 \
		u64 random HELP("Nanoseconds of the clock, modulo 1024.");                    \
		u64 task HELP("Process and thread id in one word.");                          \
	} EVENT("A call made by the bench.");                                                 \
	EVENT_DEFINE(bench_##hook);                                                           \
                                                                                              \
	SEC(SECTION_##hook)                                                                   \
	EMITTER_OF(bench_##hook, call)                                                        \
	int PROGRAM_WITH_CONTEXT(on_bench_##hook, u64 *, ctx)                                  \
	{                                                                                     \
		struct bench_##hook ev = {};                                                  \
                                                                                              \
		if (wants(&ev, argument) || wants(&ev, latency))                              \
			ev.argument = ev.latency = argument_##hook(ctx);                      \
		if (wants(&ev, random))                                                       \
			ev.random = bpf_ktime_get_ns() % 1024;                                \
		if (wants(&ev, task))                                                         \
			ev.task = bpf_get_current_pid_tgid();                                 \
		emit(&ev);                                                                    \
		return 0;                                                                     \
	}

CALL_EVENT(tp_btf)
CALL_EVENT(raw_tp)
CALL_EVENT(tp)
CALL_EVENT(uprobe)
CALL_EVENT(fentry)
CALL_EVENT(kprobe)

FLUSH_PROGRAMS(bench_tp_btf, bench_raw_tp, bench_tp, bench_uprobe, bench_fentry, bench_kprobe)
/* clang-format on */
