/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of BPF programs share: whether they can run, and objects loaded with a plan. */
#ifndef RINGTALLY_TESTS_BPF_TEST_H
#define RINGTALLY_TESTS_BPF_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "pipeline/bucket_table.h"
#include "pipeline/knobs.h"
#include "pipeline/libbpf_log.h"
#include "pipeline/plan.h"
#include "pipeline/probe_image.h"
#include "pipeline/rings.h"
#include "pipeline/schema.h"
#include "tests/unit/pipeline/plan_test.h"

enum { EXIT_SKIP = 77 };

/* Says why BPF programs cannot be loaded here; false when they can. */
static inline bool bpf_is_refused(void)
{
	int fd;

	libbpf_log_init(false);
	if (geteuid() != 0) {
		printf("skip: loading BPF programs takes root\n");
		return true;
	}
	fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "probe", 4, 8, 1, NULL);
	if (fd < 0) {
		printf("skip: the kernel refuses BPF maps: %s\n", strerror(-fd));
		return true;
	}
	close(fd);
	return false;
}

static inline struct schema *read_schema(const struct bpf_object *object)
{
	struct schema *schema = NULL;
	struct err err = {0};

	if (schema__read(bpf_object__btf(object), &schema, &err))
		fail_msg("schema: %s", err.msg);
	return schema;
}

static inline void set_knob(struct bpf_object *object, const char *name, const void *value,
			    size_t size)
{
	struct err err = {0};

	if (knob__set(object, name, value, size, &err))
		fail_msg("%s", err.msg);
}

static inline void switch_programs_off(struct bpf_object *object)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, object)
		bpf_program__set_autoload(program, false);
}

static inline void switch_on(struct bpf_object *object, const char *program)
{
	struct bpf_program *p = bpf_object__find_program_by_name(object, program);

	assert_non_null(p);
	bpf_program__set_autoload(p, true);
}

/* A map of the event, by the prefix of its name. */
static inline struct bpf_map *map_of(const struct bpf_object *object, char prefix,
				     const struct event_plan *event)
{
	struct bpf_map *map;
	char name[128];

	snprintf(name, sizeof(name), "%c_%s", prefix, event->schema->name);
	map = bpf_object__find_map_by_name(object, name);
	if (prefix != 's')
		assert_non_null(map);
	return map;
}

/* A start keeps of its saved context, its last member, the words in use and nothing else. */
static inline void cut_starts(const struct bpf_object *object, const struct event_plan *event,
			      const struct wire_plan *wire)
{
	const struct start_map starts = probe_image_start_map(object, event->schema->name);
	const u32 cpu = 7, saved = (u32)sizeof(struct wire_saved_context);
	u32 used = (u32)__builtin_popcountll(wire->context_fetch & ~(1ULL << cpu));

	if (starts.saves_context)
		assert_int_equal(bpf_map__set_value_size(map_of(object, 's', event),
							 starts.value_bytes - saved +
								 used * (u32)sizeof(u64)),
				 0);
}

/* Before loading: the event has this plan and its own filter, its books have room for all CPUs, its
 * bucket tables and starts are as large as the plan says, the rings are ours. */
static inline void use_plan(struct bpf_object *object, const struct event_plan *event,
			    const struct wire_plan *wire, const struct rings *rings)
{
	struct bpf_map *m_rings = bpf_object__find_map_by_name(object, "m_rings");
	struct bpf_map *books = map_of(object, 'm', event);
	struct bpf_map *tables = map_of(object, 'b', event);
	char name[128];

	snprintf(name, sizeof(name), "plan_%s", event->schema->name);
	set_knob(object, name, wire, sizeof(*wire));
	snprintf(name, sizeof(name), "filter_%s", event->schema->name);
	set_knob(object, name, &event->filter, sizeof(event->filter));
	assert_int_equal(bpf_map__set_max_entries(books, rings__ncpus(rings)), 0);
	assert_int_equal(bpf_map__set_value_size(books, event->ledger_bytes), 0);
	assert_int_equal(bpf_map__set_max_entries(tables, (u32)MAX(wire->ntables, 1ULL)), 0);
	assert_int_equal(bpf_map__set_value_size(tables, event->table_bytes), 0);
	cut_starts(object, event, wire);
	assert_int_equal(bpf_map__reuse_fd(m_rings, rings__map_fd(rings)), 0);
}

/* After loading: the bucket tables have the bounds of the plan. */
static inline void fill_tables(const struct bpf_object *object, const struct event_plan *event)
{
	int fd = bpf_map__fd(map_of(object, 'b', event));

	for (u32 i = 0; i < event->nmetrics; i++) {
		const struct metric_plan *m = &event->metrics[i];
		struct wire_buckets *table = calloc(1, event->table_bytes);

		assert_non_null(table);
		if (m->desc.nbounds) {
			bucket_table_fill(table, (u32)event->wire.bound_slots, m->bounds,
					  m->desc.nbounds);
			assert_int_equal(bpf_map_update_elem(fd, &m->bucket_slot, table, BPF_ANY),
					 0);
		}
		free(table);
	}
}

#endif
