/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/key_layout.h"

#include "base/util.h"
#include "config/config.h"
#include "pipeline/bucket_table.h"

static u32 popcount(u64 mask)
{
	return (u32)__builtin_popcountll(mask);
}

/* Bits of `mask` below bit n: how many selected words stand before word n. */
static u32 words_before(u64 mask, u32 n)
{
	return popcount(mask & ((1ULL << n) - 1));
}

static u64 presence_bit(const struct field *field)
{
	return field->optional ? 1ULL << field->word : 0;
}

static void use_label(struct wire_plan *wire, const struct label_plan *label)
{
	u64 mask = field_mask(label->field);

	if (label->of_context)
		wire->context_key |= mask;
	else
		wire->event_key |= mask;
	if (!label->of_context)
		wire->optional_key |= presence_bit(label->field);
}

/* A metric's part in the plan; lost cells stand one behind the other. */
static void use_metric(struct event_plan *event, u32 number, u32 *cell)
{
	const struct metric_plan *m = &event->metrics[number];
	struct wire_plan *wire = &event->wire;
	struct wire_metric *metric = &wire->metrics[number];

	if (!m->config->where)
		wire->always |= WIRE_BITS_METRIC(number);
	if (m->takes_parts)
		wire->parts |= WIRE_BITS_METRIC(number);
	for (u32 i = 0; i < m->nlabels; i++)
		use_label(wire, &m->labels[i]);
	metric->cell = *cell;
	*cell += sizeof(struct wire_lost_cell) / sizeof(u64);
	if (!m->value)
		return;
	metric->value = 1 + m->value_word;
	metric->needs = presence_bit(m->value);
	wire->sum_words |= 1ULL << m->value_word;
	if (!m->desc.nbounds)
		return;
	wire->histograms[wire->ntables++] = number;
	metric->table = wire->ntables;
	metric->nbounds = m->desc.nbounds;
	metric->steps = bucket_table_steps(m->bounds, m->desc.nbounds);
	wire->bound_slots =
		MAX(wire->bound_slots, (u64)bucket_table_slots(m->bounds, m->desc.nbounds));
	*cell += m->desc.nbounds + 1;
}

/* Can two accepted events differ in which metrics count them, or in which labels they have? A part
 * differs from an event where not all metrics take it. */
static bool bits_vary(const struct event_plan *event)
{
	const struct wire_plan *wire = &event->wire;
	u64 needs = 0;

	for (u32 i = 0; i < event->nmetrics; i++)
		needs |= wire->metrics[i].needs;
	if (wire->optional_key)
		return true;
	if (event->nmetrics == 1)
		return false;
	return needs || popcount(wire->always) < event->nmetrics ||
	       (wire->parts && popcount(wire->parts) < event->nmetrics);
}

static u32 bucket_words(const struct wire_plan *wire)
{
	return (u32)(wire->ntables + 3) / 4;
}

static void place_label(const struct wire_plan *wire, u32 first_label, struct label_plan *label)
{
	u32 word = label->field->word;

	if (label->of_context)
		label->key_word = first_label + words_before(wire->context_key, word);
	else
		label->key_word = first_label + popcount(wire->context_key) +
				  words_before(wire->event_key, word);
	if (!label->of_context)
		label->presence = presence_bit(label->field) << WIRE_BITS_PRESENT_SHIFT;
}

static void place_metric(const struct wire_plan *wire, u32 number, struct metric_plan *m)
{
	u32 first_label = (u32)wire->has_bits + bucket_words(wire);

	for (u32 i = 0; i < m->nlabels; i++) {
		place_label(wire, first_label, &m->labels[i]);
		m->label_presence |= m->labels[i].presence;
	}
	if (m->value)
		m->sum_word = (u32)wire->key_words + words_before(wire->sum_words, m->value_word);
	if (m->desc.nbounds)
		m->bucket_slot = (u32)wire->metrics[number].table - 1;
}

static u64 users_of(const struct event_plan *event, bool of_context, u32 word)
{
	u64 users = 0;

	for (u32 m = 0; m < event->nmetrics; m++) {
		const struct metric_plan *metric = &event->metrics[m];

		for (u32 i = 0; i < metric->nlabels; i++)
			if (metric->labels[i].of_context == of_context &&
			    field_mask(metric->labels[i].field) & 1ULL << word)
				users |= WIRE_BITS_METRIC(m);
	}
	return users;
}

/* The words of the mask, one by one. More than fit are reported later. */
static u32 list_labels(const struct event_plan *event, bool of_context, u64 mask,
		       struct wire_label *ret_labels)
{
	u64 everybody = (1ULL << event->nmetrics) - 1;
	u32 n = 0;

	for (u32 word = 0; word < WIRE_WORDS_MAX && n < WIRE_KEY_WORDS_MAX; word++) {
		u64 users = users_of(event, of_context, word);

		if (!(mask & 1ULL << word))
			continue;
		ret_labels[n++] = (struct wire_label){
			.at = word * sizeof(u64),
			.users = event->wire.has_bits && users != everybody ? users : ~0ULL,
		};
	}
	return n;
}

static void list_words(struct event_plan *event)
{
	struct wire_plan *wire = &event->wire;

	wire->ncontext_labels = list_labels(event, true, wire->context_key, wire->context_labels);
	wire->nevent_labels = list_labels(event, false, wire->event_key, wire->event_labels);
	for (u32 word = 0; word < WIRE_WORDS_MAX && wire->nsums < WIRE_SUMS_MAX; word++)
		if (wire->sum_words & 1ULL << word)
			wire->sums[wire->nsums++] = word * sizeof(u64);
}

static void check_limits(const struct event_plan *event, struct diags *diags)
{
	const struct wire_plan *wire = &event->wire;
	struct pos pos = event->metrics[event->nmetrics - 1].config->pos;

	if (wire->key_words > WIRE_KEY_WORDS_MAX)
		diags__error(
			diags, pos,
			"event '%s': the labels of its metrics make a joint key of %llu bytes, "
			"at most %d",
			event->schema->name, wire->key_words * 8, WIRE_KEY_WORDS_MAX * 8);
	if (popcount(wire->sum_words) > WIRE_SUMS_MAX)
		diags__error(diags, pos, "event '%s': its metrics add up more than %d fields",
			     event->schema->name, WIRE_SUMS_MAX);
}

void key_layout(struct event_plan *event, const struct filter_plan *filter, struct diags *diags)
{
	struct wire_plan *wire = &event->wire;
	u32 cell = 0;

	wire->nmetrics = event->nmetrics;
	wire->presence = event->schema->has_presence ? 1 + event->schema->presence_word : 0;
	for (u32 i = 0; i < event->nmetrics; i++)
		use_metric(event, i, &cell);
	wire->context_filter = filter->context_words;
	wire->context_fetch = wire->context_key | wire->context_filter;
	wire->event_wanted = wire->event_key | wire->sum_words | filter->event_words;
	wire->has_bits = bits_vary(event);
	wire->key_words = wire->has_bits + bucket_words(wire) + popcount(wire->context_key) +
			  popcount(wire->event_key);
	wire->record_bytes = sizeof(struct wire_partial) +
			     sizeof(u64) * (wire->key_words + popcount(wire->sum_words));
	for (u32 i = 0; i < event->nmetrics; i++)
		place_metric(wire, i, &event->metrics[i]);
	list_words(event);
	event->lost_words = cell;
	event->table_bytes = (u32)bucket_table_bytes((u32)wire->bound_slots);
	check_limits(event, diags);
}
