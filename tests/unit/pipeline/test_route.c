/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records made by hand, routed into real families. The decoders are the test's own (this file
 * defines the registry, so the library's is not linked): they count their calls and do what is
 * asked of them.
 */
#include "pipeline/route.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "aggregators/labels.h"
#include "aggregators/series.h"
#include "aggregators/snapshot.h"
#include "pipeline/decoders/dec_number.h"
#include "pipeline/decoders/dec_string.h"
#include "pipeline/decoders/decoded.h"
#include "pipeline/ledger.h"
#include "pipeline/rings.h"
#include "tests/unit/pipeline/plan_test.h"

enum { CPUS = 4, FEW = 7, TEXT_BYTES = 512 };

static u32 few_calls;
static bool fickle_is_resolved;
static u32 fickle_calls;

static void decode_few(struct decoder *d, const u64 *words, u32 n, struct decoded *ret)
{
	(void)d;
	assert_int_equal(n, 1);
	few_calls++;
	decoded__format(ret, "few %llu", words[0] % FEW);
}

static void decode_fickle(struct decoder *d, const u64 *words, u32 n, struct decoded *ret)
{
	(void)d;
	(void)n;
	fickle_calls++;
	decoded__format(ret, "%s %llu", fickle_is_resolved ? "name" : "unknown", words[0]);
	ret->provisional = !fickle_is_resolved;
}

static void decode_broken(struct decoder *d, const u64 *words, u32 n, struct decoded *ret)
{
	(void)d;
	(void)n;
	decoded__fail(ret, "broken:%llu", words[0]);
}

static void destroy(struct decoder *d)
{
	free(d);
}

/* A decoder of this name, which decode_NAME is. */
#define DEFINE_DECODER(name_)                                                                  \
	static int create_##name_(const struct decoder_env *env, struct decoder **ret_decoder, \
				  struct err *err);                                            \
	static const struct decoder_ops name_##_ops = {                                        \
		.name = #name_,                                                                \
		.create = create_##name_,                                                      \
		.decode = decode_##name_,                                                      \
		.destroy = destroy,                                                            \
	};                                                                                     \
	static int create_##name_(const struct decoder_env *env, struct decoder **ret_decoder, \
				  struct err *err)                                             \
	{                                                                                      \
		(void)env;                                                                     \
		(void)err;                                                                     \
		*ret_decoder = malloc(sizeof(**ret_decoder));                                  \
		assert_non_null(*ret_decoder);                                                 \
		(*ret_decoder)->ops = &name_##_ops;                                            \
		return 0;                                                                      \
	}

DEFINE_DECODER(few)
DEFINE_DECODER(fickle)
DEFINE_DECODER(broken)

const struct decoder_ops *const decoder_kinds[] = {&dec_string_ops, &dec_uint_ops, &few_ops,
						   &fickle_ops, &broken_ops};
const size_t decoder_kinds_count = ARRAY_SIZE(decoder_kinds);

const struct decoder_ops *decoder_kind(const char *name)
{
	for (size_t i = 0; i < decoder_kinds_count; i++)
		if (!strcmp(decoder_kinds[i]->name, name))
			return decoder_kinds[i];
	return NULL;
}

/* NOLINTNEXTLINE(readability-non-const-parameter): the type is the slot's */
int decoder_no_encode(struct decoder *d, const char *text, u64 *ret_word)
{
	(void)d;
	(void)text;
	(void)ret_word;
	return -ENOTSUP;
}

void decoder_no_names(struct decoder *d, struct suggestion *suggestion)
{
	(void)d;
	(void)suggestion;
}

static struct field io_fields[] = {
	TEXT("name", 0, 2),
	NUMBER("id", 2, "uint"),
	NUMBER("few", 3, "few"),
	NUMBER("fickle", 4, "fickle"),
	NUMBER("broken", 5, "broken"),
	NUMBER("amount", 6, "uint"),
	NUMBER("weight", 7, "uint"),
	{.name = "maybe", .help = "", .decoder = "uint", .word = 9, .words = 1, .optional = true},
	{.name = "note",
	 .help = "",
	 .decoder = DECODER_TEXT,
	 .word = 10,
	 .words = 1,
	 .text = true,
	 .optional = true},
};

/* What happened to whom, as the kernel knows it before it makes a key. */
union io {
	struct {
		char name[16];
		u64 id, few, fickle, broken, amount, weight, present, maybe;
		char note[8];
	};
	u64 words[11];
};

union context {
	struct {
		char comm[16];
		u64 tgid, tid, uid, gid, cgroup, cpu;
	};
	u64 words[8];
};

struct fixture {
	struct schema schema;
	struct planned planned;
	struct route *route;
	struct snapshot *snapshot;
};

static void start(struct fixture *f, const char *config)
{
	static struct record_schema events[] = {{.name = "io",
						 .help = "",
						 .fields = io_fields,
						 .nfields = ARRAY_SIZE(io_fields),
						 .nwords = 11,
						 .presence_word = 8,
						 .has_presence = true},
						{.name = "tick", .help = ""}};
	struct decoder_env env = {0};
	struct err err = {0};

	*f = (struct fixture){
		.schema = {.events = events, .nevents = ARRAY_SIZE(events)},
	};
	f->schema.context = fake_context();
	f->planned = plan_text(config, &(struct plan_source){"fake", &f->schema}, 1);
	assert_string_equal(f->planned.err.msg, "");
	assert_int_equal(f->planned.diags.errors, 0);
	if (route__new(&(struct route_spec){f->planned.plan, &env, CPUS, NULL, NULL}, &f->route,
		       &err))
		fail_msg("route: %s", err.msg);
	few_calls = 0;
	fickle_calls = 0;
	fickle_is_resolved = false;
}

