/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/raw_event.h"

#include <errno.h>
#include <stdlib.h>

#include "base/err.h"
#include "pipeline/decoders/dec_number.h"
#include "pipeline/decoders/decoded.h"
#include "pipeline/decoders/decoder_set.h"
#include "pipeline/plan.h"

struct raw_reader {
	const struct event_plan *event;
	u32 ncpus;
	u8 generation;
	struct decoder_set set;
	struct decoder **decoders; /* of each label */
};

int raw_reader__new(const struct event_plan *event, u32 ncpus, const struct decoder_env *env,
		    struct raw_reader **ret_reader, struct err *err)
{
	const struct metric_plan *shown = &event->metrics[0];
	struct raw_reader *r = calloc(1, sizeof(*r));
	int rc = 0;

	if (r)
		r->decoders = calloc(shown->nlabels + 1, sizeof(struct decoder *));
	if (!r || !r->decoders) {
		free(r);
		return err__set_errno(err, -ENOMEM, "event %s", event->schema->name);
	}
	r->event = event;
	r->ncpus = ncpus;
	r->generation = 1;
	for (u32 i = 0; !rc && i < shown->nlabels; i++)
		rc = decoder_set__add(&r->set, &shown->labels[i], env, &r->decoders[i], err);
	if (rc)
		raw_reader__free(r);
	else
		*ret_reader = r;
	return rc;
}

void raw_reader__free(struct raw_reader *r)
{
	if (!r)
		return;
	decoder_set__fini(&r->set);
	free(r->decoders);
	free(r);
}

void raw_reader__set_generation(struct raw_reader *r, u8 generation)
{
	r->generation = generation;
}

int raw_reader__check(const struct raw_reader *r, const void *record, size_t n,
		      const struct wire_raw **ret_raw)
{
	const struct wire_plan *wire = &r->event->wire;
	const struct wire_raw *raw = record;

	if (n < sizeof(*raw) || n != wire->record_bytes || raw->head.type != WIRE_RAW ||
	    raw->head.event != wire->event || raw->head.cpu >= r->ncpus ||
	    raw->head.generation == 0 || raw->head.generation > r->generation)
		return -EBADMSG;
	if (raw->head.generation < r->generation)
		return -ESTALE;
	*ret_raw = raw;
	return 0;
}

u64 raw_time_ns(const struct wire_raw *raw)
{
	return raw->time_ns;
}

static bool is_there(const struct event_plan *event, const struct wire_raw *raw,
		     const struct label_plan *label)
{
	return !label->presence || raw->words[event->wire.presence - 1] & label->presence;
}

void raw_reader__value(const struct raw_reader *r, const struct wire_raw *raw, u32 label,
		       struct raw_value *ret_value)
{
	const struct label_plan *plan = &r->event->metrics[0].labels[label];
	const u64 *words = (const u64 *)raw + 1 + plan->key_word; /* behind the head */
	struct decoder *decoder = r->decoders[label];

	ret_value->number = words[0];
	if (!is_there(r->event, raw, plan)) {
		ret_value->kind = RAW_ABSENT;
	} else if (decoder->ops == &dec_uint_ops) {
		ret_value->kind = RAW_UNSIGNED;
	} else if (decoder->ops == &dec_int_ops) {
		ret_value->kind = RAW_SIGNED;
	} else {
		ret_value->kind = RAW_TEXT;
		decoder->ops->decode(decoder, words, plan->field->words, &ret_value->text);
		decoded__cut(&ret_value->text);
	}
}
