/* SPDX-License-Identifier: Apache-2.0 */
/* Events that are told in parts: plain sums grow with each of them and get the rest at the end,
 * everybody else sees the event once, whole; and parts are not events to the books. */
#include "tests/bpf/test_emit.h"

enum { ID = 0, TOOK = 1, REST = 2, EVENT_WORDS = 3 };

#define OBJECT BPF_OBJECTS_DIR "/ut_parts.bpf.o"
#define SUM    "- {name: a_total, event: ut_slice, type: counter, value: took}\n"
#define SUM_ID "- {name: a_total, event: ut_slice, type: counter, value: took, labels: [id]}\n"
#define TOP_ID "- {name: b_total, event: ut_slice, type: topk, value: took, labels: [id], k: 3}\n"
#define COUNT  "- {name: c_total, event: ut_slice, type: counter, labels: [tid]}\n"
#define HIST   "- {name: d, event: ut_slice, type: histogram, value: took, buckets: [10ns, 20ns]}\n"
#define CHOOSY \
	"- {name: e_total, event: ut_slice, type: counter, value: took, where: took > 10ns}\n"

static const char *const programs[] = {"ut_tell", "ut_end", "flush_tables", "flush_tables_loopless",
				       NULL};

static struct loaded *load(const char *metrics, u32 slots)
{
	return load_with(&(struct load_options){
		.path = OBJECT, .programs = programs, .metrics = metrics, .slots = slots});
}

static void give(const struct loaded *l, const char *program, u64 id, u64 took, u64 rest)
{
	u64 *words = global(l->object, "ut_slice_words", EVENT_WORDS * sizeof(u64));

	words[ID] = id;
	words[TOOK] = took;
	words[REST] = rest;
	call(l->object, program);
}

static void tell(const struct loaded *l, u64 id, u64 part)
{
	give(l, "ut_tell", id, 0, part);
}

static void end(const struct loaded *l, u64 id, u64 took, u64 rest)
{
	give(l, "ut_end", id, took, rest);
}

static void flush(struct loaded *l, u32 want_records)
{
	assert_int_equal(flush_by(l, "flush_tables"), 0);
	assert_int_equal(drain(l), want_records);
	assert_int_equal(book(l)->touched, 0);
}

static const struct wire_partial *partial(const struct loaded *l, u32 i)
{
	const struct wire_partial *record = (const struct wire_partial *)l->records[i].raw;

	assert_int_equal(record->head.type, WIRE_PARTIAL);
	assert_int_equal(l->records[i].bytes, l->wire.record_bytes);
	return record;
}

static void assert_parts_are_no_events(const struct loaded *l)
{
	assert_int_equal(book(l)->accepted + book(l)->nested_accepted, 0);
	assert_int_equal(book(l)->filtered + book(l)->nested_filtered, 0);
	assert_int_equal(book(l)->lost_ring_full + book(l)->lost_no_ring, 0);
}

/* Which metrics: those that add the value up, of all events. */
static void only_plain_sums_take_parts(void **state)
{
	struct loaded *l = load(SUM_ID TOP_ID COUNT HIST CHOOSY, 4);
	const struct metric_plan *m = l->event->metrics;

	(void)state;
	assert_int_equal(l->wire.parts, 3);
	for (u32 i = 0; i < l->event->nmetrics; i++)
		assert_int_equal(m[i].takes_parts, i < 2);
	assert_int_equal(l->wire.metrics[0].value, 1 + REST);
	assert_int_equal(l->wire.metrics[3].value, 1 + TOOK);
	assert_int_equal(l->wire.metrics[4].value, 1 + TOOK);
	assert_true(l->event->has_hook);
	unload(l);
}

/* A rest is no field: nobody can name it. */
static void a_rest_is_no_field(void **state)
{
	struct loaded *l = load(SUM, 4);
	const struct field *took = record_schema__field(l->event->schema, "took");

	(void)state;
	assert_null(record_schema__field(l->event->schema, "rest"));
	assert_true(took->has_rest);
	assert_int_equal(took->rest_word, REST);
	unload(l);
}

