/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/route.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "aggregators/family.h"
#include "aggregators/labels.h"
#include "base/err.h"
#include "base/util.h"
#include "bpf/wire.h"
#include "pipeline/decoders/decoded.h"
#include "pipeline/decoders/decoder.h"
#include "pipeline/decoders/decoder_set.h"
#include "pipeline/ledger.h"
#include "pipeline/plan.h"
#include "pipeline/raw_cache.h"
#include "pipeline/rings.h"

/* Of the cache of raw keys of one metric: twice as many entries as series, so that all of them find
 * room, as far as that takes no more memory than this. */
enum { CACHE_ENTRIES_MIN = 1024, CACHE_BYTES_MAX = 16 << 20 };

/* Up to this it is in the CPU's own caches under load, with the rows it leads to: to wait for
 * memory side by side would take longer than the memory does (`bench pipeline`). */
enum { NEAR_BYTES = 128 << 10 };

/* Of lost cells that change meanwhile. */
enum { LOST_READS_MAX = 100 };

struct label_route {
	const struct label_plan *plan;
	struct decoder *decoder; /* the route's: shared by labels of one kind */
	u64 errors;
};

struct metric_route {
	const struct metric_plan *plan;
	const struct wire_plan *wire; /* of its event */
	struct family *family;
	struct raw_cache *cache;
	struct label_route *labels;
	u64 lost;	  /* events that its lost cells told of */
	u8 *raw_key_from; /* where in the key the words of the raw key stand */
	/* For each record, beside it instead of behind the plan: an eighth of its time. */
	bool is_near;	   /* what a look-up touches is in the CPU's caches */
	bool in_one_piece; /* the words of the raw key stand side by side, and are all of it */
	bool has_value;
	bool has_buckets;
	u32 raw_key_at; /* where, if in one piece */
	u32 sum_word;
};

/* What came from one CPU. */
struct cpu_route {
	u64 consumed;
	bool marked;
	struct route_mark mark;
};

struct event_route {
	const struct event_plan *plan;
	size_t record_bytes; /* the plan's, as the next two: for each record, too */
	u32 nmetrics;
	bool has_bits;
	struct metric_route *metrics;
	struct cpu_route *cpus;
	u64 given_up; /* consumed of earlier generations */
	u64 lost;     /* events, when the lost cells were collected */
	u64 marks;
	u64 marks_off;
	u8 generation; /* of the books that are kept now */
};

/* A record on its way to a metric. */
struct addition {
	struct metric_route *metric;
	const struct wire_partial *partial;
	const u64 *raw_key; /* the partial's, or picked out of it */
	u64 hash;	    /* of the raw key */
	family_ticket ticket;
};

/* Additions that are on their way together: enough to wait for memory side by side. */
enum { ADDITIONS_MAX = 64 };

struct route {
	struct event_route *events;
	u32 nevents;
	u32 nmetrics; /* of all events */
	u32 ncpus;
	u64 malformed;
	struct decoder_set decoders;
	struct label_builder builder;
	struct addition additions[ADDITIONS_MAX];
	u32 nadditions;
	u64 *raw_keys; /* room for one of each addition, and one more */
	u32 raw_key_words;
};

/* A raw key: the label words, and which of the optional labels are there. */
static u32 cached_words(const struct metric_plan *plan)
{
	return plan->label_words + (plan->label_presence != 0);
}

/* The number is rounded up to a power of two later on: at most half of what fits. */
static u32 cache_entries(const struct metric_plan *plan)
{
	const u64 fit = CACHE_BYTES_MAX / raw_cache_entry_bytes(cached_words(plan));
	const u64 wanted = MAX((u64)plan->limits.max_series * 2, (u64)CACHE_ENTRIES_MIN);

	return (u32)MIN(wanted, fit / 2);
}

size_t route_cache_bytes(const struct metric_plan *plan)
{
	return raw_cache_bytes(cached_words(plan), cache_entries(plan));
}

static int metric_route__init(struct metric_route *m, const struct metric_plan *plan,
			      struct route *r, const struct route_spec *from, struct err *err)
{
	const struct family_spec spec = {
		.desc = plan->desc,
		.kind = plan->kind,
		.has_value = plan->value != NULL,
		.limits = plan->limits,
		.exposure = from->exposure,
		.quota = from->quota,
		.quota_member = r->nmetrics++,
	};
	int rc = family__new(&spec, &m->family, err);

