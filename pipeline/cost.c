/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/cost.h"

#include "base/util.h"
#include "pipeline/plan.h"
#include "pipeline/probe_image.h"
#include "pipeline/rings.h"

/* Kernel structs, as of 5.15 to 6.18 on 64-bit machines. */
enum {
	MAP_BYTES = 512,	 /* struct bpf_map and what surrounds it, about */
	MAP_POINTER_BYTES = 8,	 /* of a map in a map of maps, of a page of a ring */
	HASH_BYTES = 1024,	 /* struct bpf_htab */
	HASH_ELEMENT_BYTES = 48, /* struct htab_elem */
	HASH_BUCKET_BYTES = 16,	 /* struct bucket */
	RING_EXTRA_PAGES = 3,	 /* struct bpf_ringbuf, the two positions */
	TOUCHED_BYTES = 4,	 /* of one slot in the list of those that were touched */
	LINE_BYTES = 64,	 /* of a cache: neither CPUs nor books and table share one */
};

static u64 power_of_two(u64 n)
{
	u64 power = 1;

	while (power < n)
		power *= 2;
	return power;
}

static u64 array_bytes(u64 entries, u64 value_bytes)
{
	return MAP_BYTES + entries * ROUND_UP(value_bytes, 8);
}

/* An array that user space may map: its values begin a page. */
static u64 mapped_array_bytes(u64 entries, u64 value_bytes, u64 page)
{
	return ROUND_UP((u64)MAP_BYTES, page) + ROUND_UP(entries * ROUND_UP(value_bytes, 8), page);
}

static u64 percpu_array_bytes(const struct start_map *map, u32 ncpus)
{
	u64 values = ncpus * ROUND_UP((u64)map->value_bytes, 8);

	return MAP_BYTES + map->entries * (MAP_POINTER_BYTES + values);
}

/* Allocated in advance, with an element to spare for every CPU. */
static u64 hash_bytes(const struct start_map *map, u32 ncpus)
{
	u64 element = HASH_ELEMENT_BYTES + ROUND_UP((u64)map->key_bytes, 8) +
		      ROUND_UP((u64)map->value_bytes, 8);

	return HASH_BYTES + ((u64)map->entries + ncpus) * element +
	       power_of_two(map->entries) * HASH_BUCKET_BYTES;
}

static u64 starts_bytes(const struct start_map *map, u32 ncpus)
{
	if (map->entries == 0)
		return 0;
	return map->of_cpu ? percpu_array_bytes(map, ncpus) : hash_bytes(map, ncpus);
}

u64 cost_slot_bytes(const struct event_plan *event)
{
	u64 sums = (u64)__builtin_popcountll(event->wire.sum_words);

	return (1 + event->wire.key_words + sums) * sizeof(u64) + TOUCHED_BYTES;
}

/* Books, lost cells and table of one CPU. */
static u64 books_bytes(const struct event_plan *event, u32 slots)
{
	u64 lost_bytes = (u64)event->lost_words * sizeof(u64);
	u64 table_at = ROUND_UP(sizeof(struct wire_ledger) + lost_bytes, LINE_BYTES);

	return ROUND_UP(table_at + slots * cost_slot_bytes(event), LINE_BYTES);
}

struct event_cost cost_of_event(const struct event_plan *event, u32 slots,
				const struct start_map *starts, const struct cost_machine *machine)
{
	const u32 ncpus = machine->ncpus, page = machine->page_bytes;
	const u64 books = mapped_array_bytes(ncpus, books_bytes(event, 0), page);
	const u64 all = mapped_array_bytes(ncpus, books_bytes(event, slots), page);

	return (struct event_cost){
		.books = books,
		.table = all - books,
		.buckets = array_bytes(MAX(event->wire.ntables, 1ULL), event->table_bytes),
		.starts = starts_bytes(starts, ncpus),
	};
}

u64 event_cost_sum(const struct event_cost *cost)
{
	return cost->books + cost->table + cost->buckets + cost->starts;
}

/* The kernel keeps a pointer to each page, twice for data, which it maps twice. */
u64 cost_of_rings(const struct rings_layout *layout, u32 page_bytes)
{
	u64 pages = RING_EXTRA_PAGES + 2 * (u64)layout->size / page_bytes;
	u64 ring = MAP_BYTES + RING_EXTRA_PAGES * (u64)page_bytes + layout->size +
		   pages * MAP_POINTER_BYTES;

	return array_bytes(layout->ncpus, MAP_POINTER_BYTES) + rings_layout_count(layout) * ring;
}

u64 cost_of_cgroup_sets(u32 ncpus)
{
	const struct start_map map = {
		.entries = WIRE_CGROUP_MEMBERS_MAX,
		.key_bytes = sizeof(u64),
		.value_bytes = sizeof(u64),
	};

	return hash_bytes(&map, ncpus);
}

/* Beside them the compiler has a small map of constants of its own. */
u64 cost_of_constants(u64 bytes, const struct cost_machine *machine)
{
	return mapped_array_bytes(1, bytes, machine->page_bytes) + MAP_BYTES;
}
