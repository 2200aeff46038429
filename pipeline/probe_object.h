/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One probe object (.bpf.o), the bundled one or a user's: opened, planned, loaded, attached,
 * closed. Nothing here knows any particular probe.
 *
 * An event is made by one or more parts (a start and an end, say); for each part the object offers
 * programs as alternatives. Which one this kernel takes is found out by loading and attaching it,
 * never by its version. An event whose part found no taker is refused, with the kernel's reason;
 * the others go on.
 */
#ifndef RINGTALLY_PIPELINE_PROBE_OBJECT_H
#define RINGTALLY_PIPELINE_PROBE_OBJECT_H

#include "pipeline/kept_image.h"
#include "pipeline/probe_image.h"

struct probe_object;
struct rings;

/* Errors of opening are the user's (-EINVAL: not an object, or not one of ours; -ENOENT ...):
 * exit 2. `btf_path` replaces the kernel's own BTF for CO-RE, NULL for none; borrowed for life. */
int probe_object__open_bundle(const char *btf_path, struct probe_object **ret_object,
			      struct err *err);
int probe_object__open_file(const char *path, const char *btf_path,
			    struct probe_object **ret_object, struct err *err);
void probe_object__close(struct probe_object *o); /* detaches first */

const char *probe_object__name(const struct probe_object *o);
const struct schema *probe_object__schema(const struct probe_object *o);
u64 probe_object__constants(const struct probe_object *o); /* bytes of all of its events' */

/* Where a program of the schema attaches: "tp_btf/sched_switch". "" for a name that is none. */
const char *probe_object__hook(const struct probe_object *o, const char *program);

/* What is tried at another hook when this kernel takes none of the programs at that of `after`;
 * NULL: nothing. */
const struct program_schema *probe_object__next_hook(const struct probe_object *o,
						     const struct program_schema *after);

/* The event's start map as it would be loaded. */
struct start_map probe_object__start_map(const struct probe_object *o,
					 const struct event_plan *event);

/* Before loading: this event is wanted, with this plan (borrowed for life). 0 or -ENOMEM. */
int probe_object__use(struct probe_object *o, const struct event_plan *event, struct err *err);

/* Before loading: `where`s look into this map of sets of cgroups (pipeline/cgroup_sets). */
void probe_object__use_sets(struct probe_object *o, int map_fd);

/* Blocking; may run on another thread, as it touches nothing but the object. What the kernel
 * refuses it tells afterwards: probe_object__refusal. */
void probe_object__load(struct probe_object *o, const struct rings *rings);

/* Of the records that the loaded programs make. Those of attempts before, whose books are gone,
 * have lower ones. */
u8 probe_object__generation(const struct probe_object *o);

/* Blocking. Afterwards no program of the object runs any more. */
void probe_object__detach(struct probe_object *o);

/* After loading: NULL when every part of the event is attached, else why not, in one line. */
const char *probe_object__refusal(const struct probe_object *o, const struct event_plan *event);

/* Runs the object's flush on that CPU, once: moves some of what its tables count into its ring.
 * Returns what kept it from finishing (enum wire_flush), 0 for nothing; -ENXIO when the CPU is
 * offline, -ENOENT when nothing is loaded. */
int probe_object__flush(const struct probe_object *o, u32 cpu);

/* The map of the event's books; -1 when the event is not loaded. */
int probe_object__ledger_fd(const struct probe_object *o, const struct event_plan *event);

/* Kernel memory of what is loaded; all 0 for an event that is not. */
struct event_memory probe_object__memory(const struct probe_object *o,
					 const struct event_plan *event);
u64 probe_object__memory_sum(const struct probe_object *o); /* with what is no event's */

/* One row per part of a used event: the program in use, or the last one tried. */
struct program_status {
	const struct event_plan *event;
	const char *program;
	const char *hook; /* "tp_btf/sys_enter" */
	bool attached;
	bool emits; /* the event itself, as opposed to noting its start */
	int fd;	    /* of the program; -1 */
};
u32 probe_object__nprograms(const struct probe_object *o);
struct program_status probe_object__program(const struct probe_object *o, u32 i);

/* What the kernel counts about a program; times and runs only while BPF statistics are on. */
struct program_stats {
	u64 recursion_misses;
	u64 runs;
	u64 run_time_ns;
};
struct program_stats probe_object__program_stats(const struct probe_object *o, u32 i);

#endif