	m->plan = plan;
	for (u32 i = 0; !rc && i < plan->nlabels; i++) {
		m->labels[i].plan = &plan->labels[i];
		rc = decoder_set__add(&r->decoders, &plan->labels[i], from->env,
				      &m->labels[i].decoder, err);
	}
	return rc;
}

/* A word of a key has a number below WIRE_KEY_WORDS_MAX. */
static u8 *list_raw_key_words(const struct metric_plan *plan)
{
	u8 *words = calloc(plan->label_words + 1, sizeof(*words)), *to = words;

	for (u32 i = 0; words && i < plan->nlabels; i++)
		for (u32 w = 0; w < plan->labels[i].field->words; w++)
			*to++ = (u8)(plan->labels[i].key_word + w);
	return words;
}

static bool is_in_one_piece(const struct metric_route *m, const struct metric_plan *plan)
{
	for (u32 i = 1; i < plan->label_words; i++)
		if (m->raw_key_from[i] != m->raw_key_from[0] + i)
			return false;
	return !plan->label_presence;
}

static int event_route__init(struct event_route *e, const struct event_plan *plan, struct route *r,
			     const struct route_spec *from, struct err *err)
{
	e->plan = plan;
	e->record_bytes = plan->wire.record_bytes;
	e->nmetrics = plan->nmetrics;
	e->has_bits = plan->wire.has_bits;
	e->metrics = calloc(plan->nmetrics, sizeof(*e->metrics));
	e->cpus = calloc(r->ncpus, sizeof(*e->cpus));
	if (!e->metrics || !e->cpus)
		return err__set_errno(err, -ENOMEM, "event %s", plan->schema->name);
	for (u32 i = 0; i < plan->nmetrics; i++) {
		struct metric_route *m = &e->metrics[i];
		const struct metric_plan *metric = &plan->metrics[i];
		int rc;

		m->cache = raw_cache__new(cached_words(metric), cache_entries(metric));
		m->labels = calloc(metric->nlabels + 1, sizeof(*m->labels));
		m->raw_key_from = list_raw_key_words(metric);
		if (!m->cache || !m->labels || !m->raw_key_from)
			return err__set_errno(err, -ENOMEM, "metric %s", metric->name);
		m->wire = &plan->wire;
		m->is_near = route_cache_bytes(metric) <= NEAR_BYTES;
		m->in_one_piece = is_in_one_piece(m, metric);
		m->has_value = metric->value != NULL;
		m->has_buckets = metric->desc.nbounds != 0;
		m->raw_key_at = m->raw_key_from[0];
		m->sum_word = metric->sum_word;
		rc = metric_route__init(m, metric, r, from, err);
		if (rc)
			return rc;
	}
	return 0;
}

static u32 longest_raw_key(const struct plan *plan)
{
	u32 longest = 0;

	for (u32 i = 0; i < plan->nevents; i++)
		for (u32 m = 0; m < plan->events[i].nmetrics; m++)
			longest = MAX(longest, cached_words(&plan->events[i].metrics[m]));
	return longest;
}

static bool make_raw_keys(struct route *r, const struct plan *plan)
{
	r->raw_key_words = longest_raw_key(plan) + 1;
	r->raw_keys = calloc(((size_t)ADDITIONS_MAX + 1) * r->raw_key_words, sizeof(u64));
	return r->raw_keys != NULL;
}

int route__new(const struct route_spec *spec, struct route **ret_route, struct err *err)
{
	const struct plan *plan = spec->plan;
	struct route *r = calloc(1, sizeof(*r));
	int rc = 0;

	if (!r)
		return err__set_errno(err, -ENOMEM, "route");
	r->ncpus = spec->ncpus;
	r->events = calloc(plan->nevents + 1, sizeof(*r->events));
	if (!r->events || !make_raw_keys(r, plan))
		rc = err__set_errno(err, -ENOMEM, "route");
	for (u32 i = 0; !rc && r->events && i < plan->nevents; i++) {
		r->nevents++;
		rc = event_route__init(&r->events[i], &plan->events[i], r, spec, err);
	}
	if (rc) {
		route__free(r);
		return rc;
	}
	*ret_route = r;
	return 0;
}

