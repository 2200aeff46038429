/* SPDX-License-Identifier: Apache-2.0 */
/* The combining table, its flush and its marks, one call at a time. */
#include "tests/bpf/test_emit.h"

enum { EVENT_WORDS = 8, ID = 0, AMOUNT = 4, WEIGHT = 6, KEYS_MAX = 1024, SLOTS_MAX = 4096 };

#define OBJECT	 BPF_OBJECTS_DIR "/ut_emit.bpf.o"
#define BY_ID	 "- {name: a_total, event: ut_event, type: counter, labels: [id]}\n"
#define WITH_SUM "- {name: a_total, event: ut_event, type: counter, value: amount, labels: [id]}\n"

static const char *const programs[] = {"ut_emit", "flush_tables", "flush_tables_loopless", NULL};

/* Both forms of the flush, and how many slots a call moves. */
static const struct form {
	const char *program;
	u32 slots;
} forms[] = {
	{"flush_tables", WIRE_FLUSH_SLOTS},
	{"flush_tables_loopless", WIRE_FLUSH_SLOTS_LOOPLESS},
};

static struct loaded *load_table(const char *metrics, u32 slots, size_t ring_bytes,
				 bool preemptible)
{
	return load_with(&(struct load_options){
		.path = OBJECT,
		.programs = programs,
		.metrics = metrics,
		.slots = slots,
		.ring_bytes = ring_bytes,
		.preemptible = preemptible,
	});
}

/* --- what is done --- */

static void emit_words(const struct loaded *l, u64 id, u64 amount)
{
	u64 *words = global(l->object, "ut_event_words", EVENT_WORDS * sizeof(u64));

	words[ID] = id;
	words[AMOUNT] = amount;
	call(l->object, "ut_emit");
}

static void emit_id(const struct loaded *l, u64 id)
{
	emit_words(l, id, 1);
}

static void emit_times(const struct loaded *l, u64 id, u32 n)
{
	for (u32 i = 0; i < n; i++)
		emit_id(l, id);
}

static u32 flush(const struct loaded *l)
{
	return flush_by(l, "flush_tables");
}

/* --- what is there --- */

static const u64 *slot_at(const struct loaded *l, u32 slot)
{
	const char *table = (const char *)book(l) + l->wire.slots_at;

	return (const u64 *)(table + slot * l->wire.slot_bytes);
}

/* The slot that counts the id; -1. */
static int slot_of(const struct loaded *l, u64 id)
{
	for (u32 i = 0; i < l->event->slots; i++)
		if (slot_at(l, i)[0] && slot_at(l, i)[1] == id)
			return (int)i;
	return -1;
}

static u64 count_of(const struct loaded *l, u64 id)
{
	int slot = slot_of(l, id);

	return slot < 0 ? 0 : slot_at(l, (u32)slot)[0];
}

/* The list has each slot that counts something, once. */
static void assert_touched(const struct loaded *l, u32 n)
{
	const u32 *list = (const u32 *)((const char *)book(l) + l->wire.touched_at);
	bool listed[SLOTS_MAX] = {0};

	assert_int_equal(book(l)->touched, n);
	for (u32 i = 0; i < n; i++) {
		assert_in_range(list[i], 0, l->event->slots - 1);
		assert_false(listed[list[i]]);
		listed[list[i]] = true;
		assert_true(slot_at(l, list[i])[0] > 0);
	}
	for (u32 i = 0; i < l->event->slots; i++)
		assert_int_equal(slot_at(l, i)[0] > 0, listed[i]);
}

static const struct wire_partial *partial_at(const struct loaded *l, u32 i)
{
	const struct wire_partial *partial = (const struct wire_partial *)l->records[i].raw;

	assert_int_equal(partial->head.type, WIRE_PARTIAL);
	assert_int_equal(partial->head.generation, l->wire.generation);
	assert_int_equal(partial->head.event, l->wire.event);
	assert_int_equal(partial->head.cpu, l->cpu);
	assert_int_equal(l->records[i].bytes, l->wire.record_bytes);
	return partial;
}

static bool is_mark(const struct record *record)
{
	const struct wire_head *head = (const void *)record->raw;

	return head->type == WIRE_MARK;
}

