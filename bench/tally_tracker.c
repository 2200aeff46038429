/* SPDX-License-Identifier: Apache-2.0 */
/* The tracker by itself, told of every event. Its counts are never halved: the whole stream ranks.
 */
#include <errno.h>
#include <stdlib.h>

#include "aggregators/tracker.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/util.h"
#include "bench/stream.h"
#include "bench/tally.h"

struct tracker_tally {
	struct tally tally;
	const struct stream *stream;
	struct tracker *tracker;
	u32 limit;
	struct ranked *top; /* limit */
};

static u64 hash_key(const struct stream *s, const u64 *key)
{
	return hash_bytes(key, s->words * sizeof(*key));
}

static void tracker_tally__add(struct tally *t, const struct tally_keys *keys)
{
	struct tracker_tally *tt = container_of(t, struct tracker_tally, tally);
	const u64 *key = keys->words;

	for (size_t i = 0; i < keys->n; i++, key += tt->stream->words)
		tracker__add(tt->tracker, hash_key(tt->stream, key), 1);
}

static void tracker_tally__tick(struct tally *t, u64 now_ns)
{
	(void)t;
	(void)now_ns;
}

static int compare_keys(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

static int tracker_tally__tell(struct tally *t, struct tally_outcome *ret_outcome, struct err *err)
{
	struct tracker_tally *tt = container_of(t, struct tracker_tally, tally);
	const struct stream *s = tt->stream;

	(void)err;
	ret_outcome->shown = tracker__top(tt->tracker, tt->top, tt->limit);
	ret_outcome->bytes = tracker__footprint(tt->tracker);
	qsort(tt->top, ret_outcome->shown, sizeof(*tt->top), compare_keys);
	for (u32 i = 0; i < s->nkeys; i++) {
		const struct ranked wanted = {.id = hash_key(s, stream__key(s, i))};

		ret_outcome->is_shown[i] = bsearch(&wanted, tt->top, ret_outcome->shown,
						   sizeof(wanted), compare_keys) != NULL;
	}
	return 0;
}

static void tracker_tally__destroy(struct tally *t)
{
	if (!t)
		return;

	struct tracker_tally *tt = container_of(t, struct tracker_tally, tally);

	tracker__free(tt->tracker);
	free(tt->top);
	free(tt);
}

static int create(const struct tally_ops *ops, const struct tally_spec *spec, u32 counters,
		  struct tally **ret_tally, struct err *err)
{
	struct tracker_tally *tt = calloc(1, sizeof(*tt));
	int rc;

	if (!tt)
		return err__set_errno(err, -ENOMEM, "%s", ops->name);
	tt->tally.ops = ops;
	tt->stream = spec->stream;
	tt->limit = spec->limit;
	tt->top = calloc(spec->limit, sizeof(*tt->top));
	rc = tt->top ? tracker__new(counters, &tt->tracker, err)
		     : err__set_errno(err, -ENOMEM, "%s", ops->name);
	if (rc) {
		tracker_tally__destroy(&tt->tally);
		return rc;
	}
	*ret_tally = &tt->tally;
	return 0;
}

static int tracker_tally__create(const struct tally_spec *spec, struct tally **ret_tally,
				 struct err *err)
{
	return create(&tally_tracker, spec, spec->counters, ret_tally, err);
}

static int small__create(const struct tally_spec *spec, struct tally **ret_tally, struct err *err)
{
	return create(&tally_tracker_small, spec, spec->counters / 3, ret_tally, err);
}

const struct tally_ops tally_tracker = {
	.name = "tracker",
	.second_events = TALLY_SECOND_EVENTS,
	.bounded = true,
	.counts = false,
	.create = tracker_tally__create,
	.add = tracker_tally__add,
	.tick = tracker_tally__tick,
	.tell = tracker_tally__tell,
	.destroy = tracker_tally__destroy,
};

const struct tally_ops tally_tracker_small = {
	.name = "tracker/small",
	.second_events = TALLY_SECOND_EVENTS,
	.bounded = true,
	.counts = false,
	.create = small__create,
	.add = tracker_tally__add,
	.tick = tracker_tally__tick,
	.tell = tracker_tally__tell,
	.destroy = tracker_tally__destroy,
};
