/* SPDX-License-Identifier: Apache-2.0 */
/* Plans that trace, and records as the kernel would write them by such a plan. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pipeline/raw_event.h"
#include "tests/unit/config/findings.h"
#include "tests/unit/pipeline/plan_test.h"

enum { EVENT_WORDS = 7, NCPUS = 2 };

static struct named_value operations[] = {{"read", 0}, {"write", 1}};

static struct field io_fields[] = {
	{.name = "operation",
	 .help = "",
	 .decoder = "enum",
	 .word = 1,
	 .words = 1,
	 .names = operations,
	 .nnames = ARRAY_SIZE(operations)},
	NUMBER("bytes", 2, DECODER_UNSIGNED),
	{.name = "queued",
	 .help = "",
	 .decoder = DECODER_UNSIGNED,
	 .word = 3,
	 .words = 1,
	 .optional = true},
	NUMBER("change", 4, DECODER_SIGNED),
	TEXT("file", 5, 2),
};

static struct record_schema events[] = {
	{.name = "io",
	 .help = "",
	 .fields = io_fields,
	 .nfields = ARRAY_SIZE(io_fields),
	 .nwords = EVENT_WORDS,
	 .has_presence = true},
};

static struct schema schema = {.events = events, .nevents = ARRAY_SIZE(events)};

#define WORD(n) (1ULL << (n))

static struct planned plan(const char *fields, const char *where)
{
	const struct single_where wheres[] = {{"--where", where}};
	const struct single single = {
		.event = "io",
		.delivery = DELIVERY_TRACE,
		.wheres = wheres,
		.nwheres = ARRAY_SIZE(wheres),
		.fields = fields,
		.fields_origin = "--fields",
	};
	struct planned p;

	schema.context = fake_context();
	p = plan_single(&single, &(struct plan_source){"fake", &schema}, 1);
	assert_string_equal(p.err.msg, "");
	return p;
}

/* A plan, its reader, and a record that it takes. */
struct fixture {
	struct planned planned;
	const struct event_plan *event;
	struct raw_reader *reader;
	u64 record[64];
	size_t bytes;
};

static struct wire_head *head(struct fixture *f)
{
	return (struct wire_head *)f->record;
}

static void set_up(struct fixture *f, const char *fields, const char *where)
{
	static const struct decoder_env env = {0};
	struct err err = {0};

	*f = (struct fixture){.planned = plan(fields, where)};
	assert_findings(&f->planned.diags, "");
	f->event = &f->planned.plan->events[0];
	assert_int_equal(raw_reader__new(f->event, NCPUS, &env, &f->reader, &err), 0);
	f->bytes = f->event->wire.record_bytes;
	assert_in_range(f->bytes, 16, sizeof(f->record));
	*head(f) = (struct wire_head){WIRE_RAW, 1, (u16)f->event->wire.event, NCPUS - 1};
}

static void tear_down(struct fixture *f)
{
	raw_reader__free(f->reader);
	planned__fini(&f->planned);
}

static struct raw_value value_of(struct fixture *f, const char *name)
{
	const struct metric_plan *shown = &f->event->metrics[0];
	const struct wire_raw *raw = NULL;
	struct raw_value value = {0};

	assert_int_equal(raw_reader__check(f->reader, f->record, f->bytes, &raw), 0);
	for (u32 i = 0; i < shown->nlabels; i++) {
		if (strcmp(shown->labels[i].name, name) != 0)
			continue;
		raw_reader__value(f->reader, raw, i, &value);
		return value;
	}
	fail_msg("no field %s", name);
	return value;
}

static void assert_text(struct fixture *f, const char *name, const char *text)
{
	const struct raw_value value = value_of(f, name);

	assert_int_equal(value.kind, RAW_TEXT);
	assert_string_equal(value.text.text, text);
}

static void assert_number(struct fixture *f, const char *name, u64 number)
{
	const struct raw_value value = value_of(f, name);

	assert_int_equal(value.kind, RAW_UNSIGNED);
	assert_int_equal(value.number, number);
}

/* head | time | 7 words of the event | comm, tgid, cpu */
static void a_record_has_all_of_the_event_and_what_is_asked_for_of_the_context(void **state)
{
	struct fixture f;
	struct raw_value value;

	(void)state;
	set_up(&f, NULL, NULL);
	assert_int_equal(f.bytes, (2 + EVENT_WORDS + 4) * sizeof(u64));
	assert_int_equal(f.event->wire.context_fetch, WORD(0) | WORD(1) | WORD(2) | WORD(7));
	assert_int_equal(f.event->wire.event_wanted,
			 WORD(1) | WORD(2) | WORD(3) | WORD(4) | WORD(5) | WORD(6));
	f.record[1] = 123;
	f.record[2] = WORD(3); /* queued is there */
	f.record[3] = 1;
	f.record[4] = 4096;
	f.record[5] = 77;
	f.record[6] = (u64)-5;
	memcpy(&f.record[7], "a\xff\x01", 3);
	memcpy(&f.record[9], "0123456789abcde", 16);
	f.record[11] = 42;
	f.record[12] = 1;
	assert_number(&f, "time", 123);
	assert_text(&f, "operation", "write");
	assert_number(&f, "bytes", 4096);
	assert_number(&f, "queued", 77);
	value = value_of(&f, "change");
	assert_int_equal(value.kind, RAW_SIGNED);
	assert_int_equal((s64)value.number, -5);
	assert_text(&f, "file", "a\xef\xbf\xbd\x01");
	assert_text(&f, "comm", "0123456789abcde");
	assert_number(&f, "tgid", 42);
	assert_number(&f, "cpu", 1);
	f.record[2] = 0;
	assert_int_equal(value_of(&f, "queued").kind, RAW_ABSENT);
	tear_down(&f);
}

