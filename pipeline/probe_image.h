/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One opened image of a probe object: what must be in it, and how a plan is written into it. Images
 * come and go while pipeline/probe_object tries which programs the kernel takes; nothing is
 * remembered here.
 *
 * By convention an event's maps and constants carry its name: m_EVENT (books), b_EVENT (bucket
 * tables), s_EVENT (starts, where it has any), plan_EVENT, filter_EVENT. An attached program has a
 * slot t_PROGRAM at its head.
 */
#ifndef RINGTALLY_PIPELINE_PROBE_IMAGE_H
#define RINGTALLY_PIPELINE_PROBE_IMAGE_H

#include "base/types.h"

struct bpf_map;
struct bpf_object;
struct err;
struct event_plan;
struct schema;
struct wire_plan;

/* The map of an event's starts; no entries: it has none. */
struct start_map {
	u32 entries;
	u32 key_bytes;
	u32 value_bytes;
	bool of_cpu;	    /* each entry has a value per CPU */
	bool saves_context; /* the value ends in a struct wire_saved_context */
};

/* Was it built for this wire.h? */
int probe_image_check_version(const struct bpf_object *image, struct err *err);

/* Is everything there that the schema's events need? */
int probe_image_check_events(const struct bpf_object *image, const struct schema *schema,
			     struct err *err);

struct start_map probe_image_start_map(const struct bpf_object *image, const char *event);

/* Bytes of a start under this plan: of a saved context only the words in use are kept. */
u32 start_map_value_bytes(const struct start_map *map, const struct wire_plan *wire);

/* No program loads, no map of an event or program is made: what is wanted is switched on one by
 * one. */
void probe_image_switch_off(struct bpf_object *image, const struct schema *schema);

/* The maps that all objects have in common, before load; -1: no program looks into the sets. */
int probe_image_share(const struct bpf_object *image, int rings_fd, int sets_fd, struct err *err);

/* This program loads; NULL when there is none of that name. */
struct bpf_program *probe_image_switch_on(const struct bpf_object *image, const char *name);

/* Writes the plan of an event, before load. preemptible: see struct wire_plan. */
int probe_image_configure(struct bpf_object *image, const struct event_plan *event, u32 ncpus,
			  u8 generation, bool preemptible, struct err *err);

/* Fills the event's bucket tables, after load. */
int probe_image_fill_tables(const struct bpf_object *image, const struct event_plan *event,
			    struct err *err);

/* The map of the event's books; NULL when there is none. */
struct bpf_map *probe_image_ledger(const struct bpf_object *image, const char *event);

/* Kernel memory of a loaded event's maps, by what the kernel says. */
struct event_memory {
	u64 books; /* and the table behind them */
	u64 buckets;
	u64 starts; /* 0: it has none */
};
struct event_memory probe_image_memory(const struct bpf_object *image, const char *event);

/* The same of all of the image's maps, but not of those that all objects have in common. */
u64 probe_image_memory_sum(const struct bpf_object *image);

#endif