static void stop(struct fixture *f)
{
	snapshot__free(f->snapshot);
	route__free(f->route);
	planned__fini(&f->planned);
}

static u64 *append(u64 *cursor, const u64 *words, u64 mask)
{
	for (; mask; mask &= mask - 1)
		*cursor++ = words[__builtin_ctzll(mask)];
	return cursor;
}

/* A record as wire.h describes it; room for the longest there can be. */
struct record {
	u64 bytes;
	u64 raw[2 + 64];
};

static struct wire_partial *partial_of(struct record *record)
{
	return (struct wire_partial *)record->raw;
}

static struct record make_record(const struct fixture *f, u32 event, u64 count,
				 const union context *context, const union io *io)
{
	const struct wire_plan *wire = &f->planned.plan->events[event].wire;
	struct record record = {.bytes = wire->record_bytes};
	struct wire_partial *partial = partial_of(&record);
	u64 *labels = partial->words + wire->key_words - __builtin_popcountll(wire->context_key) -
		      __builtin_popcountll(wire->event_key);

	partial->head = (struct wire_head){
		.type = WIRE_PARTIAL,
		.generation = (u8)wire->generation,
		.event = (u16)event,
		.cpu = CPUS - 1,
	};
	partial->count = count;
	if (wire->has_bits)
		partial->words[0] = ~0ULL;
	append(append(labels, context->words, wire->context_key), io->words, wire->event_key);
	return record;
}

/* By itself. */
static void take(struct fixture *f, const void *record, size_t n)
{
	route__records(f->route, &(struct rings_record){record, n}, 1);
}

static void feed(struct fixture *f, u64 count, const union context *context, const union io *io)
{
	struct record record = make_record(f, 0, count, context, io);

	take(f, record.raw, record.bytes);
}

static void feed_named(struct fixture *f, u64 count, const char *name)
{
	union io io = {0};

	memcpy(io.name, name, strnlen(name, sizeof(io.name)));
	feed(f, count, &(union context){0}, &io);
}

static const struct family_snapshot *look(struct fixture *f, u32 family)
{
	snapshot__free(f->snapshot);
	f->snapshot = NULL;
	assert_int_equal(snapshot__new(&f->snapshot), 0);
	assert_int_equal(route__snapshot(f->route, f->snapshot), 0);
	assert_true(family < f->snapshot->n);
	return &f->snapshot->families[family];
}

/* The label texts of a series with '|' between them. */
static void join(const struct labels *labels, char *ret_text)
{
	const char *text;
	size_t n;

	*ret_text = '\0';
	for (u16 pos = 0; labels__next(labels, &pos, &text, &n);)
		ret_text +=
			sprintf(ret_text, "%.*s%s", (int)n, text, pos < labels->nbytes ? "|" : "");
}

/* 0 when there is no such series. */
static u64 number_of(const struct family_snapshot *fs, const char *texts)
{
	char joined[TEXT_BYTES];

	for (size_t i = 0; i < fs->n; i++) {
		join(fs->labels[i], joined);
		if (!strcmp(joined, texts))
			return (u64)fs->rows.sums[i];
	}
	return 0;
}

static u64 total_of(const struct family_snapshot *fs)
{
	u128 total = 0;

	for (size_t i = 0; i < fs->n; i++)
		total += fs->rows.sums[i];
	assert_true(total <= ~0ULL);
	return (u64)total;
}

static void counts_go_to_the_series_of_their_labels(void **state)
{
	const union context shell = {.comm = "bash", .tgid = 10, .uid = 0};
	const union context editor = {.comm = "vi", .tgid = 11, .uid = 1000};
	struct fixture f;

	(void)state;
	start(&f, "metrics:\n"
		  "- {name: a_total, event: io, type: counter, labels: [name, comm]}\n"
		  "- {name: b_total, event: io, type: counter}\n"
		  "- {name: c_total, event: io, type: counter, labels: [uid]}\n"
		  "- {name: d_total, event: io, type: counter, labels: [few, tgid, id]}\n");
	feed(&f, 1, &shell, &(union io){.name = "read", .id = 5, .few = 8});
	feed(&f, 20, &editor, &(union io){.name = "read", .id = 5, .few = 1});
	feed(&f, 300, &editor, &(union io){.name = "write", .id = ~0ULL, .few = 6});
	feed(&f, 4000, &shell, &(union io){.name = "read", .id = 5, .few = 15});
	assert_int_equal(route__malformed(f.route), 0);
	assert_int_equal(route__consumed(f.route, 0), 4321);
	assert_int_equal(number_of(look(&f, 0), "read|bash"), 4001);
	assert_int_equal(number_of(look(&f, 0), "read|vi"), 20);
	assert_int_equal(number_of(look(&f, 0), "write|vi"), 300);
	assert_int_equal(number_of(look(&f, 1), ""), 4321);
	assert_int_equal(number_of(look(&f, 2), "0"), 4001);
	assert_int_equal(number_of(look(&f, 2), "1000"), 320);
	assert_int_equal(number_of(look(&f, 3), "few 1|10|5"), 4001);
	assert_int_equal(number_of(look(&f, 3), "few 1|11|5"), 20);
	assert_int_equal(number_of(look(&f, 3), "few 6|11|18446744073709551615"), 300);
	for (u32 i = 0; i < f.snapshot->n; i++)
		assert_int_equal(total_of(&f.snapshot->families[i]), 4321);
	stop(&f);
}