static void event_route__fini(struct event_route *e)
{
	for (u32 i = 0; e->metrics && i < e->plan->nmetrics; i++) {
		family__free(e->metrics[i].family);
		raw_cache__free(e->metrics[i].cache);
		free(e->metrics[i].labels);
		free(e->metrics[i].raw_key_from);
	}
	free(e->metrics);
	free(e->cpus);
}

void route__free(struct route *r)
{
	if (!r)
		return;
	for (u32 i = 0; r->events && i < r->nevents; i++)
		event_route__fini(&r->events[i]);
	decoder_set__fini(&r->decoders);
	free(r->raw_keys);
	free(r->events);
	free(r);
}

/* Decodes all labels of a metric into the builder. False: the texts may be others next time. */
static bool decode_labels(struct route *r, struct metric_route *m, const u64 *key)
{
	bool final = true;

	label_builder__reset(&r->builder);
	for (u32 i = 0; i < m->plan->nlabels; i++) {
		struct label_route *label = &m->labels[i];
		struct decoded decoded;

		if (label->plan->presence && !(key[0] & label->plan->presence)) {
			label_builder__append(&r->builder, "", 0);
			continue;
		}
		label->decoder->ops->decode(label->decoder, key + label->plan->key_word,
					    label->plan->field->words, &decoded);
		for (u32 s = 0; s < label->plan->nsteps; s++)
			label->plan->steps[s].decoder->apply(label->plan->steps[s].config,
							     &decoded);
		decoded__cut(&decoded);
		label_builder__append(&r->builder, decoded.text, decoded.len);
		label->errors += decoded.error;
		final = final && !decoded.provisional;
	}
	return final;
}

/* The metric's raw key: its own label words in the order of its labels, and their presence. */
static const u64 *pick_words(const struct metric_route *m, const u64 *key, u64 *ret_words)
{
	const struct metric_plan *plan = m->plan;

	for (u32 i = 0; i < plan->label_words; i++)
		ret_words[i] = key[m->raw_key_from[i]];
	if (plan->label_presence)
		ret_words[plan->label_words] = key[0] & plan->label_presence;
	return ret_words;
}

/* The bucket numbers stand four to a word behind the bits word. */
static u32 bucket_of(const struct wire_plan *wire, const u64 *key, u32 slot)
{
	return (u32)(key[wire->has_bits + slot / 4] >> 16 * (slot % 4)) & 0xffff;
}

static struct agg_delta delta_of(const struct metric_route *m, const struct wire_partial *partial)
{
	return (struct agg_delta){
		.count = partial->count,
		.sum = m->has_value ? partial->words[m->sum_word] : 0,
		.bucket = m->has_buckets ? bucket_of(m->wire, partial->words, m->plan->bucket_slot)
					 : 0,
	};
}

/* Decodes the labels, and remembers where they led to. Seldom: out of the way of the others. */
static __attribute__((noinline)) void add_decoded(struct route *r, struct metric_route *m,
						  const struct wire_partial *partial,
						  const u64 *raw_key)
{
	const struct agg_delta delta = delta_of(m, partial);
	const bool final = decode_labels(r, m, partial->words);
	const family_ticket ticket = family__add(m->family, &r->builder, &delta);

	if (final && ticket != FAMILY_NO_TICKET)
		raw_cache__put(m->cache, raw_key, raw_cache__seek(m->cache, raw_key), ticket);
}

/* The ticket may be of a series that an addition before this one has ended, or be missing although
 * one before this one has brought it: then it is decoded, which is always right. */
static void add(struct route *r, struct metric_route *m, const struct wire_partial *partial,
		const u64 *raw_key, family_ticket ticket)
{
	const struct agg_delta delta = delta_of(m, partial);

	if (ticket == FAMILY_NO_TICKET || !family__add_at(m->family, ticket, &delta))
		add_decoded(r, m, partial, raw_key);
}

/* In the partial, or put together where there is room for that of the next addition. */
static const u64 *raw_key_of(const struct route *r, const struct metric_route *m,
			     const struct wire_partial *partial)
{
	if (m->in_one_piece)
		return partial->words + m->raw_key_at;
	return pick_words(m, partial->words,
			  r->raw_keys + (size_t)r->nadditions * r->raw_key_words);
}

/* ---- where memory is near: at once ---- */

static void add_near(struct route *r, struct metric_route *m, const struct wire_partial *partial)
{
	const u64 *raw_key = raw_key_of(r, m, partial);

	add(r, m, partial, raw_key, raw_cache__get(m->cache, raw_key));
}

