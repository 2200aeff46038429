/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Layer 1: attached programs, and the slot at the head of each.
 *
 *   SEC("?tp_btf/sys_enter")
 *   EMITTER_OF(syscall_enter, enter)
 *   int PROGRAM(on_sys_enter, struct pt_regs *regs, long id)
 *
 * Each begins with a tail call into its slot (map t_PROGRAM), which is empty: the call falls
 * through. A new generation of the program put there takes over at once, and every event meets
 * exactly one generation. A map each, because programs in one must be of one type and one hook. The
 * loader refuses an object with an attached program that has no slot.
 */
#ifndef RINGTALLY_BPF_LIB_PROGRAM_H
#define RINGTALLY_BPF_LIB_PROGRAM_H

#include "bpf/lib/core.bpf.h"

#define PROGRAM_SLOT(name)                             \
	struct {                                       \
		__uint(type, BPF_MAP_TYPE_PROG_ARRAY); \
		__uint(max_entries, 1);                \
		__uint(key_size, sizeof(u32));         \
		__uint(value_size, sizeof(u32));       \
	} t_##name SEC(".maps")

/* A program whose hook gives it the arguments of a trace point or of a function (tp_btf, raw_tp,
 * fentry): libbpf's BPF_PROG, and the slot. */
/* clang-format off */
#define PROGRAM(name, args...)                                                \
	name(unsigned long long *ctx);                                        \
	PROGRAM_SLOT(name);                                                   \
	static __always_inline typeof(name(0))                                \
		body_of_##name(unsigned long long *ctx, ##args);              \
	typeof(name(0)) name(unsigned long long *ctx)                         \
	{                                                                     \
		bpf_tail_call(ctx, &t_##name, 0);                             \
		_Pragma("GCC diagnostic push")                                \
		_Pragma("GCC diagnostic ignored \"-Wint-conversion\"")        \
		return body_of_##name(___bpf_ctx_cast(args));                 \
		_Pragma("GCC diagnostic pop")                                 \
	}                                                                     \
	static __always_inline typeof(name(0))                                \
		body_of_##name(unsigned long long *ctx, ##args)

/* Any other: it gets the context itself (kprobe, uprobe, tp, perf_event). */
#define PROGRAM_WITH_CONTEXT(name, type, ctx)                                 \
	name(type ctx);                                                       \
	PROGRAM_SLOT(name);                                                   \
	static __always_inline typeof(name(0)) body_of_##name(type ctx);      \
	typeof(name(0)) name(type context)                                    \
	{                                                                     \
		bpf_tail_call(context, &t_##name, 0);                         \
		return body_of_##name(context);                               \
	}                                                                     \
	static __always_inline typeof(name(0)) body_of_##name(type ctx)
/* clang-format on */

#endif
