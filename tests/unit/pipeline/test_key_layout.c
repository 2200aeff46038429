/* SPDX-License-Identifier: Apache-2.0 */
/* Where labels, sums, bucket numbers and lost cells lie, for what events' metrics ask. */
#include "pipeline/key_layout.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "pipeline/bucket_table.h"
#include "tests/unit/config/findings.h"
#include "tests/unit/pipeline/plan_test.h"

#define WORD(n) (1ULL << (n))

enum { LEDGER_BYTES = sizeof(struct wire_ledger), REST = 18 };

static struct field io_fields[] = {
	NUMBER("device", 1, DECODER_UNSIGNED),
	{.name = "bytes",
	 .help = "",
	 .decoder = DECODER_UNSIGNED,
	 .unit = UNIT_BYTES,
	 .word = 2,
	 .words = 1},
	{.name = "latency",
	 .help = "",
	 .decoder = DECODER_UNSIGNED,
	 .unit = UNIT_NS,
	 .word = 3,
	 .words = 1},
	{.name = "queued",
	 .help = "",
	 .decoder = DECODER_UNSIGNED,
	 .unit = UNIT_NS,
	 .word = 4,
	 .words = 1,
	 .optional = true},
	TEXT("file", 5, 2),
	{.name = "owner",
	 .help = "",
	 .decoder = DECODER_TEXT,
	 .word = 7,
	 .words = 2,
	 .text = true,
	 .optional = true},
	NUMBER("n0", 10, DECODER_UNSIGNED),
	NUMBER("n1", 11, DECODER_UNSIGNED),
	NUMBER("n2", 12, DECODER_UNSIGNED),
	NUMBER("n3", 13, DECODER_UNSIGNED),
	NUMBER("n4", 14, DECODER_UNSIGNED),
	NUMBER("n5", 15, DECODER_UNSIGNED),
	NUMBER("n6", 16, DECODER_UNSIGNED),
	{.name = "n7",
	 .help = "",
	 .decoder = DECODER_UNSIGNED,
	 .word = 17,
	 .words = 1,
	 .has_rest = true,
	 .rest_word = REST},
	{.name = "last",
	 .help = "",
	 .decoder = DECODER_UNSIGNED,
	 .word = 31,
	 .words = 1,
	 .optional = true},
};

static struct record_schema events[] = {
	{.name = "io",
	 .help = "",
	 .fields = io_fields,
	 .nfields = ARRAY_SIZE(io_fields),
	 .nwords = 32,
	 .presence_word = 0,
	 .has_presence = true,
	 .start_words = 1ULL << 3 | 1ULL << 4,
	 .flush_hook = true},
	{.name = "tick", .help = ""},
};

static struct schema schema = {.events = events, .nevents = ARRAY_SIZE(events)};

#define COUNT	      "- {name: a_total, event: io, type: counter}\n"
#define COUNT_B(more) "- {name: b_total, event: io, type: counter, " more "}\n"
#define COUNT_C(more) "- {name: c_total, event: io, type: counter, " more "}\n"
#define HIST(name, value, buckets, more)                                                          \
	"- {name: " name ", event: io, type: histogram, value: " value ", buckets: " buckets more \
	"}\n"

static struct planned plan(const char *metrics)
{
	struct planned p;
	char *text;

	schema.context = fake_context();
	assert_true(asprintf(&text, "metrics:\n%s", metrics) > 0);
	p = plan_text(text, &(struct plan_source){"fake", &schema}, 1);
	assert_string_equal(p.err.msg, "");
	free(text);
	return p;
}

static struct planned sound_plan(const char *metrics)
{
	struct planned p = plan(metrics);

	if (p.diags.errors)
		assert_findings(&p.diags, "");
	assert_int_equal(p.plan->nevents, 1);
	return p;
}

