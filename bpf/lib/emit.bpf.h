/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Layer 4: emit, the only way out of a probe. What a probe includes.
 *
 *   emit(&ev)               the event happened to the current task
 *   emit_task(&ev, task)    ... to another task (scheduler events)
 *   context_save(&ctx, &ev) at the start of an event that ends elsewhere, and
 *   emit_saved(&ev, &ctx)   at its end
 *   emit_part(&ev, task)    ... goes on: what its sums have come to since it was told last
 *   wants(&ev, field)       does the plan use this field? Costly fields stand inside.
 *   elapsed(&ev, a, b)      b - a on a monotonic clock; a negative interval counts as 0
 *   start_refused(&ev), end_unpaired(&ev): for the books
 *
 * EVENT_DEFINE(event) makes these for one event struct, together with its plan, filter and books.
 * In order: fetch the context the filter asks for; filter; fetch the rest; build the key; deliver.
 */
#ifndef RINGTALLY_BPF_LIB_EMIT_H
#define RINGTALLY_BPF_LIB_EMIT_H

#include "bpf/lib/bucket.bpf.h"
#include "bpf/lib/combine.bpf.h"
#include "bpf/lib/context.bpf.h"
#include "bpf/lib/filter.bpf.h"
#include "bpf/lib/flush.bpf.h"
#include "bpf/lib/program.bpf.h"
#include "bpf/lib/starts.bpf.h"
#include "bpf/lib/text.bpf.h"

/* One event on its way through emit: what it is and where it is counted. */
struct emission {
	const volatile struct wire_plan *plan;
	const volatile struct wire_filter *filter;
	void *books;		    /* map m_EVENT */
	void *tables;		    /* map b_EVENT */
	struct wire_ledger *ledger; /* from when it is needed: there is much to do before */
	const u64 *event;
	u32 event_words; /* it has */
	u64 count;	 /* 1; 0: no event, but a part of one that is to come */
	u64 bits;	 /* metrics that count it */
	bool owner;
};

static __always_inline u64 emit__presence(const struct emission *e)
{
	return e->plan->presence ? e->event[e->plan->presence - 1] : ~0ULL;
}

/* The metrics that count this event: their `where` passes and their value is there. */
static __always_inline u64 emit__accepting(const struct emission *e,
					   const struct context_words *context)
{
	const volatile struct wire_plan *plan = e->plan;
	u64 bits = plan->always;
	u64 ntests = e->filter->ntests;

	if (ntests)
		bits |= filter__accepting(e->filter, ntests, bits, e->event, (const u64 *)context);
	if (!plan->presence)
		return bits;
	LOOP(m, 0, WIRE_METRICS_MAX)
	{
		u64 missing = plan->metrics[m].needs & ~emit__presence(e);

		if (m >= plan->nmetrics)
			break;
		bits &= ~((1 ^ is_zero(missing)) << m);
	}
	return bits;
}

/* False: no metric counts the event, and that is in the books now. */
static __always_inline bool emit__filter(struct emission *e, const struct context_words *context)
{
	e->bits = emit__accepting(e, context);
	if (e->bits)
		return true;
	e->ledger = ledger__of_this_cpu(e->books);
	if (!e->ledger)
		return false;
	e->owner = ledger__enter(e->ledger, e->plan);
	ledger__filtered(e->ledger, e->owner);
	ledger__leave(e->ledger, e->owner);
	return false;
}

/* The word that metric m adds up or puts into buckets; 0 when it has none. */
static __always_inline u64 emit__value(const struct emission *e, u64 m)
{
	const u64 *event = e->event;

	hide(event);
	return e->plan->metrics[m].value ? event[e->plan->metrics[m].value - 1] : 0;
}

/* The bucket of the value of table `number`'s metric; 0 when the metric does not count the event.
 */
static __always_inline u64 emit__bucket(const struct emission *e, u32 number)
{
	u64 m = e->plan->histograms[number];
	const struct wire_buckets *table = bpf_map_lookup_elem(e->tables, &number);
	u64 bucket;

	if (!table)
		return 0;
	bucket = bucket__find(table, emit__value(e, m), e->plan->bound_slots,
			      e->plan->metrics[m].steps);
	return e->plan->has_bits ? bucket & -(e->bits >> m & 1) : bucket;
}

/* The words with the bucket numbers of all histograms, four to a word. */
static __always_inline u64 *emit__append_buckets(const struct emission *e, u64 *cursor)
{
	u64 n = e->plan->ntables;
	u64 word = 0;

	LOOP(number, 0, WIRE_METRICS_MAX)
	{
		if (number >= n)
			break;
		word |= emit__bucket(e, number) << 16 * (number & 3);
		if ((number & 3) != 3 && number + 1 < n)
			continue;
		cursor = key__append(cursor, word);
		word = 0;
	}
	return cursor;
}

