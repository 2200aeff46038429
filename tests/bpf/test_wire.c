/* SPDX-License-Identifier: Apache-2.0 */
/* The structs of the wire as C lays them out, and as BPF objects have them in their BTF. */
#include <bpf/btf.h>

#include "tests/bpf/bpf_test.h"
#include "tests/unit/pipeline/bundle_test.h"

struct member {
	const char *name;
	u32 offset;
};

static const struct layout {
	const char *name;
	u32 size;
	u32 nmembers;		   /* 0: only some are listed */
	struct member members[36]; /* up to the first without a name */
} layouts[] = {
#define AT(type, member)                               \
	{                                              \
#member, offsetof(struct type, member) \
	}
#define OF(type) #type, sizeof(struct type)
	{OF(wire_head),
	 4,
	 {AT(wire_head, type), AT(wire_head, generation), AT(wire_head, event),
	  AT(wire_head, cpu)}},
	{OF(wire_partial),
	 3,
	 {AT(wire_partial, head), AT(wire_partial, count), AT(wire_partial, words)}},
	{OF(wire_raw), 3, {AT(wire_raw, head), AT(wire_raw, time_ns), AT(wire_raw, words)}},
	{OF(wire_plan), 35, {AT(wire_plan, enabled),
			     AT(wire_plan, event),
			     AT(wire_plan, generation),
			     AT(wire_plan, delivery),
			     AT(wire_plan, preemptible),
			     AT(wire_plan, nmetrics),
			     AT(wire_plan, always),
			     AT(wire_plan, parts),
			     AT(wire_plan, has_bits),
			     AT(wire_plan, ntables),
			     AT(wire_plan, bound_slots),
			     AT(wire_plan, presence),
			     AT(wire_plan, optional_key),
			     AT(wire_plan, context_fetch),
			     AT(wire_plan, context_filter),
			     AT(wire_plan, context_key),
			     AT(wire_plan, event_wanted),
			     AT(wire_plan, event_key),
			     AT(wire_plan, sum_words),
			     AT(wire_plan, key_words),
			     AT(wire_plan, ncontext_labels),
			     AT(wire_plan, nevent_labels),
			     AT(wire_plan, nsums),
			     AT(wire_plan, record_bytes),
			     AT(wire_plan, wake_bytes),
			     AT(wire_plan, slots),
			     AT(wire_plan, hash_shift),
			     AT(wire_plan, slot_bytes),
			     AT(wire_plan, slots_at),
			     AT(wire_plan, touched_at),
			     AT(wire_plan, metrics),
			     AT(wire_plan, histograms),
			     AT(wire_plan, context_labels),
			     AT(wire_plan, event_labels),
			     AT(wire_plan, sums)}},
	{OF(wire_label), 2, {AT(wire_label, at), AT(wire_label, users)}},
	{OF(wire_mark), 3, {AT(wire_mark, head), AT(wire_mark, accepted), AT(wire_mark, lost)}},
	{OF(wire_metric),
	 6,
	 {AT(wire_metric, needs), AT(wire_metric, value), AT(wire_metric, table),
	  AT(wire_metric, nbounds), AT(wire_metric, steps), AT(wire_metric, cell)}},
	{OF(wire_filter),
	 4,
	 {AT(wire_filter, ntests), AT(wire_filter, nterms), AT(wire_filter, tests),
	  AT(wire_filter, terms)}},
	{OF(wire_test),
	 5,
	 {AT(wire_test, word), AT(wire_test, op), AT(wire_test, mask), AT(wire_test, value),
	  AT(wire_test, fact)}},
	{OF(wire_term), 3, {AT(wire_term, metric), AT(wire_term, mask), AT(wire_term, want)}},
	{OF(wire_buckets), 2, {AT(wire_buckets, first), AT(wire_buckets, bounds)}},
	{OF(wire_ledger),
	 0,
	 {AT(wire_ledger, busy), AT(wire_ledger, accepted), AT(wire_ledger, filtered),
	  AT(wire_ledger, touched), AT(wire_ledger, evictions), AT(wire_ledger, marked),
	  AT(wire_ledger, nested_accepted), AT(wire_ledger, nested_filtered),
	  AT(wire_ledger, nested_inside), AT(wire_ledger, lost_ring_full),
	  AT(wire_ledger, lost_no_ring), AT(wire_ledger, unpaired), AT(wire_ledger, starts_refused),
	  AT(wire_ledger, clock_skew)}},
	{OF(wire_lost_cell),
	 3,
	 {AT(wire_lost_cell, count), AT(wire_lost_cell, sum), AT(wire_lost_cell, buckets)}},
	{OF(wire_saved_context), 1, {AT(wire_saved_context, words)}},
#undef OF
#undef AT
};

