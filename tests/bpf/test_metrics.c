/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the metrics of an event make of it: random events through plans of every sort, their
 * records, books and lost cells beside what plain C makes of the same words.
 */
#include <pthread.h>

#include "aggregators/bounds.h"
#include "tests/bpf/test_emit.h"
#include "tests/unit/pipeline/kernel_model.h"

enum { EVENT_WORDS = 9, PRESENT = 3, EVENTS = 300, BUCKETS_MAX = WIRE_BOUNDS_MAX + 1 };

#define OBJECT BPF_OBJECTS_DIR "/ut_metrics.bpf.o"

static u64 seed = 20261122;

#define COUNT(name, more) "- {name: " name "_total, event: ut_io, type: counter" more "}\n"
#define HIST(name, value, buckets, more)                                  \
	"- {name: " name ", event: ut_io, type: histogram, value: " value \
	", buckets: " buckets more "}\n"
#define FOUR_HISTS                                              \
	HIST("h0", "took", "log2", ", labels: [kind]")          \
	HIST("h1", "took", "[1ns, 2ns, 5ns, 100ns, 101ns]", "") \
	HIST("h2", "bytes", "log2", ", where: kind != one")     \
	HIST("h3", "maybe", "[10ns]", ", where: comm == 0123456789abcde")

static const char *const configs[] = {
	COUNT("a", ""),
	COUNT("a", ", where: kind == two"),
	COUNT("a", ", value: bytes, where: 'kind in [one, three] and change < 0'"),
	COUNT("a", ", labels: [name]") COUNT("b", ", labels: [comm, kind], where: kind == two"),
	COUNT("a", ", labels: [maybe, note]"),
	COUNT("a", ", value: maybe") COUNT("b", ", labels: [kind]"),
	COUNT("a", ", value: maybe, labels: [tid]")
		COUNT("b", ", value: took, labels: [note, kind], where: bytes >= 4KiB"),
	HIST("h", "took", "log2", ", labels: [kind, comm]"),
	HIST("h", "maybe", "[0ns, 1ns, 2ns, 3ns, 4ns]", ", labels: [note]"),
	FOUR_HISTS,
	FOUR_HISTS COUNT("a", ", labels: [name, cpu]") HIST("h4", "bytes", "[1B, 1KiB]", ""),
	COUNT("a", ", where: not (change <= -5 or name starts_with ab)")
		COUNT("b", ", where: \"note != '' and uid == 0\"")
			COUNT("c", ", where: maybe > 1us"),
	COUNT("a", ", where: comm == x or tgid == 1"), /* nobody */
};

static const char *const programs[] = {"ut_emit",    "ut_emit_task", "ut_start", "ut_end",
				       "ut_measure", "flush_tables", NULL};

static struct loaded *load(const char *metrics)
{
	char text[4096];

	/* A record for each event. */
	snprintf(text, sizeof(text), "%sevents: {ut_io: {delivery: stream}}\n", metrics);
	return load_object(OBJECT, programs, text, true, model_random(&seed) % 2);
}

/* --- events --- */

static u64 below(u64 n)
{
	return model_random(&seed) % n;
}

/* Texts in events are padded; the words were 0 before. */
static void put_text(u64 *words, const char *text)
{
	memcpy(words, text, strlen(text));
}

static void random_event(u64 words[EVENT_WORDS])
{
	static const char *const notes[] = {"", "x", "a note of 15 b."};
	static const char *const names[] = {"ab", "abc", "b", "1234567"};

	memset(words, 0, EVENT_WORDS * sizeof(u64));
	words[0] = below(4);
	words[1] = below(3) ? 1ULL << below(64) : below(120);
	words[1] += below(3) - 1;
	words[2] = below(3) ? 1ULL << below(40) : model_random_any(&seed);
	words[4] = below(2) ? below(12) : model_random_any(&seed);
	words[PRESENT] = (below(2) << 4) | (below(2) << 5);
	put_text(&words[5], notes[below(3)]);
	words[7] = below(12) - 6;
	put_text(&words[8], names[below(4)]);
}