/* The bucket of table `number` as it stands in the key. */
static __always_inline u64 key__bucket(const struct key *key, const volatile struct wire_plan *plan,
				       u64 number)
{
	const u64 *words = key->words;

	hide(words);
	return words[plan->has_bits + (number >> 2)] >> 16 * (number & 3) & 0xffff;
}

/* One metric's lost cell takes the event's numbers. */
static __always_inline void emit__lose_metric(const struct emission *e, u32 m,
					      const struct key *key)
{
	const volatile struct wire_metric *metric = &e->plan->metrics[m];
	struct wire_lost_cell *cell = (void *)((u64 *)(e->ledger + 1) + metric->cell);

	if (!(e->bits & WIRE_BITS_METRIC(m)))
		return;
	if (e->count)
		count_shared(&cell->count, 1);
	if (metric->value)
		count_shared(&cell->sum, emit__value(e, m));
	if (metric->table) {
		u64 bucket = key__bucket(key, e->plan, metric->table - 1);

		hide(bucket);
		if (bucket <= metric->nbounds)
			count_shared(&cell->buckets[bucket], 1);
	}
}

/* The ring could not take the event: its labels are lost, its numbers are not. */
static __always_inline void emit__lose(const struct emission *e, const struct key *key)
{
	LOOP(m, 0, WIRE_METRICS_MAX)
	{
		if (m >= e->plan->nmetrics)
			break;
		emit__lose_metric(e, m, key);
	}
}

/* The event as a record of its own. False: there is no room for it. */
static __always_inline bool emit__alone(const struct emission *e, const struct key *key)
{
	const volatile struct wire_plan *plan = e->plan;
	void *ring;
	struct wire_partial *record =
		record__reserve(plan, WIRE_PARTIAL, e->ledger, e->count, &ring);

	if (!record)
		return false;
	record->count = e->count;
	key__copy(record->words, key, plan->key_words);
	if (plan->nsums)
		sums__set(record->words + plan->key_words, e->event, plan);
	record__submit(plan, ring, record, e->owner ? e->ledger->accepted : 1);
	return true;
}

/* Places of words, for the hash. */
enum {
	PLACE_BITS,
	PLACE_BUCKETS,
	PLACE_CONTEXT = PLACE_BUCKETS + WIRE_METRICS_MAX / 4,
	PLACE_EVENT = PLACE_CONTEXT + WIRE_KEY_WORDS_MAX,
};

/* What buckets add to the hash: not in the loop that finds them, whose places clang does not know.
 */
static __always_inline u64 hash_of_buckets(const u64 *words, u64 ntables)
{
	u64 hash = 0;

#define ADD(i)                  \
	if (4 * (i) >= ntables) \
		return hash;    \
	hash += words[i] * hash_factor(PLACE_BUCKETS + (i));
	UNROLL_4(ADD, 0)
#undef ADD
	return hash;
}

/* The key, and its hash. */
static __always_inline u64 emit__key(const struct emission *e, struct key *key,
				     const struct context_source *context)
{
	const volatile struct wire_plan *plan = e->plan;
	bool has_bits = plan->has_bits;
	struct key_writer w;
	u64 n;

	key_writer__init(&w, key);
	if (has_bits)
		key_writer__append(&w,
				   e->bits | (emit__presence(e) & plan->optional_key)
						     << WIRE_BITS_PRESENT_SHIFT,
				   PLACE_BITS);
	n = plan->ntables;
	if (n) {
		const u64 *buckets = w.cursor;

		w.cursor = emit__append_buckets(e, w.cursor);
		w.hash += hash_of_buckets(buckets, n);
	}
	n = plan->ncontext_labels;
	if (n)
		key_writer__append_context(&w, context, plan->context_labels, n, has_bits, e->bits,
					   PLACE_CONTEXT);
	n = plan->nevent_labels;
	if (n)
		key_writer__append_labels(&w, e->event, plan->event_labels, n, has_bits, e->bits,
					  PLACE_EVENT);
	return key_writer__hash(&w);
}

/* Into the table, or by itself: when the plan says so, when the table is somebody else's just now,
 * or when it has no place for the event's numbers. False: there was no room. */
static __always_inline bool emit__count(const struct emission *e, const struct key *key, u64 hash)
{
	if (e->plan->delivery == WIRE_COMBINE && e->owner) {
		const struct tally tally = {e->event, e->count};
		enum combined combined = table__count(e->ledger, e->plan, key, hash, &tally);

		if (combined != COMBINE_WRAPS)
			return combined == COMBINED;
	}
	return emit__alone(e, key);
}

