/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Layer 3: events that begin in one place and end in another. What must be known of the beginning
 * waits in the event's start map. A start that finds the map full, and an end that finds no start,
 * are in the books:
 *
 *   START_MAP(block_io, struct request *, struct block_start, 8192);
 *   if (bpf_map_update_elem(&s_block_io, &rq, &start, BPF_ANY))
 *           start_refused(&ev);
 *
 * Where only some fields have to know of the start, they are FROM_START: when no metric uses any of
 * them, neither the map nor the programs that fill it (PROGRAM_FOR) are there, and nobody may look
 * into it: if (wants(&ev, latency)). A program that only one of them needs is ONLY_FOR(field).
 */
#ifndef RINGTALLY_BPF_LIB_STARTS_H
#define RINGTALLY_BPF_LIB_STARTS_H

#include "bpf/lib/core.bpf.h"

/* s_EVENT. Of a value that ends in a struct wire_saved_context the loader keeps the words in use.
 */
#define START_MAP(event, key_type, value_type, n) \
	struct {                                  \
		__uint(type, BPF_MAP_TYPE_HASH);  \
		__uint(max_entries, n);           \
		__type(key, key_type);            \
		__type(value, value_type);        \
	} s_##event SEC(".maps")

/* s_EVENT of an event of which each CPU has one at a time: a value per CPU. */
#define START_OF_CPU(event, value_type)                  \
	struct {                                         \
		__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY); \
		__uint(max_entries, 1);                  \
		__type(key, u32);                        \
		__type(value, value_type);               \
	} s_##event SEC(".maps")

#define START_OF_THIS_CPU(event) bpf_map_lookup_elem(&s_##event, &(u32){0})

#endif