static const struct btf_type *find_struct(const struct btf *btf, const char *name)
{
	int id = btf__find_by_name_kind(btf, name, BTF_KIND_STRUCT);

	return id < 0 ? NULL : btf__type_by_id(btf, (u32)id);
}

static const struct btf_member *find_member(const struct btf *btf, const struct btf_type *type,
					    const char *name)
{
	for (u32 i = 0; i < btf_vlen(type); i++) {
		const struct btf_member *member = &btf_members(type)[i];

		if (!strcmp(btf__name_by_offset(btf, member->name_off), name))
			return member;
	}
	fail_msg("the object's struct has no member %s", name);
	return NULL;
}

/* No padding anywhere: what lies between two members is the first one. */
static void assert_made_of_words(const struct btf *btf, const struct btf_type *type)
{
	s64 bytes = 0;

	for (u32 i = 0; i < btf_vlen(type); i++) {
		const struct btf_member *member = &btf_members(type)[i];

		assert_int_equal(member->offset, bytes * 8);
		bytes += btf__resolve_size(btf, member->type);
		assert_int_equal(bytes % (s64)sizeof(u64), 0);
	}
	assert_int_equal(bytes, type->size);
}

static bool has_narrow_members(const char *name)
{
	return !strcmp(name, "wire_head") || !strcmp(name, "wire_buckets");
}

static void assert_layout(const struct btf *btf, const struct layout *want)
{
	const struct btf_type *type = find_struct(btf, want->name);

	if (type->size != want->size)
		fail_msg("struct %s has %u bytes in the object, %u here", want->name, type->size,
			 want->size);
	if (want->nmembers)
		assert_int_equal(btf_vlen(type), want->nmembers);
	if (!has_narrow_members(want->name))
		assert_made_of_words(btf, type);
	for (const struct member *m = want->members; m->name; m++) {
		const struct btf_member *got = find_member(btf, type, m->name);

		if (got->offset != m->offset * 8)
			fail_msg("%s.%s is at bit %u in the object, %u here", want->name, m->name,
				 got->offset, m->offset * 8);
	}
}

static void structs_are_laid_out_the_same_on_both_sides(void **state)
{
	struct bpf_object *object = bpf_object__open(BPF_OBJECTS_DIR "/ut_wire.bpf.o");

	(void)state;
	assert_non_null(object);
	for (size_t i = 0; i < ARRAY_SIZE(layouts); i++) {
		assert_non_null(find_struct(bpf_object__btf(object), layouts[i].name));
		assert_layout(bpf_object__btf(object), &layouts[i]);
	}
	bpf_object__close(object);
}

/* It has what its code and constants refer to; at least the plan. */
static void the_bundle_was_built_with_this_wire(void **state)
{
	struct bpf_object *object = open_bundle();
	struct err err = {0};
	u32 version = 0;

	(void)state;
	assert_non_null(object);
	assert_non_null(find_struct(bpf_object__btf(object), "wire_plan"));
	for (size_t i = 0; i < ARRAY_SIZE(layouts); i++)
		if (find_struct(bpf_object__btf(object), layouts[i].name))
			assert_layout(bpf_object__btf(object), &layouts[i]);
	assert_int_equal(knob__get(object, "wire_version", &version, sizeof(version), &err), 0);
	assert_int_equal(version, WIRE_VERSION);
	bpf_object__close(object);
}

/* Two CPUs never write to one line of the books, and nobody's line holds another's counters. */
static void the_books_keep_owner_and_others_apart(void **state)
{
	enum { LINE = 64 };

	(void)state;
	assert_int_equal(offsetof(struct wire_ledger, filtered) / LINE, 0);
	assert_int_equal(offsetof(struct wire_ledger, nested_accepted) % LINE, 0);
	assert_int_equal(sizeof(struct wire_ledger) % LINE, 0);
	assert_int_equal(sizeof(struct wire_lost_cell) % sizeof(u64), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(structs_are_laid_out_the_same_on_both_sides),
		cmocka_unit_test(the_bundle_was_built_with_this_wire),
		cmocka_unit_test(the_books_keep_owner_and_others_apart),
	};

	libbpf_log_init(false);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