static void assert_partial(const struct loaded *l, u32 i, u64 id, u64 count)
{
	assert_int_equal(partial_at(l, i)->words[0], id);
	assert_int_equal(partial_at(l, i)->count, count);
}

static void assert_mark(const struct loaded *l, u32 i, u64 accepted, u64 lost)
{
	const struct wire_mark *mark = (const struct wire_mark *)l->records[i].raw;

	assert_true(i < l->nrecords);
	assert_int_equal(l->records[i].bytes, sizeof(*mark));
	assert_int_equal(mark->head.type, WIRE_MARK);
	assert_int_equal(mark->head.generation, l->wire.generation);
	assert_int_equal(mark->head.event, l->wire.event);
	assert_int_equal(mark->head.cpu, l->cpu);
	assert_int_equal(mark->accepted, accepted);
	assert_int_equal(mark->lost, lost);
}

/* Finds ids whose keys share a pair of slots, in an empty table. */
static void find_rivals(struct loaded *l, u64 *ret_ids, u32 n)
{
	int pair = -1;
	u32 found = 0;

	for (u64 id = 1; found < n; id++) {
		emit_id(l, id);
		if (pair < 0)
			pair = slot_of(l, id) / 2;
		if (slot_of(l, id) / 2 == pair)
			ret_ids[found++] = id;
		assert_int_equal(flush(l), 0);
		drain(l);
	}
}

/* --- the table --- */

static void equal_keys_are_counted_together(void **state)
{
	(void)state;
	for (u32 preemptible = 0; preemptible < 2; preemptible++) {
		struct loaded *l = load_table(BY_ID, 64, 0, preemptible);

		emit_times(l, 7, 1000);
		emit_times(l, 8, 10);
		assert_int_equal(drain(l), 0);
		assert_int_equal(count_of(l, 7), 1000);
		assert_int_equal(count_of(l, 8), 10);
		assert_touched(l, 2);
		assert_int_equal(book(l)->accepted, 1010);
		assert_int_equal(book(l)->evictions, 0);
		assert_int_equal(book(l)->busy, 0);
		unload(l);
	}
}

static void without_labels_all_events_are_equal(void **state)
{
	struct loaded *l =
		load_table("- {name: a_total, event: ut_event, type: counter}\n", 4, 0, false);

	(void)state;
	emit_times(l, 7, 10);
	emit_times(l, 8, 10);
	assert_touched(l, 1);
	assert_int_equal(flush(l), 0);
	assert_int_equal(drain(l), 2);
	assert_int_equal(partial_at(l, 0)->count, 20);
	unload(l);
}

/* A key of zeros is a key like others, though empty slots have it too. */
static void a_key_of_zeros_is_counted(void **state)
{
	struct loaded *l = load_table(BY_ID, 4, 0, false);

	(void)state;
	emit_times(l, 0, 3);
	assert_touched(l, 1);
	assert_int_equal(flush(l), 0);
	emit_times(l, 0, 2);
	assert_int_equal(flush(l), 0);
	assert_int_equal(drain(l), 4);
	assert_partial(l, 0, 0, 3);
	assert_partial(l, 2, 0, 2);
	unload(l);
}

static void the_one_that_counted_less_leaves(void **state)
{
	struct loaded *l = load_table(BY_ID, 4, 0, false);
	u64 rival[3];

	(void)state;
	find_rivals(l, rival, 3);
	for (u32 less = 0; less < 2; less++) {
		u64 evictions = book(l)->evictions;

		emit_times(l, rival[less], 2);
		emit_times(l, rival[1 - less], 5);
		assert_int_equal(drain(l), 0);
		emit_id(l, rival[2]);
		assert_int_equal(drain(l), 1);
		assert_partial(l, 0, rival[less], 2);
		assert_int_equal(book(l)->evictions, evictions + 1);
		assert_int_equal(count_of(l, rival[1 - less]), 5);
		assert_int_equal(count_of(l, rival[2]), 1);
		assert_touched(l, 2);
		assert_int_equal(flush(l), 0);
		drain(l);
	}
	unload(l);
}

