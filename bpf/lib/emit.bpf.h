/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Layer 4: emit, the only way out of a probe. What a probe includes.
 *
 *   emit(&ev)               the event happened to the current task
 *   emit_task(&ev, task)    ... to another task (scheduler events)
 *   context_save(&ctx, &ev) at the start of an event that ends elsewhere, and
 *   emit_saved(&ev, &ctx)   at its end
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

/* One event on its way through emit: what it is and where it is counted. */
struct emission {
	const volatile struct wire_plan *plan;
	const volatile struct wire_filter *filter;
	struct wire_ledger *ledger;
	void *tables; /* map b_EVENT */
	const u64 *event;
	u64 bits; /* metrics that count it */
	bool owner;
};

/* The bucket numbers of all histograms, packed as they stand in the key: 16 bits each. */
struct packed_buckets {
	u64 words[WIRE_METRICS_MAX / 4];
};

static __always_inline u64 emit__presence(const struct emission *e)
{
	return e->plan->presence ? e->event[e->plan->presence - 1] : ~0ULL;
}

/* The metrics that count this event: their `where` passes and their value is there. */
static __always_inline u64 emit__accepting(const struct emission *e, const struct context *context)
{
	const volatile struct wire_plan *plan = e->plan;
	u64 bits = plan->always;

	if (e->filter->ntests)
		bits |= filter__metrics(e->filter,
					filter__facts(e->filter, e->event, (const u64 *)context));
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
static __always_inline bool emit__filter(struct emission *e, const struct context *context)
{
	e->bits = emit__accepting(e, context);
	if (e->bits)
		return true;
	e->owner = ledger__enter(e->ledger, e->plan);
	ledger__seen(e->ledger, e->owner);
	ledger__filtered(e->ledger, e->owner);
	ledger__leave(e->ledger, e->owner);
	return false;
}

/* The word that metric m adds up or puts into buckets; 0 when it has none. */
static __always_inline u64 emit__value(const struct emission *e, u32 m)
{
	const u64 *event = e->event;

	hide(event);
	return e->plan->metrics[m].value ? event[e->plan->metrics[m].value - 1] : 0;
}

static __always_inline u64 emit__bucket(const struct emission *e, u32 m)
{
	u32 number = e->plan->metrics[m].table - 1;
	const struct wire_buckets *table = bpf_map_lookup_elem(e->tables, &number);

	if (!table)
		return 0;
	return bucket__find(table, emit__value(e, m), e->plan->bound_slots,
			    e->plan->metrics[m].steps) &
	       -(e->bits >> m & 1);
}

static __always_inline void emit__pack_buckets(const struct emission *e,
					       struct packed_buckets *packed)
{
	u64 *words = packed->words;

	hide(words);
#define CLEAR(i) words[i] = 0;
	UNROLL_4(CLEAR, 0)
#undef CLEAR
	LOOP(m, 0, WIRE_METRICS_MAX)
	{
		u64 slot = e->plan->metrics[m].table - 1;

		if (m >= e->plan->nmetrics)
			break;
		if (e->plan->metrics[m].table)
			words[slot >> 2 & 3] |= emit__bucket(e, m) << 16 * (slot & 3);
	}
}

static __always_inline u64 packed_bucket(const struct packed_buckets *packed, u64 slot)
{
	const u64 *words = packed->words;

	hide(words);
	return words[slot >> 2 & 3] >> 16 * (slot & 3) & 0xffff;
}

static __always_inline void emit__append_buckets(struct key_writer *w,
						 const struct packed_buckets *packed, u64 ntables,
						 u32 place)
{
	const u64 *words = packed->words;

	hide(words);
#define APPEND(i)               \
	if (4 * (i) >= ntables) \
		return;         \
	key_writer__append(w, words[i], place + (i));
	UNROLL_4(APPEND, 0)
#undef APPEND
}

/* One metric's lost cell takes the event's numbers. */
static __always_inline void emit__lose_metric(const struct emission *e, u32 m,
					      const struct packed_buckets *packed)
{
	const volatile struct wire_metric *metric = &e->plan->metrics[m];
	struct wire_lost_cell *cell = (void *)((u64 *)(e->ledger + 1) + metric->cell);

	if (!(e->bits & WIRE_BITS_METRIC(m)))
		return;
	count_shared(&cell->count, 1);
	if (metric->value)
		count_shared(&cell->sum, emit__value(e, m));
	if (metric->table) {
		u64 bucket = packed_bucket(packed, metric->table - 1);

		hide(bucket);
		if (bucket <= metric->nbounds)
			count_shared(&cell->buckets[bucket], 1);
	}
}

/* The ring could not take the event: its labels are lost, its numbers are not. */
static __always_inline void emit__lose(const struct emission *e,
				       const struct packed_buckets *packed)
{
	LOOP(m, 0, WIRE_METRICS_MAX)
	{
		if (m >= e->plan->nmetrics)
			break;
		emit__lose_metric(e, m, packed);
	}
}

/* The event as a record of its own. False: there is no room for it. */
static __always_inline bool emit__alone(const struct emission *e, const struct key *key)
{
	const volatile struct wire_plan *plan = e->plan;
	void *ring;
	struct wire_partial *record = partial__reserve(plan, e->ledger, &ring);

	if (!record)
		return false;
	record->count = 1;
	key__copy(record->words, key, plan->key_words);
	if (plan->nsums)
		sums__set(record->words + plan->key_words, e->event, plan);
	partial__submit(plan, ring, record, e->owner ? e->ledger->seen : 1);
	return true;
}

/* The key, and its hash. Places of words, for the hash: bits, buckets, labels. */
static __always_inline u64 emit__key(const struct emission *e, struct key *key,
				     const struct context *context,
				     const struct packed_buckets *packed)
{
	enum {
		BITS,
		BUCKETS,
		CONTEXT = BUCKETS + WIRE_METRICS_MAX / 4,
		EVENT_PLACE = CONTEXT + WIRE_KEY_WORDS_MAX
	};
	const volatile struct wire_plan *plan = e->plan;
	struct key_writer w;

	key_writer__init(&w, key);
	if (plan->has_bits)
		key_writer__append(&w,
				   e->bits | (emit__presence(e) & plan->optional_key)
						     << WIRE_BITS_PRESENT_SHIFT,
				   BITS);
	if (plan->ntables)
		emit__append_buckets(&w, packed, plan->ntables, BUCKETS);
	if (plan->ncontext_labels)
		key_writer__append_labels(&w, (const u64 *)context, plan->context_labels,
					  plan->ncontext_labels, e->bits, CONTEXT);
	if (plan->nevent_labels)
		key_writer__append_labels(&w, e->event, plan->event_labels, plan->nevent_labels,
					  e->bits, EVENT_PLACE);
	return w.hash;
}

/* Into the table, or by itself: when the plan says so, when the table is somebody else's just now,
 * or when it has no place for the event's numbers. False: there was no room. */
static __always_inline bool emit__count(const struct emission *e, const struct key *key, u64 hash)
{
	if (e->plan->delivery == WIRE_COMBINE && e->owner) {
		enum combined combined = table__count(e->ledger, e->plan, key, hash, e->event);

		if (combined != COMBINE_WRAPS)
			return combined == COMBINED;
	}
	return emit__alone(e, key);
}

/* The common end of all forms of emit: the event is accepted, its context is there. The key is
 * ready before the books are taken, to hold them shortly. */
static __always_inline void emit__deliver(struct emission *e, const struct context *context)
{
	struct packed_buckets packed;
	struct key key;
	u64 hash;

	if (e->plan->ntables)
		emit__pack_buckets(e, &packed);
	hash = emit__key(e, &key, context, &packed);
	e->owner = ledger__enter(e->ledger, e->plan);
	ledger__seen(e->ledger, e->owner);
	if (!emit__count(e, &key, hash))
		emit__lose(e, &packed);
	ledger__leave(e->ledger, e->owner);
}

#define OVERLOAD static __always_inline __attribute__((overloadable, unused))

/* Word number of a field. */
#define WORD_OF(ev, field) (__builtin_offsetof(typeof(*(ev)), field) / sizeof(u64))

#define wants(ev, field)   (plan_of(ev)->event_wanted & 1ULL << WORD_OF(ev, field))

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
			.tables = &b_##name,                                                \
			.event = (const u64 *)ev,                                           \
		};                                                                          \
		if (!plan_##name.enabled)                                                   \
			return false;                                                       \
		e->ledger = ledger_of(ev);                                                  \
		return e->ledger;                                                           \
	}                                                                                   \
	OVERLOAD void emit(const struct name *ev)                                           \
	{                                                                                   \
		struct emission e;                                                          \
		struct context context;                                                     \
                                                                                            \
		if (!emission__init(&e, ev))                                                \
			return;                                                             \
		context__of_current(&context, e.plan->context_filter);                      \
		if (!emit__filter(&e, &context))                                            \
			return;                                                             \
		context__of_current(&context, e.plan->context_fetch & ~e.plan->context_filter); \
		emit__deliver(&e, &context);                                                \
	}                                                                                   \
	OVERLOAD void emit_task(const struct name *ev, const struct task_struct *task)      \
	{                                                                                   \
		struct emission e;                                                          \
		struct context context;                                                     \
                                                                                            \
		if (!emission__init(&e, ev))                                                \
			return;                                                             \
		context__of_task(&context, e.plan->context_filter, task);                   \
		if (!emit__filter(&e, &context))                                            \
			return;                                                             \
		context__of_task(&context, e.plan->context_fetch & ~e.plan->context_filter, \
				 task);                                                     \
		emit__deliver(&e, &context);                                                \
	}                                                                                   \
	OVERLOAD void emit_saved(const struct name *ev,                                     \
				 const struct wire_saved_context *saved)                    \
	{                                                                                   \
		struct emission e;                                                          \
		struct context context;                                                     \
                                                                                            \
		if (!emission__init(&e, ev))                                                \
			return;                                                             \
		context__unpack(&context, saved, e.plan);                                   \
		if (emit__filter(&e, &context))                                             \
			emit__deliver(&e, &context);                                        \
	}                                                                                   \
	OVERLOAD void context_save(struct wire_saved_context *saved, const struct name *ev) \
	{                                                                                   \
		struct context context;                                                     \
                                                                                            \
		context__of_current(&context, SAVED_WORDS(&plan_##name));                   \
		context__pack(saved, &context, &plan_##name);                               \
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