#define TWO_EVENTS                                                          \
	"metrics:\n"                                                        \
	"- {name: a_total, event: io, type: counter, labels: [id, tgid]}\n" \
	"- {name: b_total, event: tick, type: counter, labels: [uid]}\n"

/* New keys many times over, a mark somewhere in the middle, something malformed at the end; more of
 * everything than the route has on its way at once. */
static void a_batch_is_its_records_one_after_the_other(void **state)
{
	enum { IDS = 50, BATCHES = 60, BATCH_MAX = 300 };
	static struct record records[BATCH_MAX];
	struct rings_record batch[BATCH_MAX + 2];
	const unsigned int seed = (unsigned int)time(NULL);
	u64 want[IDS] = {0}, total = 0, nmarks = 0;
	struct fixture f;

	(void)state;
	print_message("seed %u\n", seed);
	srand(seed);
	start(&f, "metrics:\n"
		  "- {name: a_total, event: io, type: counter, labels: [id]}\n"
		  "- {name: b_total, event: io, type: counter, labels: [few, id]}\n"
		  "- {name: c_total, event: io, type: counter}\n");
	for (u64 i = 1; i <= BATCHES; i++) {
		const size_t nbefore = (size_t)rand() % (BATCH_MAX / 2);
		const size_t n = nbefore + (size_t)rand() % (BATCH_MAX / 2);
		struct wire_mark mark = {
			.head = {.type = WIRE_MARK, .generation = 1, .cpu = CPUS - 1}};
		size_t to = 0;

		for (size_t k = 0; k < n; k++) {
			const u64 id = (u64)rand() % IDS, count = 1 + (u64)rand() % 9;

			if (k == nbefore) {
				mark.accepted = total;
				batch[to++] = (struct rings_record){&mark, sizeof(mark)};
			}
			records[k] = make_record(&f, 0, count, &(union context){0},
						 &(union io){.id = id});
			batch[to++] = (struct rings_record){records[k].raw, records[k].bytes};
			want[id] += count;
			total += count;
		}
		batch[to++] = (struct rings_record){&mark, sizeof(mark) - 1};
		route__records(f.route, batch, to);
		nmarks += n > nbefore;
		assert_int_equal(route__malformed(f.route), i);
		assert_int_equal(route__consumed(f.route, 0), total);
	}
	assert_int_equal(route__marks(f.route, 0), nmarks);
	assert_int_equal(route__marks_off(f.route, 0), 0);
	for (u64 id = 0; id < IDS; id++) {
		char text[TEXT_BYTES];

		sprintf(text, "%llu", id);
		assert_int_equal(number_of(look(&f, 0), text), want[id]);
		sprintf(text, "few 0|%llu", id);
		assert_int_equal(number_of(look(&f, 1), text), want[id]);
	}
	assert_int_equal(number_of(look(&f, 2), ""), total);
	stop(&f);
}

static void records_that_no_plan_made_change_nothing(void **state)
{
	/* One word of a sound record, or its length, is another. */
	static const struct {
		const char *what;
		u64 bytes;
		struct wire_head head;
	} cases[] = {
		{"nothing", 0, {WIRE_PARTIAL, 1, 0, 0}},
		{"a byte", 1, {WIRE_PARTIAL, 1, 0, 0}},
		{"a head alone", 8, {WIRE_PARTIAL, 1, 0, 0}},
		{"a byte less than a count", 15, {WIRE_PARTIAL, 1, 0, 0}},
		{"no key", 16, {WIRE_PARTIAL, 1, 0, 0}},
		{"a word too few", 24, {WIRE_PARTIAL, 1, 0, 0}},
		{"a byte too few", 31, {WIRE_PARTIAL, 1, 0, 0}},
		{"a byte too many", 33, {WIRE_PARTIAL, 1, 0, 0}},
		{"a word too many", 40, {WIRE_PARTIAL, 1, 0, 0}},
		{"the length of the other event", 32, {WIRE_PARTIAL, 1, 1, 0}},
		{"the event of the other length", 24, {WIRE_PARTIAL, 1, 0, 0}},
		{"no type", 32, {0, 1, 0, 0}},
		{"a type of the future", 32, {0xff, 1, 0, 0}},
		{"an event behind the last", 32, {WIRE_PARTIAL, 1, 2, 0}},
		{"an event far behind the last", 32, {WIRE_PARTIAL, 1, 0xffff, 0}},
		{"no generation", 32, {WIRE_PARTIAL, 0, 0, 0}},
		{"a CPU behind the last", 32, {WIRE_PARTIAL, 1, 0, CPUS}},
		{"a CPU far behind the last", 32, {WIRE_PARTIAL, 1, 0, ~0U}},
	};
	struct fixture f;

	(void)state;
	start(&f, TWO_EVENTS);
	feed(&f, 7, &(union context){0}, &(union io){0});
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct record record =
			make_record(&f, 0, 1000, &(union context){0}, &(union io){0});
		u32 event = 77;
		u64 count = 88;

		partial_of(&record)->head = cases[i].head;
		assert_int_equal(
			route__inspect(f.route, record.raw, cases[i].bytes, &event, &count),
			-EBADMSG);
		assert_int_equal(event, 77);
		assert_int_equal(count, 88);
		take(&f, record.raw, cases[i].bytes);
		if (route__malformed(f.route) != i + 1)
			fail_msg("%s: malformed is %llu, not %zu", cases[i].what,
				 route__malformed(f.route), i + 1);
		assert_int_equal(route__consumed(f.route, 0), 7);
		assert_int_equal(route__consumed(f.route, 1), 0);
	}
	assert_int_equal(total_of(look(&f, 0)), 7);
	assert_int_equal(total_of(look(&f, 1)), 0);
	stop(&f);
}

