/* SPDX-License-Identifier: Apache-2.0 */
/* bpf/lib in the kernel, one call at a time, beside the same computed here. */
#include <pthread.h>

#include "tests/bpf/test_emit.h"
#include "tests/bpf/ut_emit.h"

enum { EVENT_WORDS = 8 };

#define OBJECT	     BPF_OBJECTS_DIR "/ut_emit.bpf.o"
#define WITH_HELPERS BPF_OBJECTS_DIR "/ut_emit_helpers.bpf.o"

/* The metrics of the config, without the rest of it. */
static struct loaded *load_from(const char *object, const char *metrics, bool enabled,
				bool preemptible)
{
	static const char *const programs[] = {"ut_emit",	"ut_emit_task", "ut_save",
					       "ut_emit_saved", "ut_wants",	NULL};
	char text[4096];

	snprintf(text, sizeof(text), "%sevents: {ut_event: {delivery: stream}}\n", metrics);
	return load_object(object, programs, text, enabled, preemptible);
}

static struct loaded *load(const char *metrics, bool enabled, bool preemptible)
{
	return load_from(OBJECT, metrics, enabled, preemptible);
}

/* Every word differs from every other. */
static const u64 event_words[EVENT_WORDS] = {
	0x1111111111111111, 0x6f77206f6c6c6568, 0x0000000000646c72, (u64)-42,
	0x4444444444444444, 0x5555555555555555, 0x6666666666666666, 0x7777777777777777,
};

static void set_event(const struct loaded *l)
{
	memcpy(global(l->object, "ut_event_words", sizeof(event_words)), event_words,
	       sizeof(event_words));
}

/* The one record in the rings is this event with the words of the plan, once. */
static void assert_record(struct loaded *l, const char *what)
{
	const struct wire_partial *partial = (const struct wire_partial *)l->records[0].raw;
	u64 context[CONTEXT_WORDS], want[RECORD_WORDS];
	const u64 *labels;
	u32 n;

	assert_int_equal(drain(l), 1);
	assert_int_equal(l->records[0].bytes, l->wire.record_bytes);
	assert_int_equal(partial->head.type, WIRE_PARTIAL);
	assert_int_equal(partial->head.generation, l->wire.generation);
	assert_int_equal(partial->head.event, l->wire.event);
	assert_int_equal(partial->head.cpu, l->cpu);
	assert_int_equal(partial->count, 1);
	own_context(l, context);
	n = append(want, context, l->wire.context_key);
	n += append(want + n, event_words, l->wire.event_key);
	labels = partial->words + l->wire.key_words - n;
	for (u32 i = 0; i < n; i++)
		if (labels[i] != want[i])
			fail_msg("%s: label word %u is %#llx, not %#llx", what, i, labels[i],
				 want[i]);
}

static void assert_accepted(const struct loaded *l, u64 owner, u64 nested)
{
	const struct wire_ledger *b = book(l);

	assert_int_equal(b->accepted, owner);
	assert_int_equal(b->nested_accepted, nested);
	assert_int_equal(b->filtered, 0);
	assert_int_equal(b->nested_filtered, 0);
	assert_int_equal(b->unpaired, 0);
	assert_int_equal(b->starts_refused, 0);
}

static const char *const label_sets[] = {
	"[]",
	"[comm]",
	"[id]",
	"[last, id]",
	"[name]",
	"[change, comm, cpu]",
	"[tgid, tid, uid, gid]",
	"[cgroup, cpu, color]",
	"[comm, tgid, tid, uid, gid, cgroup, cpu]",
	"[ppid]",
	"[pcomm, id]",
	"[pidns, mntns, cpu]",
	"[comm, tgid, tid, uid, gid, cgroup, cpu, ppid, pcomm, mntns, pidns]",
	"[id, name, change, amount, color, weight, last]",
	"[last, cpu, weight, cgroup, color, gid, amount, uid, change, tid, name, tgid, id, comm]",
};

static struct loaded *load_labels_from(const char *object, const char *labels, bool enabled,
				       bool preemptible)
{
	char metrics[512];

	snprintf(metrics, sizeof(metrics),
		 "- {name: a_total, event: ut_event, type: counter, labels: %s}\n", labels);
	return load_from(object, metrics, enabled, preemptible);
}

static struct loaded *load_labels(const char *labels, bool enabled, bool preemptible)
{
	return load_labels_from(OBJECT, labels, enabled, preemptible);
}

static void a_record_has_the_words_its_plan_asks_for(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_SIZE(label_sets); i++) {
		const char *object = i % 2 ? WITH_HELPERS : OBJECT;
		struct loaded *l = load_labels_from(object, label_sets[i / 2], true, i / 2 % 2);
		u64 context[CONTEXT_WORDS];

		own_context(l, context);
		set_event(l);
		call(l->object, "ut_emit");
		assert_record(l, "emit");
		call(l->object, "ut_emit_task");
		assert_record(l, "emit_task");
		call(l->object, "ut_save");
		assert_int_equal(drain(l), 0);
		prctl(PR_SET_NAME, "somebody else");
		call(l->object, "ut_emit_saved");
		assert_record(l, "emit_saved");
		assert_accepted(l, 3, 0);
		assert_int_equal(book(l)->busy, 0);
		assert_int_equal(book(l)->lost_ring_full + book(l)->lost_no_ring, 0);
		unload(l);
	}
}

