/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a record from a ring: counted as malformed, or its count is added, or it is stale.
 */
#include "pipeline/route.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "pipeline/rings.h"
#include "tests/unit/pipeline/plan_test.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct route *make_route(void)
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
	static struct planned planned;
	struct route_spec spec = {.env = &(struct decoder_env){0}, .ncpus = 2};
	struct route *route = NULL;

	schema.context = fake_context();
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
			    &(struct plan_source){"fuzz", &schema}, 1);
	spec.plan = planned.plan;
	if (planned.rc || planned.diags.errors || route__new(&spec, &route, &planned.err))
		abort();
	return route;
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
	free(record);
	return 0;
}