/* The event with all its fields, if there is room. */
static __always_inline void emit__raw(const struct emission *e, const u64 *context)
{
	const volatile struct wire_plan *plan = e->plan;
	const u64 *event = e->event;
	void *ring;
	struct wire_raw *record = record__reserve(plan, WIRE_RAW, e->ledger, 1, &ring);

	if (!record)
		return;
	record->time_ns = bpf_ktime_get_ns();
	hide(event);
#define COPY(i)                   \
	if ((i) < e->event_words) \
		record->words[i] = event[i];
	UNROLL_32(COPY, 0)
#undef COPY
	key__append_words(record->words + e->event_words, context, WORDS(struct context),
			  plan->context_fetch);
	record__submit(plan, ring, record, e->owner ? e->ledger->accepted : 1);
}

/* The end of an event that is traced: there are no numbers to keep of one that finds no room. */
static __always_inline void emit__trace(struct emission *e, const struct context_words *context)
{
	e->ledger = ledger__of_this_cpu(e->books);
	if (!e->ledger)
		return;
	e->owner = ledger__enter(e->ledger, e->plan);
	ledger__accepted(e->ledger, e->owner);
	emit__raw(e, (const u64 *)context);
	ledger__leave(e->ledger, e->owner);
}

/* The end of an event that is counted. The key is ready before the books are taken, to hold them
 * shortly. */
static __always_inline void emit__tally(struct emission *e, const struct context_source *context)
{
	struct key key;
	u64 hash = emit__key(e, &key, context);

	e->ledger = ledger__of_this_cpu(e->books);
	if (!e->ledger)
		return;
	e->owner = ledger__enter(e->ledger, e->plan);
	if (e->count)
		ledger__accepted(e->ledger, e->owner);
	if (!emit__count(e, &key, hash))
		emit__lose(e, &key);
	ledger__leave(e->ledger, e->owner);
}

/* The common end of all forms of emit: the event is accepted, its context is there. */
static __always_inline void emit__deliver(struct emission *e, const struct context_source *context)
{
	if (e->plan->delivery == WIRE_TRACE)
		emit__trace(e, context->words);
	else
		emit__tally(e, context);
}

/* The way of every event, whatever its context comes from. What the filter does not look at is
 * asked for only once it has let the event pass. */
static __always_inline void emit__from(struct emission *e, struct context_source *source)
{
	u64 filter = e->plan->context_filter;

	if (filter) {
		context_source__prepare(source, e->plan->context_fetch);
		context__fetch(source, filter);
	}
	if (!emit__filter(e, source->words))
		return;
	if (!filter && e->plan->context_fetch)
		context_source__prepare(source, e->plan->context_fetch);
	emit__deliver(e, source);
}

static __always_inline void emit__of_current(struct emission *e)
{
	struct context_words context;
	struct context_source source = {.origin = CONTEXT_CURRENT, .words = &context};

	emit__from(e, &source);
}

static __always_inline void emit__of_task(struct emission *e, const struct task_struct *task)
{
	struct context_words context;
	struct context_source source = {
		.origin = CONTEXT_TASK, .has_task = true, .task = task, .words = &context};

	emit__from(e, &source);
}

static __always_inline void emit__of_saved(struct emission *e,
					   const struct wire_saved_context *saved)
{
	struct context_words context;
	struct context_source source = {.origin = CONTEXT_SAVED, .words = &context};

	context__unpack(&context, saved, e->plan);
	if (emit__filter(e, &context))
		emit__deliver(e, &source);
}

/* A part is for the metrics that take any, which have no filter and are not traced. One that adds
 * nothing leaves no trace: what is in the table's list holds something. */
static __always_inline void emit__part_of_task(struct emission *e, const struct task_struct *task)
{
	struct context_words context;
	struct context_source source = {
		.origin = CONTEXT_TASK, .has_task = true, .task = task, .words = &context};

	e->count = 0;
	e->bits = e->plan->parts;
	if (!sums__grow(e->event, e->plan))
		return;
	if (e->plan->ncontext_labels)
		context_source__prepare(&source, e->plan->context_fetch);
	emit__tally(e, &source);
}

/* Word number of a field. */
#define WORD_OF(ev, field) (__builtin_offsetof(typeof(*(ev)), field) / sizeof(u64))

#define wants(ev, field)   (plan_of(ev)->event_wanted & 1ULL << WORD_OF(ev, field))

/* Does any metric take parts? */
#define takes_parts(ev) (plan_of(ev)->parts)

/* An optional field is there. */
#define present(ev, field) ((ev)->present |= 1ULL << WORD_OF(ev, field))