static void set_event(const struct loaded *l, const u64 words[EVENT_WORDS])
{
	memcpy(global(l->object, "ut_io_words", EVENT_WORDS * sizeof(u64)), words,
	       EVENT_WORDS * sizeof(u64));
}

/* --- what C makes of them --- */

static u64 accepting(const struct loaded *l, const u64 *event, const u64 *context)
{
	u64 bits = l->wire.always;

	bits |= model_metrics(&l->event->filter, model_facts(&l->event->filter, event, context));
	for (u32 m = 0; m < l->event->nmetrics; m++)
		if (l->wire.metrics[m].needs & ~event[PRESENT])
			bits &= ~WIRE_BITS_METRIC(m);
	return bits;
}

static bool uses(const struct metric_plan *m, bool of_context, u32 word)
{
	for (u32 i = 0; i < m->nlabels; i++) {
		const struct label_plan *label = &m->labels[i];

		if (label->of_context == of_context && word >= label->field->word &&
		    word < label->field->word + label->field->words)
			return true;
	}
	return false;
}

/* The word where it stands in the key: 0 when none of the metrics that count it has it. */
static u64 label_word(const struct loaded *l, u64 bits, bool of_context, u32 word, u64 value)
{
	for (u32 m = 0; m < l->event->nmetrics; m++)
		if (bits & WIRE_BITS_METRIC(m) && uses(&l->event->metrics[m], of_context, word))
			return value;
	return 0;
}

static u32 bucket_of(const struct loaded *l, u32 metric, const u64 *event)
{
	const struct metric_plan *m = &l->event->metrics[metric];

	assert_non_null(m->value);
	return bounds_bucket(m->bounds, m->desc.nbounds, event[m->value ? m->value->word : 0]);
}

/* The words of the event's record. */
static u32 model_record(const struct loaded *l, u64 bits, const u64 *event, const u64 *context,
			u64 ret_words[RECORD_WORDS])
{
	u64 *at = ret_words;

	memset(ret_words, 0, RECORD_WORDS * sizeof(u64));
	if (l->wire.has_bits)
		*at++ = bits | (event[PRESENT] & l->wire.optional_key) << 32;
	for (u32 m = 0; m < l->event->nmetrics; m++) {
		u32 slot = l->event->metrics[m].bucket_slot;

		if (l->event->metrics[m].desc.nbounds && bits & WIRE_BITS_METRIC(m))
			at[slot / 4] |= (u64)bucket_of(l, m, event) << 16 * (slot % 4);
	}
	at += (l->wire.ntables + 3) / 4;
	for (u32 w = 0; w < CONTEXT_WORDS; w++)
		if (l->wire.context_key & 1ULL << w)
			*at++ = label_word(l, bits, true, w, context[w]);
	for (u32 w = 0; w < EVENT_WORDS; w++)
		if (l->wire.event_key & 1ULL << w)
			*at++ = label_word(l, bits, false, w, event[w]);
	assert_int_equal(at - ret_words, l->wire.key_words);
	at += append(at, event, l->wire.sum_words);
	return (u32)(at - ret_words);
}

/* Sums of what was accepted, by metric. */
struct tally {
	u64 seen, filtered;
	u64 counts[WIRE_METRICS_MAX], sums[WIRE_METRICS_MAX];
	u64 buckets[WIRE_METRICS_MAX][BUCKETS_MAX];
};

static void tally__add(struct tally *t, const struct loaded *l, u64 bits, const u64 *event)
{
	t->seen++;
	t->filtered += !bits;
	for (u32 m = 0; m < l->event->nmetrics; m++) {
		const struct metric_plan *plan = &l->event->metrics[m];

		if (!(bits & WIRE_BITS_METRIC(m)))
			continue;
		t->counts[m]++;
		t->sums[m] += plan->value ? event[plan->value->word] : 0;
		if (plan->desc.nbounds)
			t->buckets[m][bucket_of(l, m, event)]++;
	}
}