/* An attempt to load that is given up leaves records behind, and takes its books along. */
static void records_of_earlier_attempts_do_not_count(void **state)
{
	struct fixture f;
	u32 event;
	u64 count;

	(void)state;
	start(&f, TWO_EVENTS);
	struct record record = make_record(&f, 0, 7, &(union context){0}, &(union io){0});

	take(&f, record.raw, record.bytes);
	assert_int_equal(route__consumed(f.route, 0), 7);
	route__set_generation(f.route, 0, 2);
	assert_int_equal(route__consumed(f.route, 0), 0);
	take(&f, record.raw, record.bytes);
	assert_int_equal(route__consumed(f.route, 0), 0);
	assert_int_equal(route__inspect(f.route, record.raw, record.bytes, &event, &count),
			 -ESTALE);
	partial_of(&record)->head.generation = 3;
	take(&f, record.raw, record.bytes);
	assert_int_equal(route__consumed(f.route, 0), 7);
	assert_int_equal(route__malformed(f.route), 0);
	stop(&f);
}

static void feed_mark(struct fixture *f, u32 cpu, u64 accepted, u64 lost)
{
	const struct wire_mark mark = {
		.head = {.type = WIRE_MARK, .generation = 1, .event = 0, .cpu = cpu},
		.accepted = accepted,
		.lost = lost,
	};

	take(f, &mark, sizeof(mark));
}

static void feed_on(struct fixture *f, u32 cpu, u64 count)
{
	struct record record = make_record(f, 0, count, &(union context){0}, &(union io){0});

	partial_of(&record)->head.cpu = cpu;
	take(f, record.raw, record.bytes);
}

/* What comes of a CPU behind its mark does not belong to it, nor what comes of another CPU. */
static void a_mark_is_compared_with_what_stood_before_it(void **state)
{
	struct route_mark mark = {0};
	struct fixture f;

	(void)state;
	start(&f, TWO_EVENTS);
	assert_false(route__mark(f.route, 0, 0, &mark));
	feed_on(&f, 0, 7);
	feed_on(&f, 1, 100);
	feed_mark(&f, 0, 10, 3);
	feed_on(&f, 0, 5);
	assert_true(route__mark(f.route, 0, 0, &mark));
	assert_int_equal(mark.accepted, 10);
	assert_int_equal(mark.lost, 3);
	assert_int_equal(mark.consumed, 7);
	assert_true(route_mark_balances(&mark));
	assert_false(route__mark(f.route, 0, 1, &mark));
	assert_int_equal(route__marks(f.route, 0), 1);
	assert_int_equal(route__marks_off(f.route, 0), 0);
	feed_mark(&f, 1, 101, 0);
	assert_true(route__mark(f.route, 0, 1, &mark));
	assert_false(route_mark_balances(&mark));
	assert_int_equal(route__marks(f.route, 0), 2);
	assert_int_equal(route__marks_off(f.route, 0), 1);
	assert_int_equal(route__consumed(f.route, 0), 112);
	assert_int_equal(route__malformed(f.route), 0);
	stop(&f);
}

static void marks_that_no_plan_made_are_malformed(void **state)
{
	static const struct {
		u64 bytes;
		struct wire_head head;
	} cases[] = {
		{23, {WIRE_MARK, 1, 0, 0}},    {25, {WIRE_MARK, 1, 0, 0}},
		{24, {WIRE_MARK, 0, 0, 0}},    {24, {WIRE_MARK, 1, 2, 0}},
		{24, {WIRE_MARK, 1, 0, CPUS}},
	};
	struct route_mark mark;
	struct fixture f;

	(void)state;
	start(&f, TWO_EVENTS);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		u64 record[4] = {0};

		memcpy(record, &cases[i].head, sizeof(cases[i].head));
		take(&f, record, cases[i].bytes);
		assert_int_equal(route__malformed(f.route), i + 1);
	}
	assert_int_equal(route__marks(f.route, 0), 0);
	assert_false(route__mark(f.route, 0, 0, &mark));
	stop(&f);
}

static void a_record_is_inspected_without_being_counted(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, TWO_EVENTS);
	for (u32 want = 0; want < 2; want++) {
		struct record record =
			make_record(&f, want, 5 + want, &(union context){0}, &(union io){0});
		u32 event = 77;
		u64 count = 0;

		assert_int_equal(route__inspect(f.route, record.raw, record.bytes, &event, &count),
				 0);
		assert_int_equal(event, want);
		assert_int_equal(count, 5 + want);
		assert_int_equal(route__consumed(f.route, want), 0);
	}
	stop(&f);
}

#define ONE_METRIC(label, more) \
	"metrics: [{name: a_total, event: io, type: counter, labels: [" label "]" more "}]"

static void labels_are_decoded_once(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, ONE_METRIC("few", ""));
	for (u32 i = 0; i < 100; i++)
		feed(&f, 2, &(union context){0}, &(union io){.few = 3});
	assert_int_equal(few_calls, 1);
	assert_int_equal(number_of(look(&f, 0), "few 3"), 200);
	stop(&f);
}