/* clang-format off */
#define EVENT_DEFINE(name)                                                                  \
	_Static_assert(sizeof(struct name) % sizeof(u64) == 0 &&                            \
			       WORDS(struct name) <= WIRE_WORDS_MAX,                        \
		       "events are made of at most 32 words of 8 bytes");                   \
	LEDGER_MAP(name);                                                                   \
	BUCKETS_MAP(name);                                                                  \
	const volatile struct wire_plan plan_##name = {};                                   \
	const volatile struct wire_filter filter_##name = {};                               \
	const struct name *const volatile anchor_##name = 0;                                \
	FLUSH_DEFINE(name)                                                                  \
                                                                                            \
	OVERLOAD const volatile struct wire_plan *plan_of(const struct name *ev)            \
	{                                                                                   \
		return &plan_##name;                                                        \
	}                                                                                   \
	OVERLOAD struct wire_ledger *ledger_of(const struct name *ev)                       \
	{                                                                                   \
		return ledger__of_this_cpu(&m_##name);                                      \
	}                                                                                   \
	OVERLOAD bool emission__init(struct emission *e, const struct name *ev)             \
	{                                                                                   \
		*e = (struct emission){                                                     \
			.plan = &plan_##name,                                               \
			.filter = &filter_##name,                                           \
			.books = &m_##name,                                                 \
			.tables = &b_##name,                                                \
			.event = (const u64 *)ev,                                           \
			.event_words = WORDS(struct name),                                  \
			.count = 1,                                                         \
		};                                                                          \
		return plan_##name.enabled;                                                 \
	}                                                                                   \
	OVERLOAD void emit(const struct name *ev)                                           \
	{                                                                                   \
		struct emission e;                                                          \
                                                                                            \
		if (emission__init(&e, ev))                                                 \
			emit__of_current(&e);                                               \
	}                                                                                   \
	OVERLOAD void emit_task(const struct name *ev, const struct task_struct *task)      \
	{                                                                                   \
		struct emission e;                                                          \
                                                                                            \
		if (emission__init(&e, ev))                                                 \
			emit__of_task(&e, task);                                            \
	}                                                                                   \
	OVERLOAD void emit_part(const struct name *ev, const struct task_struct *task)      \
	{                                                                                   \
		struct emission e;                                                          \
                                                                                            \
		if (emission__init(&e, ev) && plan_##name.parts)                            \
			emit__part_of_task(&e, task);                                       \
	}                                                                                   \
	OVERLOAD void emit_saved(const struct name *ev,                                     \
				 const struct wire_saved_context *saved)                    \
	{                                                                                   \
		struct emission e;                                                          \
                                                                                            \
		if (emission__init(&e, ev))                                                 \
			emit__of_saved(&e, saved);                                          \
	}                                                                                   \
	OVERLOAD void context_save(struct wire_saved_context *saved, const struct name *ev) \
	{                                                                                   \
		struct context_words context;                                               \
		struct context_source source = {.origin = CONTEXT_CURRENT, .words = &context}; \
		u64 words = SAVED_WORDS(&plan_##name);                                      \
                                                                                            \
		if (words) {                                                                \
			context_source__prepare(&source, words);                            \
			context__pack(saved, &source, words);                               \
		}                                                                           \
	}                                                                                   \
	OVERLOAD void flush_hook_rests(const struct name *ev, bool rests)                   \
	{                                                                                   \
		struct wire_ledger *ledger = ledger_of(ev);                                 \
                                                                                            \
		if (ledger)                                                                 \
			ledger->hook_rests = rests;                                         \
	}                                                                                   \
	OVERLOAD void start_refused(const struct name *ev)                                  \
	{                                                                                   \
		struct wire_ledger *ledger = ledger_of(ev);                                 \
                                                                                            \
		if (ledger)                                                                 \
			count_shared(&ledger->starts_refused, 1);                           \
	}                                                                                   \
	OVERLOAD void end_unpaired(const struct name *ev)                                   \
	{                                                                                   \
		struct wire_ledger *ledger = ledger_of(ev);                                 \
                                                                                            \
		if (ledger)                                                                 \
			count_shared(&ledger->unpaired, 1);                                 \
	}                                                                                   \
	OVERLOAD u64 elapsed(const struct name *ev, u64 since, u64 now)                     \
	{                                                                                   \
		struct wire_ledger *ledger;                                                 \
                                                                                            \
		if (now >= since)                                                           \
			return now - since;                                                 \
		ledger = ledger_of(ev);                                                     \
		if (ledger)                                                                 \
			count_shared(&ledger->clock_skew, 1);                               \
		return 0;                                                                   \
	}
/* clang-format on */

#endif