/* ---- where it is far: in three steps, each for all before the next ---- */

/* Second: where it leads to, if that is known. */
static void look_up(struct addition *a)
{
	a->ticket = raw_cache__find(a->metric->cache, a->raw_key, a->hash);
	if (a->ticket != FAMILY_NO_TICKET)
		family__prefetch(a->metric->family, a->ticket);
}

static void settle_additions(struct route *r)
{
	for (u32 i = 0; i < r->nadditions; i++)
		look_up(&r->additions[i]);
	for (u32 i = 0; i < r->nadditions; i++) {
		const struct addition *a = &r->additions[i];

		add(r, a->metric, a->partial, a->raw_key, a->ticket);
	}
	r->nadditions = 0;
}

/* First: what it is looked up by. */
static void push_addition(struct route *r, struct metric_route *m,
			  const struct wire_partial *partial)
{
	struct addition *a;

	if (r->nadditions == ADDITIONS_MAX)
		settle_additions(r);
	a = &r->additions[r->nadditions];
	a->metric = m;
	a->partial = partial;
	a->raw_key = raw_key_of(r, m, partial);
	a->hash = raw_cache__seek(m->cache, a->raw_key);
	r->nadditions++;
}

/* ---- records ---- */

static bool is_ours(const struct route *r, const struct wire_head *head)
{
	return head->event < r->nevents && head->cpu < r->ncpus && head->generation != 0;
}

static const struct wire_mark *check_mark(const struct route *r, const void *record, size_t n)
{
	const struct wire_mark *mark = record;

	return n == sizeof(*mark) && mark->head.type == WIRE_MARK && is_ours(r, &mark->head) ? mark
											     : NULL;
}

/* The record as a partial aggregate, when it is one that the plan can have made. */
static const struct wire_partial *check_record(const struct route *r, const void *record, size_t n)
{
	const struct wire_partial *partial = record;

	if (n < sizeof(*partial) || partial->head.type != WIRE_PARTIAL)
		return NULL;
	if (!is_ours(r, &partial->head))
		return NULL;
	return n == r->events[partial->head.event].record_bytes ? partial : NULL;
}

void route__set_generation(struct route *r, u32 event, u8 generation)
{
	struct event_route *e = &r->events[event];

	if (generation > e->generation) {
		e->generation = generation;
		e->given_up += route__consumed(r, event);
		memset(e->cpus, 0, r->ncpus * sizeof(*e->cpus));
	}
}

/* The event's route when its record counts; NULL when it is of an attempt to load that was given
 * up. */
static struct event_route *event_of(struct route *r, const struct wire_head *head)
{
	struct event_route *e = &r->events[head->event];

	if (head->generation == e->generation)
		return e;
	if (head->generation < e->generation)
		return NULL;
	route__set_generation(r, head->event, head->generation);
	return e;
}

bool route_mark_balances(const struct route_mark *m)
{
	return m->accepted == m->consumed + m->lost;
}

static void take_mark(struct route *r, const struct wire_mark *mark)
{
	struct event_route *e = event_of(r, &mark->head);
	struct cpu_route *cpu;

	if (!e)
		return;
	cpu = &e->cpus[mark->head.cpu];
	cpu->marked = true;
	cpu->mark = (struct route_mark){mark->accepted, mark->lost, cpu->consumed};
	e->marks++;
	e->marks_off += !route_mark_balances(&cpu->mark);
}

static void take_addition(struct route *r, struct metric_route *m,
			  const struct wire_partial *partial)
{
	if (m->is_near)
		add_near(r, m, partial);
	else
		push_addition(r, m, partial);
}

static void take_partial(struct route *r, const struct wire_partial *partial)
{
	struct event_route *e = event_of(r, &partial->head);
	u64 bits;

	if (!e)
		return;
	e->cpus[partial->head.cpu].consumed += partial->count;
	bits = e->has_bits ? partial->words[0] : (u64)-1;
	for (u32 i = 0; i < e->nmetrics; i++)
		if (bits & WIRE_BITS_METRIC(i))
			take_addition(r, &e->metrics[i], partial);
}

static void take_record(struct route *r, const void *record, size_t n)
{
	const struct wire_partial *partial = check_record(r, record, n);
	const struct wire_mark *mark;

	if (partial)
		take_partial(r, partial);
	else if ((mark = check_mark(r, record, n)))
		take_mark(r, mark);
	else
		r->malformed++;
}