static void a_part_goes_to_sums_and_the_whole_to_everybody(void **state)
{
	struct loaded *l = load(SUM_ID COUNT HIST CHOOSY, 4);
	const struct metric_plan *m = l->event->metrics;

	(void)state;
	tell(l, 5, 12);
	flush(l, 1);
	assert_int_equal(partial(l, 0)->count, 0);
	assert_int_equal(partial(l, 0)->words[0], 1);
	assert_int_equal(partial(l, 0)->words[m[0].labels[0].key_word], 5);
	assert_int_equal(partial(l, 0)->words[m[1].labels[0].key_word], 0);
	assert_int_equal(partial(l, 0)->words[m[0].sum_word], 12);
	assert_parts_are_no_events(l);

	end(l, 5, 15, 3);
	flush(l, 2); /* and a mark */
	assert_int_equal(partial(l, 0)->count, 1);
	assert_int_equal(partial(l, 0)->words[0], 15);
	assert_int_equal(partial(l, 0)->words[m[0].sum_word], 3);
	assert_int_equal(partial(l, 0)->words[m[2].sum_word], 15);
	assert_int_equal(partial(l, 0)->words[m[3].sum_word], 15);
	assert_int_equal(partial(l, 0)->words[1], 1); /* the bucket up to 20 ns */
	assert_int_equal(book(l)->accepted, 1);
	unload(l);
}

static void the_hook_tells_parts_before_its_flush(void **state)
{
	struct loaded *l = load(SUM_ID COUNT, 4);

	(void)state;
	*(u64 *)global(l->object, "ut_hook_tells", sizeof(u64)) = 9;
	for (u32 i = 0; i < 3; i++) {
		flush(l, 1);
		assert_int_equal(partial(l, 0)->count, 0);
		assert_int_equal(partial(l, 0)->words[l->event->metrics[0].sum_word], 9);
	}
	assert_parts_are_no_events(l);
	unload(l);
}

/* Where all metrics take parts, a part and an event have one key. */
static void parts_and_events_add_up_in_one_slot(void **state)
{
	struct loaded *l = load(SUM_ID, 4);

	(void)state;
	assert_int_equal(l->wire.has_bits, 0);
	tell(l, 5, 12);
	tell(l, 5, 1);
	assert_int_equal(book(l)->touched, 1);
	end(l, 5, 20, 7);
	tell(l, 5, 100);
	assert_int_equal(book(l)->touched, 1);
	flush(l, 2);
	assert_int_equal(partial(l, 0)->count, 1);
	assert_int_equal(partial(l, 0)->words[0], 5);
	assert_int_equal(partial(l, 0)->words[1], 120);
	unload(l);
}

/* Its slot is as empty as before, and stands in no list. */
static void a_part_of_nothing_leaves_no_trace(void **state)
{
	struct loaded *l = load(SUM_ID, 4);

	(void)state;
	tell(l, 5, 0);
	assert_int_equal(book(l)->touched, 0);
	tell(l, 5, 1);
	tell(l, 5, 0);
	assert_int_equal(book(l)->touched, 1);
	flush(l, 1);
	tell(l, 5, 2);
	assert_int_equal(book(l)->touched, 1);
	flush(l, 1);
	assert_int_equal(partial(l, 0)->words[1], 2);
	unload(l);
}

