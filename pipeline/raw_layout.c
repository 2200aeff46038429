/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/raw_layout.h"

#include "base/util.h"
#include "config/config.h"
#include "pipeline/bucket_table.h"
#include "pipeline/decoders/decoder.h"

const struct field raw_time = {
	.name = "time",
	.help = "When it was emitted, on the monotonic clock.",
	.decoder = DECODER_UNSIGNED,
	.unit = UNIT_NS,
	.words = 1,
};

static const char *const who[] = {"time", "comm", "tgid", "cpu"};

const char *raw_default_field(const struct field_scope *scope, u32 n)
{
	const struct record_schema *event = scope->event;
	u32 skipped = 0;

	/* A field of the event's own hides the context's of that name. */
	for (u32 i = 0; i < ARRAY_SIZE(who); i++) {
		const bool known = i == 0 || record_schema__field(scope->context, who[i]);

		if (!known || record_schema__field(event, who[i]))
			skipped++;
		else if (i - skipped == n)
			return who[i];
	}
	n -= (u32)ARRAY_SIZE(who) - skipped;
	return n < event->nfields ? event->fields[n].name : NULL;
}

static u64 presence_bit(const struct field *field)
{
	return field->optional ? 1ULL << field->word : 0;
}

/* Words of a record behind its head: the time, those of the event, those of the context. */
static void place(const struct event_plan *event, struct label_plan *label)
{
	const struct field *field = label->field;
	const u32 event_at = 1;
	const u64 before = event->wire.context_fetch & ((1ULL << field->word) - 1);

	if (field == &raw_time)
		label->key_word = 0;
	else if (label->of_context)
		label->key_word =
			event_at + event->schema->nwords + (u32)__builtin_popcountll(before);
	else
		label->key_word = event_at + field->word;
	label->presence = presence_bit(field);
}

/* Of the context; what stands behind it is for tests alone. */
static u32 told_words(const struct wire_plan *wire, const struct record_schema *context)
{
	return (u32)__builtin_popcountll(wire->context_fetch & ((1ULL << context->nwords) - 1));
}

void raw_layout(struct event_plan *event, const struct filter_plan *filter)
{
	struct wire_plan *wire = &event->wire;
	struct metric_plan *shown = &event->metrics[0];

	wire->nmetrics = 1;
	wire->always = !shown->config->where;
	wire->presence = event->schema->has_presence ? 1 + event->schema->presence_word : 0;
	wire->context_fetch = filter->context_words;
	wire->event_wanted = filter->event_words;
	for (u32 i = 0; i < shown->nlabels; i++) {
		const struct label_plan *label = &shown->labels[i];

		if (label->of_context)
			wire->context_fetch |= field_mask(label->field);
		else if (label->field != &raw_time)
			wire->event_wanted |= field_mask(label->field);
	}
	wire->context_filter = wire->context_fetch; /* records are copied from what was fetched */
	wire->record_bytes =
		sizeof(struct wire_raw) +
		sizeof(u64) * (event->schema->nwords + told_words(wire, filter->scope.context));
	for (u32 i = 0; i < shown->nlabels; i++)
		place(event, &shown->labels[i]);
	event->table_bytes = (u32)bucket_table_bytes(0);
}