/* Far more raw keys than a cache for ten series has entries. */
static void what_was_forgotten_is_found_again_as_the_same_series(void **state)
{
	enum { KEYS = 20000, ROUNDS = 3 };
	struct fixture f;

	(void)state;
	start(&f, ONE_METRIC("few", ", max_series: 10"));
	for (u32 round = 0; round < ROUNDS; round++)
		for (u64 key = 0; key < KEYS; key++)
			feed(&f, 1, &(union context){0}, &(union io){.few = key});
	assert_true(few_calls > KEYS);
	assert_int_equal(number_of(look(&f, 0), SERIES_OTHER_TEXT), 0);
	for (u64 i = 0; i < FEW; i++) {
		char text[16];

		sprintf(text, "few %llu", i);
		assert_int_equal(number_of(look(&f, 0), text),
				 ROUNDS * ((KEYS - i + FEW - 1) / FEW));
	}
	stop(&f);
}

static void an_unresolved_text_is_asked_for_again(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, ONE_METRIC("few, fickle", ""));
	for (u32 i = 0; i < 5; i++)
		feed(&f, 1, &(union context){0}, &(union io){.fickle = 9});
	assert_int_equal(fickle_calls, 5);
	assert_int_equal(few_calls, 5);
	fickle_is_resolved = true;
	for (u32 i = 0; i < 10; i++)
		feed(&f, 1, &(union context){0}, &(union io){.fickle = 9});
	assert_int_equal(fickle_calls, 6);
	assert_int_equal(number_of(look(&f, 0), "few 0|unknown 9"), 5);
	assert_int_equal(number_of(look(&f, 0), "few 0|name 9"), 10);
	stop(&f);
}

static void what_cannot_be_decoded_is_counted_at_its_label(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, ONE_METRIC("id, broken", ""));
	feed(&f, 1, &(union context){0}, &(union io){.broken = 1});
	feed(&f, 1, &(union context){0}, &(union io){.broken = 2});
	assert_int_equal(route__decode_errors(f.route, 0, 0, 0), 0);
	assert_int_equal(route__decode_errors(f.route, 0, 0, 1), 2);
	assert_int_equal(number_of(look(&f, 0), "0|broken:2"), 1);
	stop(&f);
}

static void nobody_can_name_itself_into_a_special_series(void **state)
{
	static const struct {
		const char *name;
		const char *want;
	} cases[] = {
		{"__other__", "___other__"},
		{"___other__", "____other__"},
		{"_____other__", "______other__"},
		{"__lost__", "___lost__"},
		{"___lost__", "____lost__"},
		{"________lost__", "_________lost__"},
		{"_other__", "_other__"},
		{"__other_", "__other_"},
		{"x__other__", "x__other__"},
		{"_x__other__", "_x__other__"},
		{"__other__x", "__other__x"},
		{"__Other__", "__Other__"},
		{"other", "other"},
		{"_", "_"},
		{"", ""},
	};
	struct fixture f;

	(void)state;
	start(&f, ONE_METRIC("name", ""));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		feed_named(&f, 1ULL << i, cases[i].name);

	const struct family_snapshot *fs = look(&f, 0);

	assert_int_equal(number_of(fs, SERIES_OTHER_TEXT), 0);
	assert_int_equal(number_of(fs, SERIES_LOST_TEXT), 0);
	assert_int_equal(fs->n, SERIES_FIRST + ARRAY_SIZE(cases));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char got[TEXT_BYTES];

		join(fs->labels[SERIES_FIRST + i], got);
		assert_int_equal((u64)fs->rows.sums[SERIES_FIRST + i], 1ULL << i);
		assert_string_equal(got, cases[i].want);
	}
	stop(&f);
}

static void past_the_limit_events_are_other(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, ONE_METRIC("id", ", max_series: 3"));
	for (u64 id = 0; id < 10; id++)
		feed(&f, 1 + id, &(union context){0}, &(union io){.id = id});
	assert_int_equal(total_of(look(&f, 0)), 55);
	assert_true(number_of(look(&f, 0), SERIES_OTHER_TEXT) > 0);
	assert_true(look(&f, 0)->n <= SERIES_FIRST + 3);
	stop(&f);
}

/* The books are any memory that can be mapped. */
static void what_the_kernel_lost_is_shown_once(void **state)
{
	const u64 cpus = CPUS;
	struct wire_lost_cell cells[CPUS][2] = {0};
	struct ledger *ledger = NULL;
	struct err err = {0};
	struct fixture f;
	int fd = memfd_create("books", MFD_CLOEXEC);

	(void)state;
	start(&f, "metrics:\n"
		  "- {name: a_total, event: io, type: counter, labels: [id]}\n"
		  "- {name: b_total, event: io, type: counter}\n");
	const struct event_plan *event = &f.planned.plan->events[0];
	const u32 value_bytes = event->ledger_bytes;
	assert_int_equal(ftruncate(fd, (off_t)CPUS * value_bytes + sysconf(_SC_PAGESIZE)), 0);
	assert_int_equal(event->lost_words * sizeof(u64), sizeof(cells[0]));
	assert_int_equal(ledger__new(fd, CPUS, event, &ledger, &err), 0);
	for (u64 round = 1; round <= 3; round++) {
		for (u32 cpu = 0; cpu < CPUS; cpu++) {
			off_t cell =
				(off_t)((size_t)cpu * value_bytes + sizeof(struct wire_ledger));

			cells[cpu][0].count = cpu + 100 * round;
			cells[cpu][1].count = 7 * round;
			assert_int_equal(pwrite(fd, cells[cpu], sizeof(cells[cpu]), cell),
					 sizeof(cells[cpu]));
		}
		route__collect_lost(f.route, 0, ledger);
		route__collect_lost(f.route, 0, ledger);
		assert_int_equal(number_of(look(&f, 0), SERIES_LOST_TEXT),
				 6 + 100ULL * cpus * round);
	}
	assert_int_equal(route__consumed(f.route, 0), 0);
	ledger__free(ledger);
	close(fd);
	stop(&f);
}