static void assert_cells(const struct loaded *l, const struct tally *t)
{
	for (u32 m = 0; m < l->event->nmetrics; m++) {
		const struct wire_lost_cell *cell = lost_cell(l, m);
		u32 nbounds = l->event->metrics[m].desc.nbounds;

		assert_int_equal(cell->count, t->counts[m]);
		assert_int_equal(cell->sum, t->sums[m]);
		for (u32 b = 0; nbounds && b <= nbounds; b++)
			assert_int_equal(cell->buckets[b], t->buckets[m][b]);
	}
}

static void assert_books(const struct loaded *l, const struct tally *t)
{
	const struct wire_ledger *b = book(l);

	assert_int_equal(b->accepted + b->nested_accepted, t->seen - t->filtered);
	assert_int_equal(b->filtered + b->nested_filtered, t->filtered);
	assert_int_equal(b->busy, 0);
}

static void assert_record(struct loaded *l, u64 bits, const u64 *event, const u64 *context,
			  const char *config)
{
	const struct wire_partial *partial = (const struct wire_partial *)l->records[0].raw;
	u64 want[RECORD_WORDS];
	u32 n;

	assert_int_equal(drain(l), bits ? 1 : 0);
	if (!bits)
		return;
	n = model_record(l, bits, event, context, want);
	assert_int_equal(l->records[0].bytes, sizeof(*partial) + n * sizeof(u64));
	assert_int_equal(l->wire.record_bytes, l->records[0].bytes);
	for (u32 i = 0; i < n; i++)
		if (partial->words[i] != want[i])
			fail_msg("%s: word %u is %#llx, not %#llx", config, i, partial->words[i],
				 want[i]);
}

static void records_have_what_their_metrics_count(void **state)
{
	(void)state;
	printf("seed %llu\n", seed);
	for (size_t i = 0; i < ARRAY_SIZE(configs); i++) {
		struct loaded *l = load(configs[i]);
		u64 context[CONTEXT_WORDS], event[EVENT_WORDS];
		struct tally tally = {0};

		own_context(l, context);
		for (u32 n = 0; n < EVENTS; n++) {
			u64 bits;

			random_event(event);
			bits = accepting(l, event, context);
			set_event(l, event);
			call(l->object, n % 2 ? "ut_emit" : "ut_emit_task");
			assert_record(l, bits, event, context, configs[i]);
			tally__add(&tally, l, bits, event);
		}
		assert_books(l, &tally);
		memset(tally.counts, 0, sizeof(tally) - offsetof(struct tally, counts));
		assert_cells(l, &tally);
		unload(l);
	}
}

/* A key of the model and what was counted under it. */
struct combined {
	u64 words[RECORD_WORDS]; /* the key; sums are kept apart */
	u64 count;
	u64 sums[WIRE_SUMS_MAX];
};

struct combination {
	struct combined keys[EVENTS];
	u32 n;
};

/* A record's words, or an event's: of `count` events. */
static void combination__add(struct combination *c, const struct loaded *l, const u64 *words,
			     u64 count)
{
	size_t key_bytes = l->wire.key_words * sizeof(u64);
	u32 at = 0;

	while (at < c->n && memcmp(c->keys[at].words, words, key_bytes) != 0)
		at++;
	assert_true(at < EVENTS);
	if (at == c->n) {
		memcpy(c->keys[at].words, words, key_bytes);
		c->n++;
	}
	c->keys[at].count += count;
	for (u32 i = 0; i < l->wire.nsums; i++)
		c->keys[at].sums[i] += words[l->wire.key_words + i];
}