static void a_plan_that_is_off_does_nothing(void **state)
{
	struct loaded *l = load_labels("[comm, id]", false, false);

	(void)state;
	set_event(l);
	call(l->object, "ut_emit");
	call(l->object, "ut_emit_task");
	call(l->object, "ut_emit_saved");
	assert_int_equal(drain(l), 0);
	assert_accepted(l, 0, 0);
	unload(l);
}

static void a_field_is_wanted_when_a_label_needs_it(void **state)
{
	static const struct {
		const char *labels;
		u64 want;
	} cases[] = {{"[]", 0}, {"[id, name, amount]", 0}, {"[change]", 1}, {"[comm, change]", 1}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct loaded *l = load_labels(cases[i].labels, true, false);
		u64 *wanted = global(l->object, "ut_wanted", sizeof(*wanted));

		*wanted = 77;
		call(l->object, "ut_wants");
		assert_int_equal(*wanted, cases[i].want);
		unload(l);
	}
}

/* As if the call interrupted another one that is in its books. */
static void whoever_finds_the_books_taken_counts_beside_them(void **state)
{
	(void)state;
	for (u32 preemptible = 0; preemptible < 2; preemptible++) {
		struct loaded *l = load_labels("[id, comm]", true, preemptible);

		set_event(l);
		call(l->object, "ut_emit");
		assert_record(l, "before");
		assert_accepted(l, 1, 0);
		book(l)->busy = 1;
		for (u64 nested = 1; nested <= 3; nested++) {
			call(l->object, "ut_emit");
			assert_record(l, "nested");
			assert_accepted(l, 1, nested);
			assert_int_equal(book(l)->busy, 1);
		}
		book(l)->busy = 0;
		call(l->object, "ut_emit");
		assert_record(l, "after");
		assert_accepted(l, 2, 3);
		assert_int_equal(book(l)->busy, 0);
		unload(l);
	}
}

#define THREE_METRICS                                                       \
	"- {name: a_total, event: ut_event, type: counter, labels: [id]}\n" \
	"- {name: b_total, event: ut_event, type: counter}\n"               \
	"- {name: c_total, event: ut_event, type: counter, labels: [comm]}\n"

static void assert_lost(const struct loaded *l, u64 full, u64 absent)
{
	assert_int_equal(book(l)->lost_ring_full, full);
	assert_int_equal(book(l)->lost_no_ring, absent);
	for (u32 m = 0; m < l->event->nmetrics; m++) {
		assert_int_equal(lost_cell(l, m)->count, full + absent);
		assert_int_equal(lost_cell(l, m)->sum, 0);
	}
}

static void without_a_ring_every_metric_loses_the_event(void **state)
{
	struct loaded *l = load(THREE_METRICS, true, false);

	(void)state;
	assert_int_equal(bpf_map_delete_elem(rings__map_fd(l->rings), &l->cpu), 0);
	set_event(l);
	for (u64 n = 1; n <= 3; n++) {
		book(l)->busy = n == 3; /* the last one is nested */
		call(l->object, "ut_emit");
		assert_lost(l, 0, n);
	}
	assert_accepted(l, 2, 1);
	assert_int_equal(drain(l), 0);
	unload(l);
}

static void in_a_full_ring_nothing_is_lost_but_labels(void **state)
{
	enum { CALLS = 200 };
	struct loaded *l = load(THREE_METRICS, true, false);
	u64 taken;

	(void)state;
	set_event(l);
	for (u32 i = 0; i < CALLS; i++)
		call(l->object, "ut_emit");
	taken = drain(l);
	assert_in_range(taken, 1, CALLS - 1);
	assert_accepted(l, CALLS, 0);
	assert_lost(l, CALLS - taken, 0);
	/* There is room again. */
	call(l->object, "ut_emit");
	assert_record(l, "after");
	assert_lost(l, CALLS - taken, 0);
	unload(l);
}

static void other_cpus_books_are_left_alone(void **state)
{
	struct loaded *l = load(THREE_METRICS, true, false);
	size_t bytes = l->event->ledger_bytes;
	char zero[4096] = {0};

	(void)state;
	set_event(l);
	for (u32 i = 0; i < 100; i++)
		call(l->object, "ut_emit");
	for (u32 cpu = 0; cpu < rings__ncpus(l->rings); cpu++)
		if (cpu != l->cpu)
			assert_memory_equal(l->books + cpu * bytes, zero, bytes);
	unload(l);
}

/* Opens the object for one of the programs that need no plan. */
static struct bpf_object *open_for(const char *program)
{
	struct bpf_object *object = bpf_object__open(OBJECT);

	assert_non_null(object);
	switch_programs_off(object);
	switch_on(object, program);
	return object;
}

/* Subset n of eight words. */
static u64 subset(u32 n, const u32 *words)
{
	u64 mask = 0;

	for (u32 bit = 0; bit < 8; bit++)
		if (n & 1U << bit)
			mask |= 1ULL << words[bit];
	return mask;
}