/* Each of many keys pushes others out of four slots; what leaves has its parts with it. */
static void parts_survive_eviction(void **state)
{
	enum { KEYS = 40 };
	struct loaded *l = load(SUM_ID, 4);
	u64 sum = 0, count = 0;

	(void)state;
	for (u64 id = 0; id < KEYS; id++) {
		tell(l, id, 1000);
		end(l, id + KEYS, 3, 3);
	}
	assert_int_equal(flush_by(l, "flush_tables"), 0);
	drain(l);
	for (u32 i = 0; i + 1 < l->nrecords; i++) {
		count += partial(l, i)->count;
		sum += partial(l, i)->words[1];
	}
	assert_true(book(l)->evictions > 0);
	assert_int_equal(count, KEYS);
	assert_int_equal(sum, KEYS * 1003);
	unload(l);
}

static void in_books_that_are_taken_a_part_is_a_record_of_its_own(void **state)
{
	struct loaded *l = load(SUM_ID, 4);

	(void)state;
	book(l)->busy = 1;
	tell(l, 5, 12);
	assert_int_equal(book(l)->nested_inside, 0);
	assert_int_equal(drain(l), 1);
	assert_int_equal(partial(l, 0)->count, 0);
	assert_int_equal(partial(l, 0)->words[1], 12);
	assert_parts_are_no_events(l);
	unload(l);
}

/* No event is lost then, but a sum without its labels. */
static void a_full_ring_takes_the_labels_of_parts(void **state)
{
	struct loaded *l = load(SUM_ID COUNT, 4);
	u64 told = 0, kept = 0;

	(void)state;
	book(l)->busy = 1;
	while (lost_cell(l, 0)->sum == 0) {
		tell(l, told, 2);
		told++;
	}
	tell(l, told++, 2);
	assert_int_equal(lost_cell(l, 0)->sum, 4);
	assert_int_equal(lost_cell(l, 0)->count, 0);
	assert_int_equal(lost_cell(l, 1)->count, 0);
	assert_parts_are_no_events(l);
	drain(l);
	for (u32 i = 0; i < l->nrecords; i++)
		kept += partial(l, i)->words[l->event->metrics[0].sum_word];
	assert_int_equal(kept + lost_cell(l, 0)->sum, 2 * told);
	unload(l);
}

/* The table keeps what it has when a part would need another's place, and there is no room. */
static void a_full_ring_leaves_the_table_alone(void **state)
{
	struct loaded *l = load(SUM_ID, 4);

	(void)state;
	book(l)->busy = 1;
	while (lost_cell(l, 0)->sum == 0)
		tell(l, 0, 1);
	book(l)->busy = 0;
	for (u64 id = 0; id < 40; id++)
		tell(l, id, 1);
	assert_true(book(l)->touched > 0);
	assert_int_equal(book(l)->evictions, 0);
	assert_int_equal(book(l)->touched + lost_cell(l, 0)->sum, 41);
	assert_parts_are_no_events(l);
	unload(l);
}

static void where_no_metric_takes_parts_there_are_none(void **state)
{
	struct loaded *l = load(COUNT HIST CHOOSY, 4);

	(void)state;
	assert_int_equal(l->wire.parts, 0);
	assert_false(l->event->has_hook);
	tell(l, 5, 12);
	assert_int_equal(book(l)->touched, 0);
	assert_parts_are_no_events(l);
	unload(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_plain_sums_take_parts),
		cmocka_unit_test(a_rest_is_no_field),
		cmocka_unit_test(a_part_goes_to_sums_and_the_whole_to_everybody),
		cmocka_unit_test(the_hook_tells_parts_before_its_flush),
		cmocka_unit_test(parts_and_events_add_up_in_one_slot),
		cmocka_unit_test(a_part_of_nothing_leaves_no_trace),
		cmocka_unit_test(parts_survive_eviction),
		cmocka_unit_test(in_books_that_are_taken_a_part_is_a_record_of_its_own),
		cmocka_unit_test(a_full_ring_takes_the_labels_of_parts),
		cmocka_unit_test(a_full_ring_leaves_the_table_alone),
		cmocka_unit_test(where_no_metric_takes_parts_there_are_none),
	};

	if (bpf_is_refused())
		return EXIT_SKIP;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
