/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "tests/unit/config/findings.h"
#include "tests/unit/pipeline/plan_test.h"

static struct field io_fields[] = {
	NUMBER("device", 0, DECODER_UNSIGNED),
	NUMBER("operation", 1, "syscall"),
	TEXT("file", 2, 4),
	NUMBER("change", 6, DECODER_SIGNED),
	NUMBER("cpu", 7, DECODER_UNSIGNED), /* hides the context's */
	NUMBER("strange", 8, "no_such_decoder"),
	NUMBER("spelled", 9, DECODER_TEXT),
	TEXT("counted", 10, 1),
};

static struct field wide_fields[] = {
	TEXT("path", 0, 10),
	TEXT("user", 10, 6),
	NUMBER("mode", 16, DECODER_UNSIGNED),
	NUMBER("last", 31, DECODER_UNSIGNED),
};

static struct record_schema events[] = {
	RECORD("io", 11, io_fields),
	RECORD("wide", 32, wide_fields),
	{.name = "tick", .help = ""},
};

static struct schema schema = {.events = events, .nevents = ARRAY_SIZE(events)};
static const struct plan_source source = {.name = "the fakes", .schema = &schema};

#define WORD(n) (1ULL << (n))

static int setup(void **state)
{
	(void)state;
	io_fields[7].decoder = DECODER_UNSIGNED;
	schema.context = fake_context();
	return 0;
}

static struct plan *assert_plans(struct planned *p, const char *text)
{
	*p = plan_text(text, &source, 1);
	assert_string_equal(p->err.msg, "");
	assert_findings(&p->diags, "");
	assert_int_equal(p->rc, 0);
	assert_non_null(p->plan);
	return p->plan;
}

