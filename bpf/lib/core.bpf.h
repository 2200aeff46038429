/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Layer 0: libbpf's headers, the licence, and how probes describe themselves.
 *
 * Events, fields and programs carry BTF declaration tags, which survive stripping and linking. What
 * `ringtally probes`, label checks and the docs know of an object comes from these tags:
 *
 *   struct syscall_enter {
 *           u64 syscall DECODE(syscall) HELP("System call, by name.");
 *   } EVENT("A system call was entered.");
 *   EVENT_DEFINE(syscall_enter);
 *
 *   SEC("?tp_btf/sys_enter") EMITTER_OF(syscall_enter, enter)
 *   int PROGRAM(on_sys_enter, ...)
 *
 * Programs of one event and one part are alternatives, preferred in source order; every part of an
 * event must attach. Sections start with `?`: the loader loads what the config uses, nothing else.
 */
#ifndef RINGTALLY_BPF_LIB_CORE_H
#define RINGTALLY_BPF_LIB_CORE_H

#include <linux/bpf.h>
#include <stdbool.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "bpf/wire.h"

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s32 s32;
typedef __s64 s64;

/* Weak, because every probe has them and the shipped ones are linked into one object. */
__weak char LICENSE[] SEC("license") = "Dual BSD/GPL";
__weak const volatile u32 wire_version = WIRE_VERSION;

#define TAG(text)		 __attribute__((btf_decl_tag("ringtally." text)))

#define EVENT(help)		 TAG("event") TAG("help:" help)
#define HELP(help)		 TAG("help:" help)
#define UNIT(unit)		 TAG("unit:" #unit)	 /* ns, bytes */
#define DECODE(decoder)		 TAG("decode:" #decoder) /* how a label turns the word into text */
#define ENUM(type)		 TAG("decode:enum") TAG("enum:" #type)
#define OPTIONAL		 TAG("optional") /* may be absent: see PRESENCE */
#define PRESENCE		 TAG("presence") /* a word with a bit for each word of the event that is there */
#define EMITTER_OF(event, part)	 TAG("emitter:" #event "/" #part) /* a program that emits it */
#define PROGRAM_FOR(event, part) TAG("program:" #event "/" #part) /* one that helps: a start */

/* Hides where a value comes from, so that clang neither folds nor reorders around it. */
#define hide(var) asm volatile("" : "+r"(var))

/* A loop that clang cannot leave rolled: STEP(base) STEP(base + 1) ... in a row. */
/* clang-format off */
#define UNROLL_2(STEP, base) STEP(base + 0) STEP(base + 1)
#define UNROLL_4(STEP, base) UNROLL_2(STEP, base) UNROLL_2(STEP, base + 2)
#define UNROLL_8(STEP, base) UNROLL_4(STEP, base) UNROLL_4(STEP, base + 4)
#define UNROLL_16(STEP, base) UNROLL_8(STEP, base) UNROLL_8(STEP, base + 8)
#define UNROLL_32(STEP, base) UNROLL_16(STEP, base) UNROLL_16(STEP, base + 16)

/* STEP(first) STEP(second) ... for at most 16 arguments. */
#define FOR_EACH(STEP, ...)                                                                    \
	FOR_EACH_PICK(__VA_ARGS__, FOR_16, FOR_15, FOR_14, FOR_13, FOR_12, FOR_11, FOR_10,     \
		      FOR_9, FOR_8, FOR_7, FOR_6, FOR_5, FOR_4, FOR_3, FOR_2, FOR_1)           \
	(STEP, __VA_ARGS__)
#define FOR_EACH_PICK(_1, _2, _3, _4, _5, _6, _7, _8, _9, _10, _11, _12, _13, _14, _15, _16,   \
		      FOR_N, ...)                                                              \
	FOR_N
#define FOR_1(STEP, x)	     STEP(x)
#define FOR_2(STEP, x, ...)  STEP(x) FOR_1(STEP, __VA_ARGS__)
#define FOR_3(STEP, x, ...)  STEP(x) FOR_2(STEP, __VA_ARGS__)
#define FOR_4(STEP, x, ...)  STEP(x) FOR_3(STEP, __VA_ARGS__)
#define FOR_5(STEP, x, ...)  STEP(x) FOR_4(STEP, __VA_ARGS__)
#define FOR_6(STEP, x, ...)  STEP(x) FOR_5(STEP, __VA_ARGS__)
#define FOR_7(STEP, x, ...)  STEP(x) FOR_6(STEP, __VA_ARGS__)
#define FOR_8(STEP, x, ...)  STEP(x) FOR_7(STEP, __VA_ARGS__)
#define FOR_9(STEP, x, ...)  STEP(x) FOR_8(STEP, __VA_ARGS__)
#define FOR_10(STEP, x, ...)  STEP(x) FOR_9(STEP, __VA_ARGS__)
#define FOR_11(STEP, x, ...)  STEP(x) FOR_10(STEP, __VA_ARGS__)
#define FOR_12(STEP, x, ...)  STEP(x) FOR_11(STEP, __VA_ARGS__)
#define FOR_13(STEP, x, ...)  STEP(x) FOR_12(STEP, __VA_ARGS__)
#define FOR_14(STEP, x, ...)  STEP(x) FOR_13(STEP, __VA_ARGS__)
#define FOR_15(STEP, x, ...)  STEP(x) FOR_14(STEP, __VA_ARGS__)
#define FOR_16(STEP, x, ...)  STEP(x) FOR_15(STEP, __VA_ARGS__)
/* clang-format on */

/* A loop that clang leaves rolled: for what is rare or cold. The verifier follows it turn by turn.
 */
#define LOOP(i, from, to) _Pragma("clang loop unroll(disable)") for (u32 i = (from); i < (to); i++)

#define WORDS(type)	  (sizeof(type) / sizeof(u64))

#endif