/* What only the condition looks at is fetched as well, and stands among the others. */
static void words_of_the_condition_move_those_behind_them(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f, "cpu,time,bytes", "tid == 7 and change < 0");
	assert_int_equal(f.bytes, (2 + EVENT_WORDS + 2) * sizeof(u64));
	assert_int_equal(f.event->wire.context_filter, WORD(3) | WORD(7)); /* copied from there */
	assert_int_equal(f.event->wire.context_fetch, WORD(3) | WORD(7));
	assert_int_equal(f.event->wire.event_wanted, WORD(2) | WORD(4));
	assert_int_equal(f.event->wire.always, 0);
	assert_int_equal(f.event->wire.delivery, WIRE_TRACE);
	assert_int_equal(f.event->wire.slots, 0);
	f.record[1] = 9;
	f.record[4] = 512;
	f.record[9] = 7;
	f.record[10] = 1;
	assert_number(&f, "cpu", 1);
	assert_number(&f, "time", 9);
	assert_number(&f, "bytes", 512);
	tear_down(&f);
}

static void fields_are_shown_in_the_order_of_whoever_names_them(void **state)
{
	static const char *const by_default[] = {"time",  "comm",   "tgid",   "cpu", "operation",
						 "bytes", "queued", "change", "file"};
	struct fixture f;

	(void)state;
	set_up(&f, NULL, NULL);
	assert_int_equal(f.event->metrics[0].nlabels, ARRAY_SIZE(by_default));
	for (u32 i = 0; i < ARRAY_SIZE(by_default); i++)
		assert_string_equal(f.event->metrics[0].labels[i].name, by_default[i]);
	tear_down(&f);
	set_up(&f, "file,uid,time", NULL);
	assert_int_equal(f.event->metrics[0].nlabels, 3);
	assert_string_equal(f.event->metrics[0].labels[0].name, "file");
	assert_string_equal(f.event->metrics[0].labels[1].name, "uid");
	assert_string_equal(f.event->metrics[0].labels[2].name, "time");
	tear_down(&f);
}

static void records_that_the_plan_cannot_have_made_are_refused(void **state)
{
	const struct wire_raw *raw = NULL;
	struct fixture f;

	(void)state;
	set_up(&f, NULL, NULL);
	raw_reader__set_generation(f.reader, 2);
#define REFUSED(change, rc)                                                           \
	do {                                                                          \
		*head(&f) = (struct wire_head){WIRE_RAW, 2, 0, 0};                    \
		size_t n = f.bytes;                                                   \
		change;                                                               \
		assert_int_equal(raw_reader__check(f.reader, f.record, n, &raw), rc); \
	} while (0)
	REFUSED(n += 8, -EBADMSG);
	REFUSED(n -= 8, -EBADMSG);
	REFUSED(n = 0, -EBADMSG);
	REFUSED(n = 8, -EBADMSG);
	REFUSED(head(&f)->type = WIRE_PARTIAL, -EBADMSG);
	REFUSED(head(&f)->type = WIRE_MARK, -EBADMSG);
	REFUSED(head(&f)->type = 4, -EBADMSG);
	REFUSED(head(&f)->event = 1, -EBADMSG);
	REFUSED(head(&f)->cpu = NCPUS, -EBADMSG);
	REFUSED(head(&f)->generation = 0, -EBADMSG);
	REFUSED(head(&f)->generation = 3, -EBADMSG);
	REFUSED(head(&f)->generation = 1, -ESTALE);
	assert_null(raw);
	REFUSED((void)0, 0);
	assert_ptr_equal(raw, f.record);
#undef REFUSED
	tear_down(&f);
}

static void what_is_wrong_has_the_place_in_its_flag(void **state)
{
	static const struct {
		const char *fields;
		const char *where;
		const char *findings;
	} cases[] = {
		{"comm,byte", NULL,
		 "--fields:1:6: event 'io' has no field 'byte' (did you mean 'bytes'?)\n"},
		{NULL, "bytes > 1 and nothing > 2",
		 "--where:1:15: event 'io' has no field 'nothing'\n"},
		{NULL, "time > 2", "--where:1:1: event 'io' has no field 'time'\n"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct planned p = plan(cases[i].fields, cases[i].where);

		assert_findings(&p.diags, cases[i].findings);
		planned__fini(&p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_record_has_all_of_the_event_and_what_is_asked_for_of_the_context),
		cmocka_unit_test(words_of_the_condition_move_those_behind_them),
		cmocka_unit_test(fields_are_shown_in_the_order_of_whoever_names_them),
		cmocka_unit_test(records_that_the_plan_cannot_have_made_are_refused),
		cmocka_unit_test(what_is_wrong_has_the_place_in_its_flag),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