static void labels_choose_the_words_of_the_key(void **state)
{
	static const struct {
		const char *event;
		const char *labels;
		u64 context_key;
		u64 event_key;
		u64 key_words;
		u32 at[4]; /* of each label, its first word in the key */
	} cases[] = {
		{"tick", "[]", 0, 0, 0, {0}},
		{"tick", "[comm]", 0x3, 0, 2, {0}},
		{"io", "[device]", 0, WORD(0), 1, {0}},
		{"io", "[change, device]", 0, WORD(6) | WORD(0), 2, {1, 0}},
		{"io", "[file]", 0, 0x3c, 4, {0}},
		{"io", "[device, tgid]", WORD(2), WORD(0), 2, {1, 0}},
		{"io", "[change, file, comm, uid]", 0x3 | WORD(4), 0x3c | WORD(6), 8, {7, 3, 0, 2}},
		{"io", "[tid, tgid, comm]", 0xf, 0, 4, {3, 2, 0}},
		{"io", "[cpu]", 0, WORD(7), 1, {0}},
		{"tick", "[cpu]", WORD(7), 0, 1, {0}},
		{"io", "[device, {name: twice, field: device}]", 0, WORD(0), 1, {0, 0}},
		{"wide", "[last, mode, tgid]", WORD(2), WORD(31) | WORD(16), 3, {2, 1, 0}},
		{"wide", "[path, user]", 0, 0xffff, 16, {0, 10}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct planned p;
		char text[256];

		snprintf(text, sizeof(text),
			 "metrics: [{name: a_total, event: %s, type: counter, labels: %s}]",
			 cases[i].event, cases[i].labels);

		const struct plan *plan = assert_plans(&p, text);
		const struct wire_plan *wire = &plan->events[0].wire;
		const struct metric_plan *metric = &plan->events[0].metrics[0];

		assert_int_equal(plan->nevents, 1);
		assert_string_equal(plan->events[0].schema->name, cases[i].event);
		assert_int_equal(wire->enabled, 1);
		assert_int_equal(wire->context_key, cases[i].context_key);
		assert_int_equal(wire->context_fetch, cases[i].context_key);
		assert_int_equal(wire->event_key, cases[i].event_key);
		assert_int_equal(wire->event_wanted, cases[i].event_key);
		assert_int_equal(wire->key_words, cases[i].key_words);
		assert_int_equal(wire->record_bytes, 16 + 8 * cases[i].key_words);
		for (u32 l = 0; l < metric->nlabels; l++)
			assert_int_equal(metric->labels[l].key_word, cases[i].at[l]);
		planned__fini(&p);
	}
}

static void metrics_of_one_event_share_its_key(void **state)
{
	struct planned p;
	const struct plan *plan = assert_plans(
		&p, "metrics:\n"
		    "- {name: a_total, event: io, type: counter, labels: [device]}\n"
		    "- {name: b_total, event: tick, type: counter, labels: [uid]}\n"
		    "- {name: c_total, event: io, type: counter, labels: [uid, device]}\n"
		    "- {name: d_total, event: io, type: counter}\n");
	const struct event_plan *io = &plan->events[0];

	(void)state;
	assert_int_equal(plan->nevents, 2);
	assert_int_equal(io->wire.event, 0);
	assert_int_equal(plan->events[1].wire.event, 1);
	assert_int_equal(io->nmetrics, 3);
	assert_int_equal(io->wire.nmetrics, 3);
	assert_int_equal(io->wire.always, 7);
	assert_int_equal(io->wire.has_bits, 0);
	assert_int_equal(io->wire.context_key, WORD(4));
	assert_int_equal(io->wire.event_key, WORD(0));
	assert_int_equal(io->wire.key_words, 2);
	/* The first metric was planned before anybody asked for the uid that now stands first. */
	assert_int_equal(io->metrics[0].labels[0].key_word, 1);
	assert_int_equal(io->metrics[1].labels[0].key_word, 0);
	assert_int_equal(io->metrics[1].labels[1].key_word, 1);
	assert_int_equal(io->metrics[1].label_words, 2);
	assert_int_equal(io->metrics[2].nlabels, 0);
	assert_int_equal(plan->events[1].nmetrics, 1);
	planned__fini(&p);
}

static void a_metric_is_described_as_the_config_says(void **state)
{
	struct planned p;
	const struct plan *plan = assert_plans(
		&p, "namespace: my\n"
		    "ring: {size: 128KiB}\n"
		    "metrics: [{name: a_total, help: Hm., event: io, type: counter,\n"
		    "           labels: [{name: what, field: operation}, comm], max_series: 7}]");
	const struct metric_plan *metric = &plan->events[0].metrics[0];

	(void)state;
	assert_string_equal(metric->desc.name, "my_a_total");
	assert_string_equal(metric->name, "a_total");
	assert_string_equal(metric->desc.help, "Hm.");
	assert_string_equal(metric->kind->kind, "counter");
	assert_int_equal(metric->desc.shape, AGG_SHAPE_COUNTER);
	assert_int_equal(metric->limits.max_series, 7);
	assert_int_equal(metric->desc.nlabels, 2);
	assert_string_equal(metric->desc.label_names[0], "what");
	assert_string_equal(metric->desc.label_names[1], "comm");
	assert_string_equal(metric->labels[0].decoder->name, "syscall");
	assert_string_equal(metric->labels[1].decoder->name, "string");
	assert_false(metric->labels[0].of_context);
	assert_true(metric->labels[1].of_context);
	assert_int_equal(metric->label_words, 3);
	assert_int_equal(plan->events[0].wire.wake_bytes, 32 << 10);
	planned__fini(&p);
}

static void limits_of_series_are_those_of_the_config(void **state)
{
	struct planned p;
	const struct plan *plan = assert_plans(
		&p, "defaults: {max_series: 9, linger: 2m, ttl: 10s}\n"
		    "metrics:\n"
		    "- {name: a_total, event: io, type: counter, labels: [comm, device]}\n"
		    "- {name: b_total, event: io, type: topk, k: 5, linger: 3s, ttl: off,\n"
		    "   labels: [uid, {name: dev, field: device, max_values: 4}, cpu],\n"
		    "   fold_order: [cpu, dev]}\n"
		    "- {name: c_total, event: io, type: topk, labels: [comm]}\n");
	const struct metric_plan *metrics = plan->events[0].metrics;
	const struct family_limits *limits = &metrics[0].limits;

	(void)state;
	assert_int_equal(limits->max_series, 9);
	assert_int_equal(limits->linger_ns, 120000000000);
	assert_int_equal(limits->ttl_ns, 10000000000);
	assert_null(limits->max_values);
	assert_int_equal(limits->nfold, 0);
	limits = &metrics[1].limits;
	assert_true(metrics[1].kind->ranked);
	assert_int_equal(limits->max_series, 5);
	assert_int_equal(limits->linger_ns, 3000000000);
	assert_int_equal(limits->ttl_ns, 0);
	assert_int_equal(limits->max_values[0], 0);
	assert_int_equal(limits->max_values[1], 4);
	assert_int_equal(limits->max_values[2], 0);
	assert_int_equal(limits->nfold, 2);
	assert_int_equal(limits->fold_order[0], 2);
	assert_int_equal(limits->fold_order[1], 1);
	assert_int_equal(metrics[2].limits.max_series, 20);
	planned__fini(&p);
}

static void what_cannot_be_planned_is_told_with_its_place(void **state)
{
	static const struct {
		const char *text;
		const char *want;
	} cases[] = {
		{"metrics: [{name: a_total, event: oi, type: counter}]",
		 "t:1:34: unknown event 'oi' (did you mean 'io'?)\n"},
		{"metrics: [{name: a_total, event: nothing_like_it, type: counter}]",
		 "t:1:34: unknown event 'nothing_like_it'; `ringtally probes` lists them\n"},
		{"events:\n  tock: {}\nmetrics: [{name: a_total, event: io, type: counter}]",
		 "t:2:3: unknown event 'tock' (did you mean 'tick'?)\n"},
		{"metrics: [{name: a_total, event: io, type: counterx}]",
		 "t:1:44: unknown metric type 'counterx' (did you mean 'counter'?)\n"},
		{"metrics: [{name: a_total, event: io, type: topk, labels: [cpu], max_series: 5}]",
		 "t:1:77: a topk has no 'max_series': 'k' says how many label sets it keeps\n"},
		{"defaults: {max_series: 5}\n"
		 "metrics: [{name: a_total, event: io, type: topk, labels: [cpu]}]",
		 ""},
		{"metrics: [{name: a_total, event: io, type: counter, labels: [cpu], k: 5}]",
		 "t:1:71: a counter has no 'k': 'max_series' says how many label sets it "
		 "keeps\n"},
		{"metrics: [{name: a_total, event: io, type: topk, k: 5}]",
		 "t:1:11: a topk without labels has nothing to rank\n"},
		{"metrics:\n"
		 "- {name: a_total, event: io, type: topk, labels: [{name: cpu, max_values: 21}]}\n"
		 "- {name: b_total, event: io, type: counter, max_series: 7, labels: [{name: cpu,\n"
		 "   max_values: 8}, {name: tid, max_values: 7}]}\n",
		 "t:2:75: warning: 'max_values' 21 is never reached: the metric has at most 20 "
		 "label sets ('k')\n"
		 "t:4:16: warning: 'max_values' 8 is never reached: the metric has at most 7 label "
		 "sets ('max_series')\n"},
		{"metrics: [{name: a_total, event: io, type: counter, labels: [devixe]}]",
		 "t:1:62: event 'io' has no field 'devixe' (did you mean 'device'?)\n"},
		{"metrics: [{name: a_total, event: io, type: counter, labels: [tpid]}]",
		 "t:1:62: event 'io' has no field 'tpid' (did you mean 'tgid'?)\n"},
		{"metrics: [{name: a_total, event: tick, type: counter,\n"
		 "           labels: [comm, {name: device}, {name: x, field: y}]}]",
		 "t:2:34: event 'tick' has no field 'device'\n"
		 "t:2:60: event 'tick' has no field 'y'\n"},
		{"metrics: [{name: a_total, event: io, type: counter, labels: [strange]}]",
		 "t:1:62: field 'strange': its object asks for decoder 'no_such_decoder', which "
		 "does not exist\n"},
		{"metrics: [{name: a_total, event: io, type: counter, labels: [spelled]}]",
		 "t:1:62: field 'spelled': its object asks for decoder 'string', which does not "
		 "take fields of this type\n"},
		{"metrics: [{name: a_total, event: io, type: counter, labels: [counted]}]",
		 "t:1:62: field 'counted': its object asks for decoder 'uint', which does not "
		 "take fields of this type\n"},
		{"metrics: [{name: a_total, event: wide, type: counter, labels: [path, user, "
		 "mode]}]",
		 "t:1:11: event 'wide': the labels of its metrics make a joint key of 136 bytes, "
		 "at most 128\n"},
		{"metrics:\n"
		 "- {name: a_total, event: wide, type: counter, labels: [path, user]}\n"
		 "- {name: b_total, event: wide, type: counter, labels: [comm]}\n",
		 "t:3:3: event 'wide': the labels of its metrics make a joint key of 144 bytes, "
		 "at most 128\n"},
		{"metrics:\n"
		 "- {name: a_total, event: io, type: nonsense, labels: [x1]}\n"
		 "- {name: b_total, event: no_event, type: nonsense, labels: [x2]}\n"
		 "- {name: c_total, event: tick, type: counter, labels: [x3]}\n",
		 "t:2:36: unknown metric type 'nonsense'\n"
		 "t:2:55: event 'io' has no field 'x1'\n"
		 "t:3:26: unknown event 'no_event'; `ringtally probes` lists them\n"
		 "t:3:42: unknown metric type 'nonsense'\n"
		 "t:4:56: event 'tick' has no field 'x3'\n"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct planned p = plan_text(cases[i].text, &source, 1);

		assert_int_equal(p.rc, 0);
		assert_findings(&p.diags, cases[i].want);
		planned__fini(&p);
	}
}

/* n metrics of one event, one a line. */
static char *many_metrics(u32 n)
{
	struct strbuf b;
	size_t len;

	strbuf__init(&b);
	strbuf__printf(&b, "metrics:\n");
	for (u32 i = 0; i < n; i++)
		strbuf__printf(&b, "- {name: a%u_total, event: tick, type: counter}\n", i);
	return strbuf__take(&b, &len);
}

static void an_event_has_at_most_16_metrics(void **state)
{
	static const struct {
		u32 metrics;
		const char *want;
	} cases[] = {
		{16, ""},
		{17, "t:18:3: event 'tick' has more than 16 metrics\n"},
		{18, "t:18:3: event 'tick' has more than 16 metrics\n"
		     "t:19:3: event 'tick' has more than 16 metrics\n"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *text = many_metrics(cases[i].metrics);
		struct planned p = plan_text(text, &source, 1);

		assert_int_equal(p.rc, 0);
		assert_findings(&p.diags, cases[i].want);
		assert_int_equal(p.plan->events[0].nmetrics, 16);
		planned__fini(&p);
		free(text);
	}
}

static void a_config_with_findings_is_planned_without_a_crash(void **state)
{
	static const char *const texts[] = {
		"metrics: [{name: 1, type: counter}]",
		"metrics: [{event: io, type: counter, labels: [comm]}]",
		"metrics: [{name: a_total, event: io}]",
		"metrics: [{name: a_total, event: io, type: counter, labels: [{field: comm}]}]",
		"metrics: [{name: a_total, event: io, type: counter, max_series: none}]",
		"metrics: [{}]",
		"metrics: []",
		"",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct planned p = plan_text(texts[i], &source, 1);

		assert_int_equal(p.rc, 0);
		assert_true(p.diags.errors > 0);
		planned__fini(&p);
	}
}

static void an_event_of_two_objects_is_refused(void **state)
{
	static struct record_schema other_events[] = {{.name = "other", .help = ""},
						      {.name = "tick", .help = ""}};
	struct schema other = {.events = other_events, .nevents = ARRAY_SIZE(other_events)};
	const struct plan_source sources[] = {source, {.name = "/etc/x.bpf.o", .schema = &other}};
	const char *const text = "metrics: [{name: a_total, event: other, type: counter}]";
	struct planned p = plan_text(text, sources, ARRAY_SIZE(sources));

	(void)state;
	assert_int_equal(p.rc, -EEXIST);
	assert_string_equal(p.err.msg, "event 'tick' is defined by the fakes and by /etc/x.bpf.o");
	assert_null(p.plan);
	planned__fini(&p);

	other.nevents = 1;
	p = plan_text(text, sources, ARRAY_SIZE(sources));
	assert_int_equal(p.rc, 0);
	assert_findings(&p.diags, "");
	assert_int_equal(p.plan->events[0].object, 1);
	planned__fini(&p);
}

/* Every object has the context in its own BTF; labels take the one of the event's object. */
static void labels_use_the_context_of_the_events_object(void **state)
{
	static struct field few[] = {NUMBER("tgid", 0, DECODER_UNSIGNED)};
	static struct record_schema other_events[] = {{.name = "other", .help = ""}};
	const struct schema other = {
		.events = other_events, .nevents = 1, .context = RECORD("context", 1, few)};
	const struct plan_source sources[] = {source, {.name = "o", .schema = &other}};
	struct planned p =
		plan_text("metrics:\n"
			  "- {name: a_total, event: tick, type: counter, labels: [tgid]}\n"
			  "- {name: b_total, event: other, type: counter, labels: [tgid, uid]}\n",
			  sources, ARRAY_SIZE(sources));

	(void)state;
	assert_findings(&p.diags, "t:3:63: event 'other' has no field 'uid'\n");
	assert_int_equal(p.plan->events[0].wire.context_key, WORD(2));
	assert_int_equal(p.plan->events[1].wire.context_key, WORD(0));
	planned__fini(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(labels_choose_the_words_of_the_key),
		cmocka_unit_test(metrics_of_one_event_share_its_key),
		cmocka_unit_test(a_metric_is_described_as_the_config_says),
		cmocka_unit_test(limits_of_series_are_those_of_the_config),
		cmocka_unit_test(what_cannot_be_planned_is_told_with_its_place),
		cmocka_unit_test(an_event_has_at_most_16_metrics),
		cmocka_unit_test(a_config_with_findings_is_planned_without_a_crash),
		cmocka_unit_test(an_event_of_two_objects_is_refused),
		cmocka_unit_test(labels_use_the_context_of_the_events_object),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