static void bits_are_there_when_events_can_differ(void **state)
{
	static const struct {
		const char *metrics;
		u64 has_bits;
		u64 always;
		u64 needs[3];
		u64 optional_key;
	} cases[] = {
		{COUNT, 0, 1, {0}, 0},
		{COUNT_B("where: device == 1"), 0, 0, {0}, 0},
		{COUNT COUNT_B("labels: [comm]"), 0, 3, {0}, 0},
		{COUNT COUNT_B("where: device == 1"), 1, 1, {0}, 0},
		{COUNT_B("where: device == 1") COUNT_C("where: device == 1"), 1, 0, {0}, 0},
		{COUNT_B("value: queued"), 0, 1, {WORD(4)}, 0},
		{COUNT_B("value: latency") COUNT_C("value: bytes"), 0, 3, {0}, 0},
		{COUNT COUNT_B("value: queued"), 1, 3, {0, WORD(4)}, 0},
		{COUNT_B("value: queued") COUNT_C("value: last"), 1, 3, {WORD(4), WORD(31)}, 0},
		{COUNT_B("labels: [queued]"), 1, 1, {0}, WORD(4)},
		{COUNT_B("labels: [owner, last]"), 1, 1, {0}, WORD(7) | WORD(31)},
		{COUNT_B("where: queued > 5ns"), 0, 0, {0}, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct planned p = sound_plan(cases[i].metrics);
		const struct wire_plan *wire = &p.plan->events[0].wire;

		if (wire->has_bits != cases[i].has_bits)
			fail_msg("case %zu: has_bits is %llu", i, wire->has_bits);
		assert_int_equal(wire->always, cases[i].always);
		assert_int_equal(wire->optional_key, cases[i].optional_key);
		assert_int_equal(wire->presence, 1);
		for (u32 m = 0; m < 3; m++)
			assert_int_equal(wire->metrics[m].needs, cases[i].needs[m]);
		planned__fini(&p);
	}
}

/* A metric that adds up a field with a rest, of all events, has the rest for its value. */
static void plain_sums_take_parts_and_the_rest(void **state)
{
	static const struct {
		const char *metrics;
		u64 parts;
		u64 has_bits;
		u64 sum_words;
		u64 values[2];
	} cases[] = {
		{COUNT_B("value: n7"), 1, 0, WORD(REST), {1 + REST}},
		{COUNT_B("value: n7") COUNT_C("value: n7, labels: [comm]"),
		 3,
		 0,
		 WORD(REST),
		 {1 + REST, 1 + REST}},
		{COUNT COUNT_B("value: n7"), 2, 1, WORD(REST), {0, 1 + REST}},
		{COUNT_B("value: n7") COUNT_C("value: n7, where: device == 1"),
		 1,
		 1,
		 WORD(17) | WORD(REST),
		 {1 + REST, 1 + 17}},
		{COUNT_B("value: n7, where: n7 > 5"), 0, 0, WORD(17), {1 + 17}},
		{HIST("b", "n7", "[1, 2]", "") COUNT_C("value: n7"),
		 2,
		 1,
		 WORD(17) | WORD(REST),
		 {1 + 17, 1 + REST}},
		{COUNT_B("labels: [n7]"), 0, 0, 0, {0}},
		{COUNT_B("value: latency"), 0, 0, WORD(3), {1 + 3}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct planned p = sound_plan(cases[i].metrics);
		const struct event_plan *event = &p.plan->events[0];

		if (event->wire.parts != cases[i].parts)
			fail_msg("case %zu: parts are %#llx", i, event->wire.parts);
		assert_int_equal(event->wire.has_bits, cases[i].has_bits);
		assert_int_equal(event->wire.sum_words, cases[i].sum_words);
		for (u32 m = 0; m < 2; m++)
			assert_int_equal(event->wire.metrics[m].value, cases[i].values[m]);
		assert_int_equal(event->has_hook, cases[i].parts != 0);
		planned__fini(&p);
	}
}

/* Starts are kept where a label, a value or a condition needs one. */
static void starts_are_for_those_who_need_them(void **state)
{
	static const struct {
		const char *metrics;
		bool keeps_starts;
	} cases[] = {
		{COUNT, false},
		{COUNT_B("value: bytes"), false},
		{COUNT COUNT_B("value: latency"), true},
		{COUNT_B("labels: [queued]"), true},
		{COUNT_B("where: latency > 1us"), true},
		{"- {name: a_total, event: tick, type: counter}\n", true}, /* all of it may */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct planned p = sound_plan(cases[i].metrics);

		if (p.plan->events[0].keeps_starts != cases[i].keeps_starts)
			fail_msg("case %zu: keeps_starts is %d", i, !cases[i].keeps_starts);
		planned__fini(&p);
	}
}

static void a_program_is_loaded_for_those_it_is_for(void **state)
{
	static const struct program_schema emitter = {.emits = true}, entry = {0},
					   insert = {.words = WORD(4)};
	static const struct {
		const char *metrics;
		bool entry;
		bool insert;
	} cases[] = {
		{COUNT, false, false},
		{COUNT_B("value: latency"), true, false},
		{COUNT_B("labels: [queued]"), true, true},
		{COUNT COUNT_B("where: queued > 1us"), true, true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct planned p = sound_plan(cases[i].metrics);
		const struct event_plan *event = &p.plan->events[0];

		assert_true(event_plan__needs(event, &emitter));
		assert_int_equal(event_plan__needs(event, &entry), cases[i].entry);
		assert_int_equal(event_plan__needs(event, &insert), cases[i].insert);
		planned__fini(&p);
	}
}

/* n histograms of one field: four bucket numbers to a word. */
static void bucket_numbers_stand_four_to_a_word(void **state)
{
	(void)state;
	for (u32 n = 1; n <= WIRE_METRICS_MAX; n++) {
		struct strbuf metrics;
		size_t len;
		char *text;

		strbuf__init(&metrics);
		for (u32 i = 0; i < n; i++)
			strbuf__printf(&metrics,
				       "- {name: h%u_seconds, event: io, type: histogram, value: "
				       "latency, buckets: [1ns, %uns], labels: [device]}\n",
				       i, i + 2);
		text = strbuf__take(&metrics, &len);

		struct planned p = sound_plan(text);
		const struct event_plan *event = &p.plan->events[0];

		assert_int_equal(event->wire.ntables, n);
		assert_int_equal(event->wire.key_words, (n + 3) / 4 + 1);
		assert_int_equal(event->wire.sum_words, WORD(3));
		assert_int_equal(event->wire.record_bytes, 16 + 8 * ((n + 3) / 4 + 1 + 1));
		for (u32 i = 0; i < n; i++) {
			assert_int_equal(event->metrics[i].bucket_slot, i);
			assert_int_equal(event->wire.metrics[i].table, i + 1);
			assert_int_equal(event->wire.metrics[i].nbounds, 2);
			assert_int_equal(event->metrics[i].labels[0].key_word, (n + 3) / 4);
			assert_int_equal(event->metrics[i].sum_word, (n + 3) / 4 + 1);
			/* count, sum, three buckets */
			assert_int_equal(event->wire.metrics[i].cell, 5 * i);
		}
		assert_int_equal(event->lost_words, 5 * n);
		planned__fini(&p);
		free(text);
	}
}

/* bits, 1 word of buckets, comm (2), tgid, device, file (2), owner (2); then sums of words 2, 3, 4
 */
static void everything_has_its_place(void **state)
{
	struct planned p = sound_plan(
		"- {name: a_total, event: io, type: counter, labels: [file, comm]}\n"
		"- {name: b_bytes_total, event: io, type: counter, value: bytes, labels: "
		"[owner]}\n" HIST("c_seconds", "queued", "[1us, 2us, 3us]",
				  ", labels: [device, tgid]")
			HIST("d_seconds", "latency", "log2", ", where: uid == 0 and device > 3"));
	const struct event_plan *event = &p.plan->events[0];
	const struct wire_plan *wire = &event->wire;
	const struct metric_plan *m = event->metrics;

	(void)state;
	assert_int_equal(wire->nmetrics, 4);
	assert_int_equal(wire->always, 7);
	assert_int_equal(wire->has_bits, 1);
	assert_int_equal(wire->key_words, 10);
	assert_int_equal(wire->record_bytes, 16 + 8 * 13);
	assert_int_equal(wire->context_key, 3 | WORD(2));
	assert_int_equal(wire->context_filter, WORD(4));
	assert_int_equal(wire->context_fetch, 7 | WORD(4));
	assert_int_equal(wire->event_key, WORD(1) | 0xf * WORD(5));
	assert_int_equal(wire->sum_words, 7 * WORD(2));
	assert_int_equal(wire->event_wanted, 0xf * WORD(1) | 0xf * WORD(5));
	assert_int_equal(wire->optional_key, WORD(7));

	assert_int_equal(m[0].labels[0].key_word, 6);
	assert_int_equal(m[0].labels[1].key_word, 2);
	assert_int_equal(m[0].label_words, 4);
	assert_int_equal(m[0].label_presence, 0);
	assert_int_equal(m[1].labels[0].key_word, 8);
	assert_int_equal(m[1].labels[0].presence, WORD(7) << 32);
	assert_int_equal(m[1].label_presence, WORD(7) << 32);
	assert_int_equal(m[2].labels[0].key_word, 5);
	assert_int_equal(m[2].labels[1].key_word, 4);
	assert_int_equal(m[1].sum_word, 10);
	assert_int_equal(m[2].sum_word, 12);
	assert_int_equal(m[3].sum_word, 11);
	assert_int_equal(m[2].bucket_slot, 0);
	assert_int_equal(m[3].bucket_slot, 1);

	assert_int_equal(wire->metrics[0].value, 0);
	assert_int_equal(wire->metrics[1].value, 3);
	assert_int_equal(wire->metrics[2].value, 5);
	assert_int_equal(wire->metrics[3].value, 4);
	assert_int_equal(wire->metrics[0].table + wire->metrics[1].table, 0);
	assert_int_equal(wire->metrics[2].needs, WORD(4));
	assert_int_equal(wire->metrics[3].needs, 0);
	assert_int_equal(wire->metrics[0].cell, 0);
	assert_int_equal(wire->metrics[1].cell, 2);
	assert_int_equal(wire->metrics[2].cell, 4);
	assert_int_equal(wire->metrics[3].cell, 4 + 2 + 4);
	assert_int_equal(m[3].desc.nbounds, 27);
	assert_int_equal(event->lost_words, 10 + 2 + 28);
	planned__fini(&p);
}

static void assert_labels(const struct wire_label *labels, u64 n, u64 want_n, const u64 *words,
			  const u64 *users)
{
	assert_int_equal(n, want_n);
	for (u64 i = 0; i < want_n; i++) {
		assert_int_equal(labels[i].at, 8 * words[i]);
		assert_int_equal(labels[i].users, users[i]);
	}
}

/* Who may see a word in the key is told for each of a text's words. */
static void words_have_the_metrics_that_use_them(void **state)
{
	struct planned p = sound_plan(COUNT_B("labels: [comm, device]")
					      COUNT_C("labels: [file, {name: x, field: device}]"));
	const struct wire_plan *wire = &p.plan->events[0].wire;

	(void)state;
	assert_int_equal(wire->has_bits, 0); /* both metrics count every event */
	assert_labels(wire->context_labels, wire->ncontext_labels, 2, (const u64[]){0, 1},
		      (const u64[]){~0ULL, ~0ULL});
	assert_labels(wire->event_labels, wire->nevent_labels, 3, (const u64[]){1, 5, 6},
		      (const u64[]){~0ULL, ~0ULL, ~0ULL});
	planned__fini(&p);
}

/* Only where metrics count different events: a label that all of them have needs no telling. */
static void labels_are_hidden_from_metrics_that_lack_them(void **state)
{
	struct planned p = sound_plan(COUNT_B("where: device == 1, labels: [comm, device]")
					      COUNT_C("labels: [file, {name: x, field: device}]"));
	const struct wire_plan *wire = &p.plan->events[0].wire;

	(void)state;
	assert_int_equal(wire->has_bits, 1);
	assert_labels(wire->context_labels, wire->ncontext_labels, 2, (const u64[]){0, 1},
		      (const u64[]){1, 1});
	assert_labels(wire->event_labels, wire->nevent_labels, 3, (const u64[]){1, 5, 6},
		      (const u64[]){~0ULL, 2, 2});
	planned__fini(&p);
}

/* Behind the lost cells, on cache lines of their own, the slots and the list of touched ones. */
static void a_table_stands_behind_the_lost_cells(void **state)
{
	struct planned p = sound_plan(COUNT_B("value: bytes, labels: [comm, device]"));
	struct event_plan *event = &p.plan->events[0];
	const struct wire_plan *wire = &event->wire;

	(void)state;
	for (u32 slots = WIRE_SLOTS_MIN; slots <= WIRE_SLOTS_MAX; slots *= 2) {
		event_plan__set_slots(event, slots);
		assert_int_equal(event->slots, slots);
		assert_int_equal(wire->slots, slots);
		assert_int_equal(wire->slot_bytes, 8 * (1 + 3 + 1));
		assert_int_equal(wire->slots_at % 64, 0);
		assert_in_range(wire->slots_at, LEDGER_BYTES + 16, LEDGER_BYTES + 16 + 63);
		assert_int_equal(wire->touched_at, wire->slots_at + 40ULL * slots);
		assert_int_equal(event->ledger_bytes % 64, 0);
		assert_in_range(event->ledger_bytes, wire->touched_at + 4ULL * slots,
				wire->touched_at + 4ULL * slots + 63);
		assert_int_equal(~0ULL >> wire->hash_shift, slots / 2 - 1);
	}
	planned__fini(&p);
}

static void a_streamed_event_has_no_table(void **state)
{
	struct planned p =
		sound_plan(COUNT_B("labels: [comm]") "events: {io: {delivery: stream}}\n");
	struct event_plan *event = &p.plan->events[0];

	(void)state;
	event_plan__set_slots(event, 64);
	assert_int_equal(event->slots, 0);
	assert_int_equal(event->wire.slots, 0);
	assert_int_equal(event->wire.delivery, WIRE_STREAM);
	assert_int_equal(event->ledger_bytes, LEDGER_BYTES + 64);
	planned__fini(&p);
}

static void words_behind_other_words_are_counted_right(void **state)
{
	struct planned p = sound_plan(COUNT_B("labels: [last, n7, cpu, device, n0]"));
	const struct metric_plan *m = &p.plan->events[0].metrics[0];
	static const u32 want[] = {5, 4, 1, 2, 3};

	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(want); i++)
		assert_int_equal(m->labels[i].key_word, want[i]);
	assert_int_equal(m->label_presence, WORD(63));
	planned__fini(&p);
}

/* All tables of an event have room for the largest. */
static void tables_are_as_large_as_the_largest(void **state)
{
	struct planned p = sound_plan(HIST("a_seconds", "latency", "[1ns]", "") HIST(
		"b_seconds", "latency", "[1000ns, 1001ns, 1002ns, 1003ns, 1004ns]", "")
					      HIST("c_bytes", "bytes", "log2", ""));
	const struct event_plan *event = &p.plan->events[0];
	u64 slots = 0;

	(void)state;
	for (u32 i = 0; i < 3; i++) {
		const struct metric_plan *m = &event->metrics[i];

		slots = MAX(slots, (u64)bucket_table_slots(m->bounds, m->desc.nbounds));
		assert_int_equal(event->wire.metrics[i].steps,
				 bucket_table_steps(m->bounds, m->desc.nbounds));
	}
	assert_int_equal(event->wire.bound_slots, slots);
	assert_int_equal(slots & (slots - 1), 0);
	assert_int_equal(event->table_bytes, bucket_table_bytes((u32)slots));
	planned__fini(&p);
}

static void without_histograms_there_are_no_tables(void **state)
{
	struct planned p = sound_plan(COUNT);

	(void)state;
	assert_int_equal(p.plan->events[0].wire.ntables, 0);
	assert_int_equal(p.plan->events[0].wire.bound_slots, 0);
	assert_int_equal(p.plan->events[0].wire.key_words, 0);
	assert_int_equal(p.plan->events[0].lost_words, 2);
	planned__fini(&p);
}

static void what_does_not_fit_is_told(void **state)
{
	static const struct {
		const char *metrics;
		const char *want;
	} cases[] = {
		{COUNT_B("labels: [comm, tgid, tid, uid, gid, cgroup, cpu, n0, n1, n2, n3, n4, n5, "
			 "n6, n7]"),
		 ""},
		/* 16 words of labels and the bits */
		{COUNT COUNT_B(
			 "where: device == 1, labels: [comm, tgid, tid, uid, gid, cgroup, cpu, "
			 "n0, n1, n2, n3, n4, n5, n6, n7]"),
		 "t:3:3: event 'io': the labels of its metrics make a joint key of 136 bytes, at "
		 "most 128\n"},
		{"- {name: v0_total, event: io, type: counter, value: n0}\n"
		 "- {name: v1_total, event: io, type: counter, value: n1}\n"
		 "- {name: v2_total, event: io, type: counter, value: n2}\n"
		 "- {name: v3_total, event: io, type: counter, value: n3}\n"
		 "- {name: v4_total, event: io, type: counter, value: n4}\n"
		 "- {name: v5_total, event: io, type: counter, value: n5}\n"
		 "- {name: v6_total, event: io, type: counter, value: n6}\n"
		 "- {name: v7_total, event: io, type: counter, value: n7}\n"
		 "- {name: w7_total, event: io, type: counter, value: n7}\n",
		 ""},
		{"- {name: v0_total, event: io, type: counter, value: n0}\n"
		 "- {name: v1_total, event: io, type: counter, value: n1}\n"
		 "- {name: v2_total, event: io, type: counter, value: n2}\n"
		 "- {name: v3_total, event: io, type: counter, value: n3}\n"
		 "- {name: v4_total, event: io, type: counter, value: n4}\n"
		 "- {name: v5_total, event: io, type: counter, value: n5}\n"
		 "- {name: v6_total, event: io, type: counter, value: n6}\n"
		 "- {name: v7_total, event: io, type: counter, value: n7}\n"
		 "- {name: v8_total, event: io, type: counter, value: device}\n",
		 "t:10:3: event 'io': its metrics add up more than 8 fields\n"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct planned p = plan(cases[i].metrics);

		assert_findings(&p.diags, cases[i].want);
		planned__fini(&p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bits_are_there_when_events_can_differ),
		cmocka_unit_test(plain_sums_take_parts_and_the_rest),
		cmocka_unit_test(starts_are_for_those_who_need_them),
		cmocka_unit_test(a_program_is_loaded_for_those_it_is_for),
		cmocka_unit_test(bucket_numbers_stand_four_to_a_word),
		cmocka_unit_test(everything_has_its_place),
		cmocka_unit_test(words_have_the_metrics_that_use_them),
		cmocka_unit_test(labels_are_hidden_from_metrics_that_lack_them),
		cmocka_unit_test(a_table_stands_behind_the_lost_cells),
		cmocka_unit_test(a_streamed_event_has_no_table),
		cmocka_unit_test(words_behind_other_words_are_counted_right),
		cmocka_unit_test(tables_are_as_large_as_the_largest),
		cmocka_unit_test(without_histograms_there_are_no_tables),
		cmocka_unit_test(what_does_not_fit_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
