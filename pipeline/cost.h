/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a plan costs before it runs: kernel memory on a machine of so many CPUs, and lines of the
 * exposition at worst. Pure arithmetic. The figures of maps follow what the kernel itself says in
 * /proc/PID/fdinfo (map_mem_usage); those of start maps are estimates, as the size of a hash map's
 * elements is the kernel's business.
 */
#ifndef RINGTALLY_PIPELINE_COST_H
#define RINGTALLY_PIPELINE_COST_H

#include "base/types.h"

struct event_plan;
struct family_desc;
struct metric_plan;
struct start_map;

struct cost_machine {
	u32 ncpus; /* that may ever be there */
	u32 page_bytes;
};

/* Kernel memory in bytes. */
struct event_cost {
	u64 books;
	u64 tables; /* of buckets; 0 without any (the map that must be there is some 500 bytes) */
	u64 starts; /* estimate */
};

/* `starts` is all 0 for an event that has no start map. */
struct event_cost cost_of_event(const struct event_plan *event, const struct start_map *starts,
				const struct cost_machine *machine);

/* All rings together, each with `ring_bytes` of room. */
u64 cost_of_rings(u64 ring_bytes, const struct cost_machine *machine);

/* An object's constants: plans and filters of all its events, used or not. */
u64 cost_of_constants(u32 nevents, const struct cost_machine *machine);

/* Lines of the exposition: of one series; series at most; of the whole metric at most. */
u64 cost_lines_per_series(const struct family_desc *desc);
u64 cost_series(const struct metric_plan *metric);
u64 cost_lines(const struct metric_plan *metric);

#endif