static void sums_are_added_up_and_leave_with_their_key(void **state)
{
	struct loaded *l = load_table(WITH_SUM, 4, 0, false);

	(void)state;
	emit_words(l, 7, 100);
	emit_words(l, 7, 20);
	emit_words(l, 7, 3);
	assert_int_equal(flush(l), 0);
	emit_words(l, 7, 5); /* begins at 0 again */
	assert_int_equal(flush(l), 0);
	assert_int_equal(drain(l), 4);
	assert_partial(l, 0, 7, 3);
	assert_int_equal(partial_at(l, 0)->words[1], 123);
	assert_partial(l, 2, 7, 1);
	assert_int_equal(partial_at(l, 2)->words[1], 5);
	unload(l);
}

/* What might wrap goes by itself; nothing is added to a slot in part. */
static void a_sum_never_wraps(void **state)
{
	struct loaded *l = load_table(WITH_SUM, 4, 0, false);
	const u64 half = 1ULL << 63;

	(void)state;
	emit_words(l, 7, half - 1);
	emit_words(l, 7, half - 1);
	assert_int_equal(drain(l), 0);
	emit_words(l, 7, 2); /* the slot holds 2^64 - 2 */
	emit_words(l, 8, half);
	emit_words(l, 8, half);
	assert_int_equal(drain(l), 2);
	assert_partial(l, 0, 7, 1);
	assert_int_equal(partial_at(l, 0)->words[1], 2);
	assert_partial(l, 1, 8, 1);
	assert_int_equal(partial_at(l, 1)->words[1], half);
	assert_int_equal(flush(l), 0);
	assert_int_equal(drain(l), 3);
	for (u32 i = 0; i < 2; i++) {
		bool seven = partial_at(l, i)->words[0] == 7;

		assert_int_equal(partial_at(l, i)->count, seven ? 2 : 1);
		assert_int_equal(partial_at(l, i)->words[1], seven ? 2 * (half - 1) : half);
	}
	assert_mark(l, 2, 5, 0);
	unload(l);
}

/* Fills the ring with what the table evicts; returns how many events got through. */
static u64 fill_ring(const struct loaded *l)
{
	u64 id = 1000;

	while (book(l)->lost_ring_full == 0)
		emit_id(l, id++);
	return id - 1000 - 1;
}

static void when_the_ring_is_full_the_table_stays(void **state)
{
	struct loaded *l = load_table(BY_ID, 4, 0, false);
	u64 table[4 * 2], through;

	(void)state;
	through = fill_ring(l);
	memcpy(table, slot_at(l, 0), sizeof(table));
	emit_id(l, 999999);
	assert_memory_equal(table, slot_at(l, 0), sizeof(table));
	assert_touched(l, 4);
	assert_int_equal(book(l)->lost_ring_full, 2);
	assert_int_equal(lost_cell(l, 0)->count, 2);
	/* What is in the table goes on being counted. */
	emit_id(l, table[1]);
	assert_int_equal(slot_at(l, 0)[0], table[0] + 1);
	assert_int_equal(book(l)->lost_ring_full, 2);
	assert_int_equal(drain(l), through - 4);
	unload(l);
}

/* As if the event interrupted another one that is in the books. */
static void whoever_finds_the_table_taken_goes_by_itself(void **state)
{
	(void)state;
	for (u32 preemptible = 0; preemptible < 2; preemptible++) {
		struct loaded *l = load_table(BY_ID, 64, 0, preemptible);

		emit_times(l, 7, 5);
		book(l)->busy = 1;
		emit_times(l, 7, 3);
		assert_int_equal(book(l)->busy, 1);
		assert_int_equal(book(l)->nested_inside, 0);
		assert_int_equal(flush(l), WIRE_FLUSH_BUSY);
		assert_int_equal(book(l)->busy, 1);
		book(l)->busy = 0;
		assert_int_equal(count_of(l, 7), 5);
		assert_int_equal(book(l)->accepted, 5);
		assert_int_equal(book(l)->nested_accepted, 3);
		assert_int_equal(drain(l), 3);
		for (u32 i = 0; i < 3; i++)
			assert_partial(l, i, 7, 1);
		unload(l);
	}
}

/* --- the flush --- */