static void assert_combinations_equal(const struct combination *got, const struct combination *want,
				      const char *config)
{
	if (got->n != want->n)
		fail_msg("%s: %u keys, not %u", config, got->n, want->n);
	for (u32 i = 0; i < want->n; i++) {
		u32 at = 0;

		while (at < got->n && memcmp(&got->keys[at], &want->keys[i], sizeof(want->keys[i])))
			at++;
		if (at == got->n)
			fail_msg("%s: key %u is not as it should be", config, i);
	}
}

static void take_all(struct loaded *l, struct combination *got)
{
	while (drain(l) > 0) {
		for (u32 i = 0; i < l->nrecords; i++) {
			const struct wire_partial *p =
				(const struct wire_partial *)l->records[i].raw;

			if (p->head.type == WIRE_PARTIAL)
				combination__add(got, l, p->words, p->count);
		}
	}
}

/* In tables of four slots and of 64: partial aggregates add up to what happened, key by key. */
static void combined_records_add_up_to_what_happened(void **state)
{
	static struct combination got, want;

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_SIZE(configs); i++) {
		struct loaded *l = load_with(&(struct load_options){
			.path = OBJECT,
			.programs = programs,
			.metrics = configs[i / 2],
			.preemptible = model_random(&seed) % 2,
			.slots = i % 2 ? 64 : 4,
			.ring_bytes = 1 << 20,
		});
		u64 context[CONTEXT_WORDS], event[EVENT_WORDS], words[RECORD_WORDS];

		memset(&got, 0, sizeof(got));
		memset(&want, 0, sizeof(want));
		own_context(l, context);
		for (u32 n = 0; n < EVENTS; n++) {
			u64 bits;

			random_event(event);
			bits = accepting(l, event, context);
			set_event(l, event);
			call(l->object, n % 2 ? "ut_emit" : "ut_emit_task");
			if (bits) {
				model_record(l, bits, event, context, words);
				combination__add(&want, l, words, 1);
			}
			if (n % 100 == 99)
				call(l->object, "flush_tables");
		}
		take_all(l, &got);
		assert_int_equal(book(l)->touched, 0);
		assert_int_equal(book(l)->lost_ring_full + book(l)->lost_no_ring, 0);
		assert_combinations_equal(&got, &want, configs[i / 2]);
		unload(l);
	}
}

/* What begins under one name and ends under another is told apart by the first. */
static void an_event_is_that_of_the_context_it_began_in(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(configs); i++) {
		struct loaded *l = load(configs[i]);
		u64 context[CONTEXT_WORDS], event[EVENT_WORDS];
		struct tally tally = {0};

		for (u32 n = 0; n < EVENTS; n++) {
			u64 bits;

			own_context(l, context);
			call(l->object, "ut_start");
			prctl(PR_SET_NAME, "somebody else");
			random_event(event);
			bits = accepting(l, event, context);
			set_event(l, event);
			call(l->object, "ut_end");
			assert_record(l, bits, event, context, configs[i]);
			tally__add(&tally, l, bits, event);
		}
		assert_books(l, &tally);
		assert_int_equal(book(l)->unpaired + book(l)->starts_refused, 0);
		unload(l);
	}
}

static void without_a_ring_every_number_is_in_the_lost_cells(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(configs); i++) {
		struct loaded *l = load(configs[i]);
		u64 context[CONTEXT_WORDS], event[EVENT_WORDS];
		static struct tally tally;

		memset(&tally, 0, sizeof(tally));
		assert_int_equal(bpf_map_delete_elem(rings__map_fd(l->rings), &l->cpu), 0);
		own_context(l, context);
		for (u32 n = 0; n < EVENTS; n++) {
			random_event(event);
			tally__add(&tally, l, accepting(l, event, context), event);
			set_event(l, event);
			book(l)->busy = n % 3 == 0; /* as if it interrupted another one */
			call(l->object, "ut_emit");
			book(l)->busy = 0;
		}
		assert_books(l, &tally);
		assert_int_equal(book(l)->lost_no_ring, tally.seen - tally.filtered);
		assert_int_equal(book(l)->lost_ring_full, 0);
		assert_cells(l, &tally);
		assert_int_equal(drain(l), 0);
		unload(l);
	}
}