/* Each number stands alone in its word, and the last one says which metrics count. */
struct numbers {
	u64 bits;
	u64 buckets; /* packed */
	u64 amount, weight;
};

/* A record of the first event, with these instead of what make_record puts there. */
static void feed_numbers(struct fixture *f, u64 count, const struct numbers *n, const union io *io)
{
	const struct wire_plan *wire = &f->planned.plan->events[0].wire;
	struct record record = make_record(f, 0, count, &(union context){0}, io);
	u64 *words = partial_of(&record)->words;
	const union io sums = {.amount = n->amount, .weight = n->weight};

	if (wire->has_bits)
		words[0] = n->bits;
	if (wire->ntables)
		words[wire->has_bits] = n->buckets;
	append(words + wire->key_words, sums.words, wire->sum_words);
	take(f, record.raw, record.bytes);
}

static u64 bucket_at(const struct family_snapshot *fs, const char *texts, u32 bucket)
{
	char joined[TEXT_BYTES];

	for (size_t i = 0; i < fs->n; i++) {
		join(fs->labels[i], joined);
		if (!strcmp(joined, texts))
			return fs->rows.buckets[i * (fs->desc.nbounds + 1) + bucket];
	}
	return 0;
}

static void a_record_counts_for_the_metrics_whose_bit_is_set(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, "metrics:\n"
		  "- {name: a_total, event: io, type: counter, labels: [id]}\n"
		  "- {name: b_total, event: io, type: counter, value: amount, where: id == 1}\n"
		  "- {name: c_total, event: io, type: counter, value: weight, where: id == 2,\n"
		  "   labels: [few]}\n");
	feed_numbers(&f, 3, &(struct numbers){.bits = 1, .amount = 10, .weight = 1000},
		     &(union io){.id = 7});
	feed_numbers(&f, 5, &(struct numbers){.bits = 3, .amount = 20, .weight = 2000},
		     &(union io){.id = 8});
	feed_numbers(&f, 7, &(struct numbers){.bits = 4, .amount = 40, .weight = 4000},
		     &(union io){.id = 9, .few = 2});
	/* A bit of no metric, and those of presence, are nobody's. */
	feed_numbers(&f, 9, &(struct numbers){.bits = ~7ULL, .amount = 80, .weight = 8000},
		     &(union io){.id = 10});
	assert_int_equal(route__malformed(f.route), 0);
	assert_int_equal(route__consumed(f.route, 0), 24);
	assert_int_equal(number_of(look(&f, 0), "7"), 3);
	assert_int_equal(number_of(look(&f, 0), "8"), 5);
	assert_int_equal(total_of(look(&f, 0)), 8);
	assert_int_equal(number_of(look(&f, 1), ""), 20);
	assert_int_equal(number_of(look(&f, 2), "few 2"), 4000);
	assert_int_equal(total_of(look(&f, 2)), 4000);
	stop(&f);
}

#define HISTOGRAM(name, value, bounds, more)                                                     \
	"- {name: " name ", event: io, type: histogram, value: " value ", buckets: " bounds more \
	"}\n"

static void buckets_and_sums_are_those_of_the_record(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, "metrics:\n"
		  "- {name: a_total, event: io, type: counter}\n" HISTOGRAM(
			  "b", "weight", "[1, 2, 3]", ", labels: [id]")
			  HISTOGRAM("c", "amount", "[10]", "")
				  HISTOGRAM("d", "amount", "[5, 6]", ", where: id == 1"));
	assert_int_equal(f.planned.plan->events[0].wire.ntables, 3);
	/* buckets 2, 1 and 0 */
	feed_numbers(&f, 2,
		     &(struct numbers){
			     .bits = 0xf, .buckets = 0x000000010002ULL, .amount = 100, .weight = 7},
		     &(union io){.id = 1});
	/* 3, 0 and 2, the last of which is nobody's */
	feed_numbers(&f, 4,
		     &(struct numbers){
			     .bits = 7, .buckets = 0x000200000003ULL, .amount = 9, .weight = 70},
		     &(union io){.id = 1});
	assert_int_equal(bucket_at(look(&f, 1), "1", 2), 2);
	assert_int_equal(bucket_at(look(&f, 1), "1", 3), 4);
	assert_int_equal(number_of(look(&f, 1), "1"), 77);
	assert_int_equal(bucket_at(look(&f, 2), "", 1), 2);
	assert_int_equal(bucket_at(look(&f, 2), "", 0), 4);
	assert_int_equal(number_of(look(&f, 2), ""), 109);
	assert_int_equal(bucket_at(look(&f, 3), "", 0), 2);
	assert_int_equal(bucket_at(look(&f, 3), "", 2), 0);
	assert_int_equal(number_of(look(&f, 3), ""), 100);
	assert_int_equal(number_of(look(&f, 0), ""), 6);
	stop(&f);
}

