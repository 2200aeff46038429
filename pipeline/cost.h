/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a plan costs in the kernel before it runs, on a machine of so many CPUs (what it costs the
 * daemon is told by pipeline/extent.h). Pure arithmetic. The figures of maps follow what the kernel
 * itself says in /proc/PID/fdinfo (map_mem_usage), and are rather a little above it than below;
 * those of start maps are estimates, as the size of a hash map's elements is the kernel's business.
 */
#ifndef RINGTALLY_PIPELINE_COST_H
#define RINGTALLY_PIPELINE_COST_H

#include "base/types.h"

struct event_plan;
struct rings_layout;
struct start_map;

struct cost_machine {
	u32 ncpus; /* that may ever be there */
	u32 page_bytes;
};

/* Kernel memory in bytes. */
struct event_cost {
	u64 books;
	u64 table;   /* that combines: it stands behind the books, in the same map */
	u64 buckets; /* without any there is an empty table: programs name the map */
	u64 starts;  /* estimate */
};

/* A table of so many slots (0: none); `starts` is all 0 for an event that has no start map. */
struct event_cost cost_of_event(const struct event_plan *event, u32 slots,
				const struct start_map *starts, const struct cost_machine *machine);
u64 event_cost_sum(const struct event_cost *cost);

/* One slot of the event's table on one CPU, with its place in the list of touched slots. */
u64 cost_slot_bytes(const struct event_plan *event);

/* All rings together. */
u64 cost_of_rings(const struct rings_layout *layout, u32 page_bytes);

/* The map with the members of sets of cgroups; an estimate, like starts. */
u64 cost_of_cgroup_sets(u32 ncpus);

/* An object's constants, so many bytes of them (knobs_bytes), whatever is used. */
u64 cost_of_constants(u64 bytes, const struct cost_machine *machine);

#endif