/* A ring of a page takes some; cells and records together have all. */
static void in_a_full_ring_no_number_is_lost(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(configs); i++) {
		struct loaded *l = load(configs[i]);
		u64 context[CONTEXT_WORDS], event[EVENT_WORDS], lost = 0;
		static struct tally tally, cells;

		memset(&tally, 0, sizeof(tally));
		memset(&cells, 0, sizeof(cells));
		own_context(l, context);
		for (u32 n = 0; n < EVENTS; n++) {
			u64 bits;

			random_event(event);
			bits = accepting(l, event, context);
			tally__add(&tally, l, bits, event);
			set_event(l, event);
			call(l->object, "ut_emit");
			if (book(l)->lost_ring_full > lost)
				tally__add(&cells, l, bits, event);
			lost = book(l)->lost_ring_full;
		}
		assert_books(l, &tally);
		assert_cells(l, &cells);
		while (drain(l) > 0)
			lost += l->nrecords;
		assert_int_equal(lost, tally.seen - tally.filtered);
		unload(l);
	}
}

static void starts_that_find_no_room_and_ends_without_a_start_are_in_the_books(void **state)
{
	struct loaded *l = load(COUNT("a", ", labels: [comm]"));
	u32 *key = global(l->object, "ut_key", sizeof(*key));

	(void)state;
	for (*key = 0; *key < 5; ++*key)
		call(l->object, "ut_start");
	assert_int_equal(book(l)->starts_refused, 3);
	for (*key = 0; *key < 5; ++*key)
		call(l->object, "ut_end");
	assert_int_equal(book(l)->unpaired, 3);
	assert_int_equal(drain(l), 2);
	unload(l);
}

static void a_negative_interval_is_0_and_in_the_books(void **state)
{
	static const struct {
		u64 since;
		u64 now;
		u64 want;
		u64 skewed;
	} cases[] = {{0, 0, 0, 0},     {5, 7, 2, 0},	     {7, 5, 0, 1},
		     {~0ULL, 0, 0, 1}, {0, ~0ULL, ~0ULL, 0}, {1ULL << 63, 1, 0, 1}};
	struct loaded *l = load(COUNT("a", ""));
	u64 skewed = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		*(u64 *)global(l->object, "ut_since", sizeof(u64)) = cases[i].since;
		*(u64 *)global(l->object, "ut_now", sizeof(u64)) = cases[i].now;
		call(l->object, "ut_measure");
		skewed += cases[i].skewed;
		assert_int_equal(*(u64 *)global(l->object, "ut_elapsed", sizeof(u64)),
				 cases[i].want);
		assert_int_equal(book(l)->clock_skew, skewed);
	}
	unload(l);
}

static void *run_group(void *failed)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_have_what_their_metrics_count),
		cmocka_unit_test(combined_records_add_up_to_what_happened),
		cmocka_unit_test(an_event_is_that_of_the_context_it_began_in),
		cmocka_unit_test(without_a_ring_every_number_is_in_the_lost_cells),
		cmocka_unit_test(in_a_full_ring_no_number_is_lost),
		cmocka_unit_test(
			starts_that_find_no_room_and_ends_without_a_start_are_in_the_books),
		cmocka_unit_test(a_negative_interval_is_0_and_in_the_books),
	};

	*(int *)failed = cmocka_run_group_tests(tests, NULL, NULL);
	return NULL;
}

/* In a thread of its own: its thread id is not its process id. */
int main(void)
{
	pthread_t thread;
	int failed = 1;

	if (bpf_is_refused())
		return EXIT_SKIP;
	if (pthread_create(&thread, NULL, run_group, &failed))
		return 1;
	pthread_join(thread, NULL);
	return failed;
}
