/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Layer 1: the maps every object has. The rings are shared by all objects and generations: the
 * loader creates them once (a ring per CPU, or per group of CPUs) and puts them in m_rings. Numbers
 * of entries and sizes of values here are only what the verifier and libbpf need to see: the loader
 * sets them.
 */
#ifndef RINGTALLY_BPF_LIB_MAPS_H
#define RINGTALLY_BPF_LIB_MAPS_H

#include "bpf/lib/core.bpf.h"

struct ring_template {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
};

/* CPU number -> its ring. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, u32);
	__array(values, struct ring_template);
} m_rings __weak SEC(".maps");

/* Id of a cgroup -> the sets it is in. One for all objects, too; there only when a filter asks. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, WIRE_CGROUP_MEMBERS_MAX);
	__type(key, u64);
	__type(value, u64);
} m_cgroup_sets __weak SEC(".maps");

/* m_EVENT: the books of one event, one value per CPU (struct wire_ledger, then the lost cells). */
#define LEDGER_MAP(event)                                       \
	struct {                                                \
		__uint(type, BPF_MAP_TYPE_ARRAY);               \
		__uint(map_flags, BPF_F_MMAPABLE);              \
		__uint(max_entries, 1);                         \
		__uint(key_size, sizeof(u32));                  \
		__uint(value_size, sizeof(struct wire_ledger)); \
	} m_##event SEC(".maps")

/* b_EVENT: the bucket tables of the event's histograms (struct wire_buckets). */
#define BUCKETS_MAP(event)                                       \
	struct {                                                 \
		__uint(type, BPF_MAP_TYPE_ARRAY);                \
		__uint(max_entries, 1);                          \
		__uint(key_size, sizeof(u32));                   \
		__uint(value_size, sizeof(struct wire_buckets)); \
	} b_##event SEC(".maps")

#endif
