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

#define TAG(text)	__attribute__((btf_decl_tag("ringtally." text)))

#define EVENT(help)	TAG("event") TAG("help:" help)
#define HELP(help)	TAG("help:" help)
#define UNIT(unit)	TAG("unit:" #unit)	/* ns, bytes */
#define DECODE(decoder) TAG("decode:" #decoder) /* how a label turns the word into text */
#define ENUM(type)	TAG("decode:enum") TAG("enum:" #type)
#define FLUSH_HOOK	TAG("flush_hook") /* behind EVENT: see lib/flush.bpf.h */
#define OPTIONAL	TAG("optional")	  /* may be absent: see PRESENCE */
/* A second word of the event, no field itself: what of `field` was not told yet in parts. Metrics
 * that add the field up, with no `where`, take parts (emit_part) and this; all others the whole. */
#define REST_OF(field)		 TAG("rest_of:" #field)
#define FROM_START		 TAG("from_start") /* needs the event's start: see lib/starts.bpf.h */
#define PRESENCE		 TAG("presence") /* a word with a bit for each word of the event that is there */
#define EMITTER_OF(event, part)	 TAG("emitter:" #event "/" #part) /* a program that emits it */
#define PROGRAM_FOR(event, part) TAG("program:" #event "/" #part) /* one that helps: a start */
#define ONLY_FOR(field)		 TAG("only_for:" #field) /* behind PROGRAM_FOR: of no use to others */

/* Hides where a value comes from, so that clang neither folds nor reorders around it. */
#define hide(var) asm volatile("" : "+r"(var))

/* A loop that clang cannot leave rolled: STEP(base) STEP(base + 1) ... in a row. */
/* clang-format off */
#define UNROLL_2(STEP, base) STEP(base + 0) STEP(base + 1)
#define UNROLL_4(STEP, base) UNROLL_2(STEP, base) UNROLL_2(STEP, base + 2)
#define UNROLL_8(STEP, base) UNROLL_4(STEP, base) UNROLL_4(STEP, base + 4)
#define UNROLL_16(STEP, base) UNROLL_8(STEP, base) UNROLL_8(STEP, base + 8)
#define UNROLL_32(STEP, base) UNROLL_16(STEP, base) UNROLL_16(STEP, base + 16)
/* clang-format on */

/* A loop that clang leaves rolled: for what is rare or cold. The verifier follows it turn by turn.
 */
#define LOOP(i, from, to) _Pragma("clang loop unroll(disable)") for (u32 i = (from); i < (to); i++)

#define WORDS(type)	  (sizeof(type) / sizeof(u64))

#endif