static void keys_are_the_chosen_words_in_ascending_order(void **state)
{
	static const u32 chosen[8] = {0, 1, 2, 7, 15, 16, 30, 31};
	struct bpf_object *object = open_for("ut_append");
	u64 masks[UT_MASKS], (*keys)[WIRE_KEY_WORDS_MAX], *source;

	(void)state;
	for (u32 i = 0; i < UT_MASKS; i++)
		masks[i] = subset(i, chosen);
	set_knob(object, "ut_masks", masks, sizeof(masks));
	assert_int_equal(bpf_object__load(object), 0);
	source = global(object, "ut_source", WIRE_WORDS_MAX * sizeof(u64));
	keys = global(object, "ut_keys", UT_MASKS * sizeof(*keys));
	for (u32 i = 0; i < WIRE_WORDS_MAX; i++)
		source[i] = 0x0101010101010101 * (i + 1);
	call(object, "ut_append");
	for (u32 i = 0; i < UT_MASKS; i++) {
		u64 want[WIRE_KEY_WORDS_MAX] = {0};

		append(want, source, masks[i]);
		assert_memory_equal(keys[i], want, sizeof(want));
	}
	bpf_object__close(object);
}

static void a_saved_context_gives_back_the_words_it_had(void **state)
{
	static const u32 chosen[8] = {0, 2, CONTEXT_CGROUP, CONTEXT_CPU, 8, 11, 12, CONTEXT_WORDS};
	const u64 cgroup = 0xa0a0a0a0a0a0a0a0 + CONTEXT_CGROUP, sets = 0x5e75;
	static struct wire_plan plans[UT_MASKS];
	struct bpf_object *object = open_for("ut_pack");
	u64 *context, (*packed)[16], (*unpacked)[CONTEXT_WORDS + 1];
	u32 cpu = stay_on_this_cpu();

	(void)state;
	for (u32 i = 0; i < UT_MASKS; i++)
		plans[i].context_fetch = subset(i, chosen);
	set_knob(object, "ut_plans", plans, sizeof(plans));
	assert_int_equal(bpf_object__load(object), 0);
	assert_int_equal(
		bpf_map_update_elem(bpf_object__find_map_fd_by_name(object, "m_cgroup_sets"),
				    &cgroup, &sets, BPF_ANY),
		0);
	context = global(object, "ut_context", (CONTEXT_WORDS + 1) * sizeof(u64));
	packed = global(object, "ut_packed", UT_MASKS * sizeof(*packed));
	unpacked = global(object, "ut_unpacked", UT_MASKS * sizeof(*unpacked));
	for (u32 i = 0; i < CONTEXT_WORDS; i++)
		context[i] = 0xa0a0a0a0a0a0a0a0 + i;
	memset(unpacked, 0x55, UT_MASKS * sizeof(*unpacked));
	call(object, "ut_pack");
	for (u32 i = 0; i < UT_MASKS; i++) {
		u64 at_end = 1ULL << CONTEXT_CPU | 1ULL << CONTEXT_WORDS;
		u64 kept = plans[i].context_fetch & ~at_end;
		bool knows_cgroup = kept & 1ULL << CONTEXT_CGROUP;
		u64 want_packed[16] = {0};

		append(want_packed, context, kept);
		assert_memory_equal(packed[i], want_packed, sizeof(want_packed));
		for (u32 w = 0; w <= CONTEXT_WORDS; w++) {
			u64 want = 0x5555555555555555;

			if (kept & 1ULL << w)
				want = context[w];
			else if (plans[i].context_fetch & 1ULL << w) /* as it is at the end */
				want = w == CONTEXT_CPU ? cpu : knows_cgroup ? sets : 0;
			assert_int_equal(unpacked[i][w], want);
		}
	}
	bpf_object__close(object);
}

static void *run_group(void *failed)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_the_chosen_words_in_ascending_order),
		cmocka_unit_test(a_saved_context_gives_back_the_words_it_had),
		cmocka_unit_test(a_record_has_the_words_its_plan_asks_for),
		cmocka_unit_test(a_plan_that_is_off_does_nothing),
		cmocka_unit_test(a_field_is_wanted_when_a_label_needs_it),
		cmocka_unit_test(whoever_finds_the_books_taken_counts_beside_them),
		cmocka_unit_test(without_a_ring_every_metric_loses_the_event),
		cmocka_unit_test(in_a_full_ring_nothing_is_lost_but_labels),
		cmocka_unit_test(other_cpus_books_are_left_alone),
	};

	*(int *)failed = cmocka_run_group_tests(tests, NULL, NULL);
	return NULL;
}

/* In a thread and a group of its own: no two numbers of its context are the same by chance. */
int main(void)
{
	pthread_t thread;
	int failed = 1;

	if (bpf_is_refused())
		return EXIT_SKIP;
	if (setregid(4242, (gid_t)-1) || pthread_create(&thread, NULL, run_group, &failed))
		return 1;
	pthread_join(thread, NULL);
	return failed;
}
