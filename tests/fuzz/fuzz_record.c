/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a record from a ring: counted as malformed, or its count is added, or it is stale;
 * or as the record of an event that is traced: refused, or every field has a value. */
#include "pipeline/route.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "pipeline/raw_event.h"
#include "pipeline/rings.h"
#include "tests/unit/pipeline/plan_test.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct plan_source *make_source(void)
{
	static struct field fields[] = {TEXT("name", 0, 2), NUMBER("call", 2, "syscall"),
					NUMBER("change", 3, DECODER_SIGNED)};
	static struct named_value kinds[] = {{"one", 1}, {"two", 2}};
	static struct field full_fields[] = {
		NUMBER("took", 1, DECODER_UNSIGNED),
		{.name = "maybe",
		 .help = "",
		 .decoder = DECODER_UNSIGNED,
		 .word = 2,
		 .words = 1,
		 .optional = true},
		{.name = "note",
		 .help = "",
		 .decoder = DECODER_TEXT,
		 .word = 3,
		 .words = 2,
		 .text = true,
		 .optional = true},
		{.name = "kind",
		 .help = "",
		 .decoder = "enum",
		 .word = 5,
		 .words = 1,
		 .names = kinds,
		 .nnames = ARRAY_SIZE(kinds)},
	};
	static struct record_schema events[] = {RECORD("io", 4, fields),
						{.name = "tick", .help = ""},
						{.name = "full",
						 .help = "",
						 .fields = full_fields,
						 .nfields = ARRAY_SIZE(full_fields),
						 .nwords = 6,
						 .has_presence = true}};
	static struct schema schema = {.events = events, .nevents = ARRAY_SIZE(events)};
	static const struct plan_source source = {"fuzz", &schema};

	schema.context = fake_context();
	return &source;
}

static const struct decoder_env env;

static struct route *make_route(void)
{
	static struct planned planned;
	struct route_spec spec = {.env = &env, .ncpus = 2};
	struct route *route = NULL;

	planned = plan_text("metrics:\n"
			    "- {name: a_total, event: io, type: counter, labels: [name, comm]}\n"
			    "- {name: b_total, event: io, type: counter, labels: [call, change]}\n"
			    "- {name: c_total, event: tick, type: counter}\n"
			    "- {name: d, event: full, type: histogram, value: took,\n"
			    "   buckets: [1, 5, 100], labels: [kind, comm]}\n"
			    "- {name: e, event: full, type: histogram, value: maybe,\n"
			    "   buckets: [7], labels: [note]}\n"
			    "- {name: f_total, event: full, type: counter, where: kind == one,\n"
			    "   labels: [maybe]}\n",
			    make_source(), 1);
	spec.plan = planned.plan;
	if (planned.rc || planned.diags.errors || route__new(&spec, &route, &planned.err))
		abort();
	return route;
}

static struct planned traced;

static struct raw_reader *make_reader(void)
{
	static const struct single single = {.event = "full", .delivery = DELIVERY_TRACE};
	struct raw_reader *reader = NULL;

	traced = plan_single(&single, make_source(), 1);
	if (traced.rc || traced.diags.errors ||
	    raw_reader__new(&traced.plan->events[0], 2, &env, &reader, &traced.err))
		abort();
	raw_reader__set_generation(reader, 2);
	return reader;
}

/* It is a text, with a NUL where it ends. */
static bool is_sound(const struct decoded *text)
{
	u32 code;
	size_t n;

	for (size_t at = 0; at < text->len; at += n) {
		n = utf8_decode(text->text + at, text->len - at, &code);
		if (n == 0)
			return false;
	}
	return text->len <= DECODED_MAX && text->text[text->len] == '\0';
}

static void read_raw(const u64 *record, size_t size)
{
	static struct raw_reader *r;
	const struct wire_raw *raw = NULL;
	struct raw_value value = {0};

	r = r ? r : make_reader();
	if (raw_reader__check(r, record, size, &raw))
		return;
	for (u32 i = 0; i < traced.plan->events[0].metrics[0].nlabels; i++) {
		raw_reader__value(r, raw, i, &value);
		if (value.kind == RAW_TEXT && !is_sound(&value.text))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct route *r;
	u64 *record = memcpy(malloc(size + 1), data, size); /* aligned, as rings do */
	u32 event = 0;
	u64 count = 0;

	r = r ? r : make_route();
	int rc = route__inspect(r, record, size, &event, &count);
	u64 malformed = route__malformed(r) + (rc == -EBADMSG);
	u64 consumed = route__consumed(r, event) + count;
	route__records(r, &(struct rings_record){record, size}, 1);
	/* The first record of a newer generation begins the count anew. */
	bool anew = rc == 0 && route__consumed(r, event) == count;
	if (route__malformed(r) != malformed || (route__consumed(r, event) != consumed && !anew))
		abort();
	read_raw(record, size);
	free(record);
	return 0;
}