/* It can only come from a broken object: the event is not lost, and nothing else is touched. */
static void a_bucket_behind_the_last_is_the_last(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, "metrics:\n" HISTOGRAM("b", "weight", "[1, 2, 3]", ", labels: [id]"));
	for (u64 id = 0; id < 3; id++)
		feed_numbers(&f, 1, &(struct numbers){.buckets = 0}, &(union io){.id = id});
	feed_numbers(&f, 5, &(struct numbers){.buckets = 4}, &(union io){.id = 1});
	feed_numbers(&f, 6, &(struct numbers){.buckets = ~0ULL}, &(union io){.id = 1});
	assert_int_equal(bucket_at(look(&f, 0), "1", 3), 11);
	assert_int_equal(bucket_at(look(&f, 0), "0", 3), 0);
	assert_int_equal(bucket_at(look(&f, 0), "2", 0), 1);
	stop(&f);
}

/* Absent is the empty text, 0 is "0"; the same words are not the same labels. */
static void a_label_that_is_absent_is_not_the_same_as_0(void **state)
{
	const u64 maybe = WIRE_BITS_METRIC(0) | 1ULL << (WIRE_BITS_PRESENT_SHIFT + 9);
	const u64 note = WIRE_BITS_METRIC(0) | 1ULL << (WIRE_BITS_PRESENT_SHIFT + 10);
	struct fixture f;

	(void)state;
	start(&f, ONE_METRIC("few, maybe, note", ""));
	for (u32 round = 0; round < 3; round++) {
		feed_numbers(&f, 1, &(struct numbers){.bits = 1}, &(union io){0});
		feed_numbers(&f, 10, &(struct numbers){.bits = maybe}, &(union io){0});
		feed_numbers(&f, 100, &(struct numbers){.bits = maybe}, &(union io){.maybe = 5});
		feed_numbers(&f, 1000, &(struct numbers){.bits = note | maybe},
			     &(union io){.note = "x"});
		/* What stands where nothing is does not count. */
		feed_numbers(&f, 10000, &(struct numbers){.bits = note},
			     &(union io){.note = "x", .maybe = 77});
	}
	assert_int_equal(route__malformed(f.route), 0);
	assert_int_equal(number_of(look(&f, 0), "few 0||"), 3);
	assert_int_equal(number_of(look(&f, 0), "few 0|0|"), 30);
	assert_int_equal(number_of(look(&f, 0), "few 0|5|"), 300);
	assert_int_equal(number_of(look(&f, 0), "few 0|0|x"), 3000);
	assert_int_equal(number_of(look(&f, 0), "few 0||x"), 30000);
	assert_int_equal(total_of(look(&f, 0)), 33333);
	/* few, for each of five raw keys */
	assert_int_equal(few_calls, 5);
	stop(&f);
}

/* A metric that has no optional label does not care what is there. */
static void presence_of_other_metrics_labels_makes_no_new_keys(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, "metrics:\n"
		  "- {name: a_total, event: io, type: counter, labels: [few]}\n"
		  "- {name: b_total, event: io, type: counter, labels: [maybe]}\n");
	for (u64 i = 0; i < 4; i++)
		feed_numbers(&f, 1, &(struct numbers){.bits = 3 | i % 2 << 41}, &(union io){0});
	assert_int_equal(few_calls, 1);
	assert_int_equal(number_of(look(&f, 0), "few 0"), 4);
	assert_int_equal(number_of(look(&f, 1), "0"), 2);
	assert_int_equal(number_of(look(&f, 1), ""), 2);
	stop(&f);
}

/* A cell has its count, its sum and, of a histogram, its buckets. */
static void what_the_kernel_lost_of_numbers_is_shown_once(void **state)
{
	const u64 cpus = CPUS;
	/* a: count, sum. b: count, sum. c: count, sum, 3 buckets. d: count, sum, 2 buckets */
	enum { WORDS = 2 + 2 + 5 + 4 };
	struct ledger *ledger = NULL;
	struct err err = {0};
	struct fixture f;
	int fd = memfd_create("books", MFD_CLOEXEC);

	(void)state;
	start(&f, "metrics:\n"
		  "- {name: a_total, event: io, type: counter, labels: [id]}\n"
		  "- {name: b_total, event: io, type: counter, value: amount, labels: "
		  "[id]}\n" HISTOGRAM("c", "amount", "[1, 2]", ", labels: [id]")
			  HISTOGRAM("d", "weight", "[5]", ""));
	const struct event_plan *event = &f.planned.plan->events[0];
	const u32 value_bytes = event->ledger_bytes;

	assert_int_equal(event->lost_words, WORDS);
	assert_int_equal(ftruncate(fd, (off_t)CPUS * value_bytes + sysconf(_SC_PAGESIZE)), 0);
	assert_int_equal(ledger__new(fd, CPUS, event, &ledger, &err), 0);
	for (u64 round = 1; round <= 3; round++) {
		for (u32 cpu = 0; cpu < CPUS; cpu++) {
			const u64 cells[WORDS] = {
				/* a */ round,
				0,
				/* b */ 2 * round,
				30 * round + cpu,
				/* c */ 99 * round,
				500 * round,
				round,
				2 * round,
				4 * round,
				/* d */ 99 * round,
				-round,
				/* wraps */ 8 * round,
				16 * round,
			};
			off_t at = (off_t)((size_t)cpu * value_bytes + sizeof(struct wire_ledger));

			assert_int_equal(pwrite(fd, cells, sizeof(cells), at), sizeof(cells));
		}
		route__collect_lost(f.route, 0, ledger);
		route__collect_lost(f.route, 0, ledger);
		assert_int_equal(number_of(look(&f, 0), SERIES_LOST_TEXT), cpus * round);
		assert_int_equal(number_of(look(&f, 1), SERIES_LOST_TEXT), cpus * 30 * round + 6);
		assert_int_equal(number_of(look(&f, 2), SERIES_LOST_TEXT), cpus * 500 * round);
		assert_int_equal(bucket_at(look(&f, 2), SERIES_LOST_TEXT, 0), cpus * round);
		assert_int_equal(bucket_at(look(&f, 2), SERIES_LOST_TEXT, 1), cpus * 2 * round);
		assert_int_equal(bucket_at(look(&f, 2), SERIES_LOST_TEXT, 2), cpus * 4 * round);
		assert_int_equal(bucket_at(look(&f, 3), "", 0), cpus * 8 * round);
		assert_int_equal(bucket_at(look(&f, 3), "", 1), cpus * 16 * round);
	}
	assert_int_equal(route__consumed(f.route, 0), 0);
	ledger__free(ledger);
	close(fd);
	stop(&f);
}

