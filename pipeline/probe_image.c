/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/probe_image.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/util.h"
#include "pipeline/bucket_table.h"
#include "pipeline/knobs.h"
#include "pipeline/map_memory.h"
#include "pipeline/plan.h"

enum { EVENT_NAME_BYTES = 160 };

int probe_image_check_version(const struct bpf_object *image, struct err *err)
{
	struct err unused = {0};
	u32 version;

	if (knob__get(image, "wire_version", &version, sizeof(version), &unused))
		return err__set(err, -EINVAL,
				"not a ringtally probe object (it has no wire_version constant)");
	if (version != WIRE_VERSION)
		return err__set(
			err, -EINVAL,
			"it was built for wire version %u, this ringtally speaks %d: rebuild it",
			version, WIRE_VERSION);
	return 0;
}

/* A map of the event, by the prefix of its name; NULL when the object has none. */
static struct bpf_map *event_map(const struct bpf_object *image, char prefix, const char *event)
{
	char name[EVENT_NAME_BYTES];

	snprintf(name, sizeof(name), "%c_%s", prefix, event);
	return bpf_object__find_map_by_name(image, name);
}

/* The maps that are not the object's own. */
static const char rings_map[] = "m_rings";
static const char sets_map[] = "m_cgroup_sets";

static bool is_shared(const struct bpf_map *map)
{
	return !strcmp(bpf_map__name(map), rings_map) || !strcmp(bpf_map__name(map), sets_map);
}

static int share(const struct bpf_object *image, const char *name, int fd, struct err *err)
{
	struct bpf_map *map = bpf_object__find_map_by_name(image, name);
	int rc = 0;

	if (!map)
		return err__set(err, -EINVAL, "it has no map %s", name);
	if (fd < 0)
		rc = bpf_map__set_autocreate(map, false);
	else
		rc = bpf_map__reuse_fd(map, fd);
	return rc ? err__set_errno(err, rc, "map %s", name) : 0;
}

int probe_image_share(const struct bpf_object *image, int rings_fd, int sets_fd, struct err *err)
{
	int rc = share(image, rings_map, rings_fd, err);

	return rc ? rc : share(image, sets_map, sets_fd, err);
}

/* The slot at the head of a program; NULL for one that has none. */
static struct bpf_map *program_slot(const struct bpf_object *image, const char *program)
{
	return event_map(image, 't', program);
}

/* Every event needs its constants and its maps; libbpf has checked the rest of the ELF file. */
static int check_event(const struct bpf_object *image, const struct record_schema *schema,
		       struct err *err)
{
	const char *event = schema->name;
	static const char prefixes[] = {'m', 'b'};
	struct wire_filter filter;
	struct wire_plan plan;
	char name[EVENT_NAME_BYTES];
	int rc;

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (!event_map(image, prefixes[i], event))
			return err__set(err, -EINVAL, "event '%s' has no map '%c_%s'", event,
					prefixes[i], event);
	if (!schema->flushed)
		return err__set(err, -EINVAL,
				"event '%s' is not flushed: name it in FLUSH_PROGRAMS(...)", event);
	snprintf(name, sizeof(name), "plan_%s", event);
	rc = knob__get(image, name, &plan, sizeof(plan), err);
	snprintf(name, sizeof(name), "filter_%s", event);
	if (!rc)
		rc = knob__get(image, name, &filter, sizeof(filter), err);
	return rc ? err__wrap(err, "event '%s'", event) : 0;
}

int probe_image_check_events(const struct bpf_object *image, const struct schema *schema,
			     struct err *err)
{
	int rc = 0;

	if (schema->nevents == 0)
		return err__set(err, -EINVAL, "it defines no event");
	for (u32 i = 0; !rc && i < schema->nevents; i++)
		rc = check_event(image, &schema->events[i], err);
	for (u32 i = 0; !rc && i < schema->nprograms; i++)
		if (!program_slot(image, schema->programs[i].name))
			rc = err__set(
				err, -EINVAL,
				"program '%s' has no slot at its head: define it with PROGRAM",
				schema->programs[i].name);
	return rc;
}

/* The BTF says what a start is made of. */
static bool saves_context(const struct bpf_object *image, const struct bpf_map *map)
{
	const struct btf *btf = bpf_object__btf(image);
	const struct btf_type *value = btf__type_by_id(btf, bpf_map__btf_value_type_id(map));
	const struct btf_type *last;
	const char *name;

	if (!value || !btf_is_struct(value) || btf_vlen(value) == 0)
		return false;
	last = btf__type_by_id(btf, btf_members(value)[btf_vlen(value) - 1].type);
	name = last ? btf__str_by_offset(btf, last->name_off) : NULL;
	return name && !strcmp(name, "wire_saved_context") &&
	       value->size >= sizeof(struct wire_saved_context);
}

struct start_map probe_image_start_map(const struct bpf_object *image, const char *event)
{
	const struct bpf_map *map = event_map(image, 's', event);

	if (!map)
		return (struct start_map){0};
	return (struct start_map){
		.entries = bpf_map__max_entries(map),
		.key_bytes = bpf_map__key_size(map),
		.value_bytes = bpf_map__value_size(map),
		.of_cpu = bpf_map__type(map) == BPF_MAP_TYPE_PERCPU_ARRAY,
		.saves_context = saves_context(image, map),
	};
}