static void a_flush_moves_what_was_counted_and_keeps_the_keys(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		struct loaded *l = load_table(BY_ID, 64, 0, i % 2);

		emit_times(l, 7, 3);
		emit_times(l, 8, 4);
		assert_int_equal(flush_by(l, forms[i].program), 0);
		assert_touched(l, 0);
		assert_int_equal(book(l)->busy, 0);
		assert_int_equal(drain(l), 3);
		assert_partial(l, 0, 8, 4); /* from the end of the list */
		assert_partial(l, 1, 7, 3);
		assert_mark(l, 2, 7, 0);
		emit_times(l, 7, 2);
		assert_touched(l, 1);
		assert_int_equal(flush_by(l, forms[i].program), 0);
		assert_int_equal(drain(l), 2);
		assert_partial(l, 0, 7, 2);
		assert_mark(l, 1, 9, 0);
		assert_int_equal(book(l)->evictions, 0);
		unload(l);
	}
}

static void where_nothing_happened_a_flush_says_nothing(void **state)
{
	struct loaded *l = load_table(BY_ID, 64, 0, false);

	(void)state;
	assert_int_equal(flush(l), 0);
	assert_int_equal(drain(l), 0);
	emit_id(l, 7);
	assert_int_equal(flush(l), 0);
	assert_int_equal(drain(l), 2);
	assert_int_equal(flush(l), 0);
	assert_int_equal(drain(l), 0);
	unload(l);
}

/* Adds what the drained records count of each id below KEYS_MAX; returns how many marks. */
static u32 collect(const struct loaded *l, u64 counts[KEYS_MAX])
{
	u32 marks = 0;

	for (u32 i = 0; i < l->nrecords; i++) {
		if (is_mark(&l->records[i])) {
			marks++;
			continue;
		}
		assert_in_range(partial_at(l, i)->words[0], 0, KEYS_MAX - 1);
		counts[partial_at(l, i)->words[0]] += partial_at(l, i)->count;
	}
	return marks;
}

/* A page takes some forty records. */
static void a_flush_never_loses(void **state)
{
	enum { IDS = 300 };

	(void)state;
	for (size_t f = 0; f < ARRAY_SIZE(forms); f++) {
		struct loaded *l = load_table(BY_ID, 1024, 0, false);
		u64 counts[KEYS_MAX] = {0}, lost = 0;
		u32 marks = 0, calls = 0, status;

		for (u64 id = 0; id < IDS; id++)
			emit_times(l, id, 1 + (u32)id % 3);
		lost = book(l)->lost_ring_full;
		do {
			status = flush_by(l, forms[f].program);
			assert_int_equal(marks, 0);
			drain(l);
			marks += collect(l, counts);
			calls++;
			assert_true(status == 0 || status == WIRE_FLUSH_FULL);
		} while (status);
		assert_true(calls > 2);
		assert_int_equal(marks, 1);
		assert_int_equal(book(l)->lost_ring_full, lost);
		for (u64 id = 0; lost == 0 && id < IDS; id++)
			assert_int_equal(counts[id], 1 + id % 3);
		unload(l);
	}
}

static void a_call_moves_so_many_slots_and_asks_for_more(void **state)
{
	enum { IDS = 900 };

	(void)state;
	for (size_t f = 0; f < ARRAY_SIZE(forms); f++) {
		struct loaded *l = load_table(BY_ID, SLOTS_MAX, 1 << 20, false);
		u64 counts[KEYS_MAX] = {0};
		u32 left, marks = 0;

		for (u64 id = 0; id < IDS; id++)
			emit_id(l, id);
		drain(l); /* a few rivals were evicted */
		collect(l, counts);
		for (left = (u32)book(l)->touched; left > forms[f].slots; left -= forms[f].slots) {
			assert_int_equal(flush_by(l, forms[f].program), WIRE_FLUSH_MORE);
			assert_touched(l, left - forms[f].slots);
			assert_int_equal(drain(l), forms[f].slots);
			assert_int_equal(collect(l, counts), 0);
		}
		assert_int_equal(flush_by(l, forms[f].program), 0);
		assert_int_equal(drain(l), left + 1);
		marks = collect(l, counts);
		assert_int_equal(marks, 1);
		for (u64 id = 0; id < IDS; id++)
			assert_int_equal(counts[id], 1);
		unload(l);
	}
}