static u64 random_number(void)
{
	static u64 x = 0x9e3779b97f4a7c15;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return x;
}

/* Two metrics of a random load beside what a plain array counts. */
static void random_records_add_up_to_what_was_fed(void **state)
{
	enum { RECORDS = 200000, NAMES = 40, IDS = 300 };
	static u64 by_name[NAMES][FEW];
	static u64 by_id[IDS];
	u64 total = 0;
	struct fixture f;
	char text[TEXT_BYTES];

	(void)state;
	start(&f, "metrics:\n"
		  "- {name: a_total, event: io, type: counter, labels: [few, name]}\n"
		  "- {name: b_total, event: io, type: counter, labels: [id], max_series: 50}\n"
		  "- {name: c_total, event: io, type: counter}\n");
	for (u32 i = 0; i < RECORDS; i++) {
		u64 draw = random_number();
		u64 count = draw % 1000;
		union io io = {.id = (draw >> 10) % IDS, .few = random_number()};

		sprintf(io.name, "name %llu", (draw >> 32) % NAMES);
		by_name[(draw >> 32) % NAMES][io.few % FEW] += count;
		by_id[io.id] += count;
		total += count;
		feed(&f, count, &(union context){.tgid = draw}, &io);
	}
	assert_int_equal(route__malformed(f.route), 0);
	assert_int_equal(route__consumed(f.route, 0), total);
	for (u32 family = 0; family < 3; family++)
		assert_int_equal(total_of(look(&f, family)), total);
	for (u32 n = 0; n < NAMES; n++) {
		for (u32 few = 0; few < FEW; few++) {
			sprintf(text, "few %u|name %u", few, n);
			assert_int_equal(number_of(&f.snapshot->families[0], text),
					 by_name[n][few]);
		}
	}
	for (u32 id = 0; id < IDS; id++) {
		sprintf(text, "%u", id);
		assert_in_range(number_of(&f.snapshot->families[1], text), 0, by_id[id]);
	}
	assert_true(f.snapshot->families[1].n <= SERIES_FIRST + 50);
	stop(&f);
}

static struct {
	const struct family *families[8];
	u32 n;
	u64 now_ns;
} ticked;

void __wrap_family__tick(struct family *f, u64 now_ns);
void __wrap_family__tick(struct family *f, u64 now_ns)
{
	assert_true(ticked.n < ARRAY_SIZE(ticked.families));
	ticked.families[ticked.n++] = f;
	ticked.now_ns = now_ns;
}

static void time_passes_for_every_metric(void **state)
{
	struct fixture f;
	u32 n = 0;

	(void)state;
	start(&f, TWO_EVENTS);
	ticked.n = 0;
	route__tick(f.route, 12345);
	for (u32 e = 0; e < f.planned.plan->nevents; e++)
		for (u32 m = 0; m < f.planned.plan->events[e].nmetrics; m++)
			assert_ptr_equal(ticked.families[n++], route__family(f.route, e, m));
	assert_true(n > 1);
	assert_int_equal(ticked.n, n);
	assert_int_equal(ticked.now_ns, 12345);
	stop(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_go_to_the_series_of_their_labels),
		cmocka_unit_test(a_batch_is_its_records_one_after_the_other),
		cmocka_unit_test(records_that_no_plan_made_change_nothing),
		cmocka_unit_test(records_of_earlier_attempts_do_not_count),
		cmocka_unit_test(a_record_is_inspected_without_being_counted),
		cmocka_unit_test(a_mark_is_compared_with_what_stood_before_it),
		cmocka_unit_test(marks_that_no_plan_made_are_malformed),
		cmocka_unit_test(labels_are_decoded_once),
		cmocka_unit_test(what_was_forgotten_is_found_again_as_the_same_series),
		cmocka_unit_test(an_unresolved_text_is_asked_for_again),
		cmocka_unit_test(what_cannot_be_decoded_is_counted_at_its_label),
		cmocka_unit_test(nobody_can_name_itself_into_a_special_series),
		cmocka_unit_test(past_the_limit_events_are_other),
		cmocka_unit_test(what_the_kernel_lost_is_shown_once),
		cmocka_unit_test(a_record_counts_for_the_metrics_whose_bit_is_set),
		cmocka_unit_test(buckets_and_sums_are_those_of_the_record),
		cmocka_unit_test(a_bucket_behind_the_last_is_the_last),
		cmocka_unit_test(a_label_that_is_absent_is_not_the_same_as_0),
		cmocka_unit_test(presence_of_other_metrics_labels_makes_no_new_keys),
		cmocka_unit_test(what_the_kernel_lost_of_numbers_is_shown_once),
		cmocka_unit_test(time_passes_for_every_metric),
		cmocka_unit_test(random_records_add_up_to_what_was_fed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