void route__records(void *ctx, const struct rings_record *records, size_t n)
{
	struct route *r = ctx;

	for (size_t i = 0; i < n; i++)
		take_record(r, records[i].data, records[i].n);
	settle_additions(r);
}

int route__inspect(const struct route *r, const void *record, size_t n, u32 *ret_event,
		   u64 *ret_count)
{
	const struct wire_partial *partial = check_record(r, record, n);

	if (!partial)
		return -EBADMSG;
	if (partial->head.generation < r->events[partial->head.event].generation)
		return -ESTALE;
	*ret_event = partial->head.event;
	*ret_count = partial->count;
	return 0;
}

/* A histogram's count is that of its buckets, so there the cell's own count is not needed. */
static void collect_lost(struct metric_route *m, struct ledger *ledger, u32 cell)
{
	struct agg_delta lost = {
		.count = ledger__take_lost(ledger, cell),
		.sum = ledger__take_lost(ledger, cell + 1),
	};

	if (!m->plan->desc.nbounds) {
		m->lost += lost.count;
		family__add_lost(m->family, &lost);
		return;
	}
	lost.count = 0;
	family__add_lost(m->family, &lost);
	for (u32 i = 0; i <= m->plan->desc.nbounds; i++) {
		lost = (struct agg_delta){.count = ledger__take_lost(ledger, cell + 2 + i),
					  .bucket = i};
		m->lost += lost.count;
		family__add_lost(m->family, &lost);
	}
}

/* Do the cells tell of every event that was lost? */
static bool lost_is_settled(const struct event_route *e)
{
	for (u32 m = 0; m < e->plan->nmetrics; m++)
		if (event_plan__counts_all(e->plan, m) && e->metrics[m].lost != e->lost)
			return false;
	return true;
}

/* The kernel counts a lost event in one place after the other while we read: once more, then. */
void route__collect_lost(struct route *r, u32 event, struct ledger *ledger)
{
	struct event_route *e = &r->events[event];

	for (int i = 0; i < LOST_READS_MAX; i++) {
		for (u32 m = 0; m < e->plan->nmetrics; m++)
			collect_lost(&e->metrics[m], ledger, (u32)e->plan->wire.metrics[m].cell);
		e->lost = ledger__lost(ledger);
		if (lost_is_settled(e))
			return;
	}
}

void route__tick(struct route *r, u64 now_ns)
{
	for (u32 i = 0; i < r->nevents; i++)
		for (u32 m = 0; m < r->events[i].plan->nmetrics; m++)
			family__tick(r->events[i].metrics[m].family, now_ns);
}

int route__snapshot(struct route *r, struct snapshot *s)
{
	for (u32 i = 0; i < r->nevents; i++) {
		for (u32 m = 0; m < r->events[i].plan->nmetrics; m++) {
			int rc = family__snapshot(r->events[i].metrics[m].family, s);

			if (rc)
				return rc;
		}
	}
	return 0;
}

u64 route__consumed(const struct route *r, u32 event)
{
	const struct event_route *e = &r->events[event];
	u64 consumed = 0;

	for (u32 cpu = 0; cpu < r->ncpus; cpu++)
		consumed += e->cpus[cpu].consumed;
	return consumed;
}

u64 route__counted(const struct route *r, u32 event)
{
	return route__consumed(r, event) + r->events[event].given_up;
}

u64 route__lost(const struct route *r, u32 event)
{
	return r->events[event].lost;
}

bool route__mark(const struct route *r, u32 event, u32 cpu, struct route_mark *ret_mark)
{
	const struct cpu_route *from = &r->events[event].cpus[cpu];

	if (from->marked)
		*ret_mark = from->mark;
	return from->marked;
}

u64 route__marks(const struct route *r, u32 event)
{
	return r->events[event].marks;
}

u64 route__marks_off(const struct route *r, u32 event)
{
	return r->events[event].marks_off;
}

u64 route__malformed(const struct route *r)
{
	return r->malformed;
}

u64 route__decode_errors(const struct route *r, u32 event, u32 metric, u32 label)
{
	return r->events[event].metrics[metric].labels[label].errors;
}

const struct family *route__family(const struct route *r, u32 event, u32 metric)
{
	return r->events[event].metrics[metric].family;
}