u32 start_map_value_bytes(const struct start_map *map, const struct wire_plan *wire)
{
	u32 words = (u32)__builtin_popcountll(wire->context_fetch);

	if (!map->saves_context)
		return map->value_bytes;
	return map->value_bytes - (WIRE_SAVED_WORDS_MAX - words) * (u32)sizeof(u64);
}

static int set_constant(struct bpf_object *image, const char *prefix, const char *event,
			const void *value, size_t size, struct err *err)
{
	char name[EVENT_NAME_BYTES];

	snprintf(name, sizeof(name), "%s_%s", prefix, event);
	return knob__set(image, name, value, size, err);
}

static int size_map(struct bpf_map *map, u32 entries, u32 value_bytes, struct err *err)
{
	int rc = bpf_map__set_autocreate(map, true);

	if (!rc)
		rc = bpf_map__set_max_entries(map, entries);
	if (!rc)
		rc = bpf_map__set_value_size(map, value_bytes);
	return rc ? err__set_errno(err, rc, "map %s", bpf_map__name(map)) : 0;
}

void probe_image_switch_off(struct bpf_object *image, const struct schema *schema)
{
	static const char prefixes[] = {'m', 'b', 's'};
	struct bpf_program *program;

	bpf_object__for_each_program(program, image)
		bpf_program__set_autoload(program, false);
	for (u32 i = 0; i < schema->nprograms; i++) {
		struct bpf_map *slot = program_slot(image, schema->programs[i].name);

		if (slot)
			bpf_map__set_autocreate(slot, false);
	}
	for (u32 i = 0; i < schema->nevents; i++) {
		for (size_t p = 0; p < ARRAY_SIZE(prefixes); p++) {
			struct bpf_map *map = event_map(image, prefixes[p], schema->events[i].name);

			if (map)
				bpf_map__set_autocreate(map, false);
		}
	}
}

struct bpf_program *probe_image_switch_on(const struct bpf_object *image, const char *name)
{
	struct bpf_program *program = bpf_object__find_program_by_name(image, name);
	struct bpf_map *slot = program_slot(image, name);

	if (program)
		bpf_program__set_autoload(program, true);
	if (slot)
		bpf_map__set_autocreate(slot, true);
	return program;
}

int probe_image_configure(struct bpf_object *image, const struct event_plan *event, u32 ncpus,
			  u8 generation, bool preemptible, struct err *err)
{
	const char *name = event->schema->name;
	struct start_map starts = probe_image_start_map(image, name);
	struct wire_plan plan = event->wire;
	int rc;

	plan.generation = generation;
	plan.preemptible = preemptible;
	rc = set_constant(image, "plan", name, &plan, sizeof(plan), err);
	if (!rc)
		rc = set_constant(image, "filter", name, &event->filter, sizeof(event->filter),
				  err);
	if (!rc)
		rc = size_map(event_map(image, 'm', name), ncpus, event->ledger_bytes, err);
	if (!rc)
		rc = size_map(event_map(image, 'b', name), MAX((u32)plan.ntables, 1U),
			      event->table_bytes, err);
	if (!rc && starts.entries && event->keeps_starts)
		rc = size_map(event_map(image, 's', name), starts.entries,
			      start_map_value_bytes(&starts, &plan), err);
	return rc;
}

/* The bucket tables, once the maps are there. */
int probe_image_fill_tables(const struct bpf_object *image, const struct event_plan *event,
			    struct err *err)
{
	struct wire_buckets *table = calloc(1, event->table_bytes);
	int fd = bpf_map__fd(event_map(image, 'b', event->schema->name));
	int rc = 0;

	if (!table)
		return err__set_errno(err, -ENOMEM, "bucket tables");
	for (u32 i = 0; !rc && i < event->nmetrics; i++) {
		const struct metric_plan *m = &event->metrics[i];

		if (!m->desc.nbounds)
			continue;
		bucket_table_fill(table, (u32)event->wire.bound_slots, m->bounds, m->desc.nbounds);
		if (bpf_map_update_elem(fd, &m->bucket_slot, table, BPF_ANY))
			rc = err__set_errno(err, -errno, "bucket table of %s", m->name);
	}
	free(table);
	return rc;
}

struct bpf_map *probe_image_ledger(const struct bpf_object *image, const char *event)
{
	return event_map(image, 'm', event);
}

static u64 event_map_memory(const struct bpf_object *image, char prefix, const char *event)
{
	const struct bpf_map *map = event_map(image, prefix, event);

	return map ? map_memory(bpf_map__fd(map)) : 0;
}

struct event_memory probe_image_memory(const struct bpf_object *image, const char *event)
{
	return (struct event_memory){
		.books = event_map_memory(image, 'm', event),
		.buckets = event_map_memory(image, 'b', event),
		.starts = event_map_memory(image, 's', event),
	};
}

u64 probe_image_memory_sum(const struct bpf_object *image)
{
	const struct bpf_map *map;
	u64 bytes = 0;

	bpf_object__for_each_map(map, image)
		if (!is_shared(map))
			bytes += map_memory(bpf_map__fd(map));
	return bytes;
}