static void an_event_that_is_off_is_not_flushed(void **state)
{
	struct loaded *l = load_with(&(struct load_options){
		.path = OBJECT, .programs = programs, .metrics = BY_ID, .off = true});

	(void)state;
	emit_id(l, 7);
	assert_int_equal(flush(l), 0);
	assert_int_equal(drain(l), 0);
	unload(l);
}

/* --- marks --- */

#define FILTERED                                                                  \
	"- {name: a_total, event: ut_event, type: counter, labels: [id], where: " \
	"amount < 10}\n"

/* accepted = consumed + lost at the mark, whichever way events went. */
static void a_mark_has_all_that_stands_before_it(void **state)
{
	struct loaded *l = load_table(FILTERED, 4, 0, false);
	u64 consumed = 0, through;

	(void)state;
	through = fill_ring(l);
	for (u32 i = 0; i < 5; i++)
		emit_words(l, 1, 10); /* filtered */
	assert_int_equal(flush(l), WIRE_FLUSH_FULL);
	drain(l);
	for (u32 i = 0; i < l->nrecords; i++)
		consumed += partial_at(l, i)->count;
	book(l)->busy = 1;
	emit_times(l, 2, 3); /* nested, and so is the next */
	emit_words(l, 2, 10);
	book(l)->busy = 0;
	emit_times(l, 3, 4);
	assert_int_equal(flush(l), 0);
	drain(l);
	for (u32 i = 0; i < l->nrecords - 1; i++)
		consumed += partial_at(l, i)->count;
	assert_mark(l, l->nrecords - 1, through + 1 + 3 + 4, 1);
	assert_int_equal(consumed, through + 3 + 4);
	unload(l);
}

/* Somebody nested was preempted half-way: counted, but perhaps not sent. */
static void no_mark_is_made_around_somebody_half_way(void **state)
{
	struct loaded *l = load_table(BY_ID, 64, 0, true);

	(void)state;
	emit_id(l, 7);
	book(l)->nested_inside = 1;
	assert_int_equal(flush(l), WIRE_FLUSH_BUSY);
	assert_touched(l, 0);
	assert_int_equal(drain(l), 1);
	book(l)->nested_inside = 0;
	assert_int_equal(flush(l), 0);
	assert_int_equal(drain(l), 1);
	assert_mark(l, 0, 1, 0);
	unload(l);
}

static void streamed_events_are_marked_too(void **state)
{
	struct loaded *l =
		load_table(BY_ID "events: {ut_event: {delivery: stream}}\n", 0, 0, false);

	(void)state;
	assert_int_equal(l->event->slots, 0);
	emit_times(l, 7, 3);
	assert_int_equal(flush(l), 0);
	assert_int_equal(drain(l), 4);
	assert_mark(l, 3, 3, 0);
	unload(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_keys_are_counted_together),
		cmocka_unit_test(without_labels_all_events_are_equal),
		cmocka_unit_test(a_key_of_zeros_is_counted),
		cmocka_unit_test(the_one_that_counted_less_leaves),
		cmocka_unit_test(sums_are_added_up_and_leave_with_their_key),
		cmocka_unit_test(a_sum_never_wraps),
		cmocka_unit_test(when_the_ring_is_full_the_table_stays),
		cmocka_unit_test(whoever_finds_the_table_taken_goes_by_itself),
		cmocka_unit_test(a_flush_moves_what_was_counted_and_keeps_the_keys),
		cmocka_unit_test(where_nothing_happened_a_flush_says_nothing),
		cmocka_unit_test(a_flush_never_loses),
		cmocka_unit_test(a_call_moves_so_many_slots_and_asks_for_more),
		cmocka_unit_test(an_event_that_is_off_is_not_flushed),
		cmocka_unit_test(a_mark_has_all_that_stands_before_it),
		cmocka_unit_test(no_mark_is_made_around_somebody_half_way),
		cmocka_unit_test(streamed_events_are_marked_too),
	};

	if (bpf_is_refused())
		return EXIT_SKIP;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
