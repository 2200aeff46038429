/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The aggregators as they are: as the daemon asks them (words of a key lead to a ticket through its
 * cache; a key without one is decoded), by label set each time, and as `topk`. Nobody scrapes, so
 * nothing waits to be shown.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "aggregators/family.h"
#include "aggregators/labels.h"
#include "aggregators/series.h"
#include "aggregators/snapshot.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/util.h"
#include "bench/stream.h"
#include "bench/tally.h"
#include "pipeline/raw_cache.h"

/* As the daemon has it: twice as many entries as series, but not fewer than these; and so many keys
 * on their way together (pipeline/route). */
enum { CACHE_ENTRIES_MIN = 1024, BATCH_KEYS = 64 };

#define LINGER_NS (300 * FAMILY_TICK_NS) /* the config's default */

struct family_tally {
	struct tally tally;
	const struct stream *stream;
	struct family *family;
	struct raw_cache *cache;
	const char *label_names[STREAM_LABELS_MAX];
	struct label_builder builder;
};

static const struct agg_delta one = {.count = 1};

static family_ticket add_labels(struct family_tally *f, const u64 *key)
{
	stream__build(f->stream, key, &f->builder);
	return family__add(f->family, &f->builder, &one);
}

/* A key on its way. */
struct addition {
	const u64 *key;
	u64 hash;
	family_ticket ticket;
};

static void add(struct family_tally *f, const struct addition *a)
{
	family_ticket ticket;

	if (a->ticket != FAMILY_NO_TICKET && family__add_at(f->family, a->ticket, &one))
		return;
	ticket = add_labels(f, a->key);
	if (ticket != FAMILY_NO_TICKET)
		raw_cache__put(f->cache, a->key, a->hash, ticket);
}

/* Each step asks for the memory that the next one needs. */
static void add_batch(struct family_tally *f, const u64 *key, size_t n)
{
	const u32 words = f->stream->words;
	struct addition additions[BATCH_KEYS];

	for (size_t i = 0; i < n; i++, key += words) {
		struct addition *a = &additions[i];

		a->key = key;
		a->hash = raw_cache__seek(f->cache, a->key);
	}
	for (size_t i = 0; i < n; i++) {
		struct addition *a = &additions[i];

		a->ticket = raw_cache__find(f->cache, a->key, a->hash);
		if (a->ticket != FAMILY_NO_TICKET)
			family__prefetch(f->family, a->ticket);
	}
	for (size_t i = 0; i < n; i++)
		add(f, &additions[i]);
}

static void family_tally__add(struct tally *t, const struct tally_keys *keys)
{
	struct family_tally *f = container_of(t, struct family_tally, tally);

	for (size_t i = 0; i < keys->n; i += BATCH_KEYS)
		add_batch(f, keys->words + i * f->stream->words,
			  MIN(keys->n - i, (size_t)BATCH_KEYS));
}

static void family_tally__add_by_labels(struct tally *t, const struct tally_keys *keys)
{
	struct family_tally *f = container_of(t, struct family_tally, tally);
	const u64 *key = keys->words;

	for (size_t i = 0; i < keys->n; i++, key += f->stream->words)
		add_labels(f, key);
}

static void family_tally__tick(struct tally *t, u64 now_ns)
{
	family__tick(container_of(t, struct family_tally, tally)->family, now_ns);
}

/* All texts of a special series are the same. */
static bool is_special(const struct labels *labels, const char *special)
{
	const char *text;
	u16 pos = 0;
	size_t len;

	return labels__next(labels, &pos, &text, &len) && len == strlen(special) &&
	       !memcmp(text, special, len);
}

static void tell_series(const struct family_tally *f, const struct family_snapshot *series,
			struct tally_outcome *to)
{
	for (size_t i = 0; i < series->n; i++) {
		const u64 n = (u64)series->rows.sums[i];
		u32 key;

		to->counted += n;
		if (is_special(series->labels[i], SERIES_OTHER_TEXT) ||
		    is_special(series->labels[i], SERIES_LOST_TEXT))
			continue;
		to->named += n;
		to->shown++;
		key = stream__find_labels(f->stream, series->labels[i]);
		if (key != STREAM_NO_KEY)
			to->is_shown[key] = true;
	}
}

static int family_tally__tell(struct tally *t, struct tally_outcome *ret_outcome, struct err *err)
{
	struct family_tally *f = container_of(t, struct family_tally, tally);
	struct family_stats stats;
	struct snapshot *snapshot;

	if (snapshot__new(&snapshot) || family__snapshot(f->family, snapshot)) {
		snapshot__free(snapshot);
		return err__set_errno(err, -ENOMEM, "snapshot");
	}
	tell_series(f, &snapshot->families[0], ret_outcome);
	snapshot__free(snapshot);
	family__stats(f->family, &stats);
	ret_outcome->counted += (u64)stats.retired;
	ret_outcome->named += (u64)stats.retired;
	ret_outcome->bytes = family__footprint(f->family);
	return 0;
}

static void family_tally__destroy(struct tally *t)
{
	if (!t)
		return;

	struct family_tally *f = container_of(t, struct family_tally, tally);

	family__free(f->family);
	raw_cache__free(f->cache);
	free(f);
}

static int make_family(struct family_tally *f, const struct tally_spec *spec,
		       const struct agg_ops *kind, struct err *err)
{
	const struct family_spec family = {
		.desc =
			{
				.name = spec->stream->name,
				.help = "Keys of a stream.",
				.shape = kind->shape,
				.label_names = f->label_names,
				.nlabels = spec->stream->nlabels,
			},
		.kind = kind,
		.limits = {.max_series = spec->limit, .linger_ns = LINGER_NS},
	};

	return family__new(&family, &f->family, err);
}

static int create(const struct tally_ops *ops, const struct tally_spec *spec, const char *keyword,
		  struct tally **ret_tally, struct err *err)
{
	const struct agg_ops *kind = agg_kind(keyword);
	struct family_tally *f;
	int rc;

	if (!kind)
		return err__set(err, -EOPNOTSUPP, "this build has no metrics of type %s", keyword);
	f = calloc(1, sizeof(*f));
	if (!f)
		return err__set_errno(err, -ENOMEM, "%s", ops->name);
	f->tally.ops = ops;
	f->stream = spec->stream;
	for (u16 i = 0; i < spec->stream->nlabels; i++)
		f->label_names[i] = spec->stream->labels[i].name;
	f->cache =
		raw_cache__new(spec->stream->words, MAX(spec->limit * 2, (u32)CACHE_ENTRIES_MIN));
	rc = f->cache ? make_family(f, spec, kind, err) : err__set_errno(err, -ENOMEM, "cache");
	if (rc) {
		family_tally__destroy(&f->tally);
		return rc;
	}
	*ret_tally = &f->tally;
	return 0;
}

static int counter__create(const struct tally_spec *spec, struct tally **ret_tally, struct err *err)
{
	return create(&tally_family, spec, "counter", ret_tally, err);
}

static int by_labels__create(const struct tally_spec *spec, struct tally **ret_tally,
			     struct err *err)
{
	return create(&tally_family_labels, spec, "counter", ret_tally, err);
}

static int slow__create(const struct tally_spec *spec, struct tally **ret_tally, struct err *err)
{
	return create(&tally_family_slow, spec, "counter", ret_tally, err);
}

static int topk__create(const struct tally_spec *spec, struct tally **ret_tally, struct err *err)
{
	return create(&tally_topk, spec, "topk", ret_tally, err);
}

const struct tally_ops tally_family = {
	.name = "family",
	.second_events = TALLY_SECOND_EVENTS,
	.bounded = true,
	.counts = true,
	.create = counter__create,
	.add = family_tally__add,
	.tick = family_tally__tick,
	.tell = family_tally__tell,
	.destroy = family_tally__destroy,
};

const struct tally_ops tally_family_labels = {
	.name = "family/labels",
	.second_events = TALLY_SECOND_EVENTS,
	.bounded = false, /* told of the other one already */
	.counts = true,
	.create = by_labels__create,
	.add = family_tally__add_by_labels,
	.tick = family_tally__tick,
	.tell = family_tally__tell,
	.destroy = family_tally__destroy,
};

const struct tally_ops tally_family_slow = {
	.name = "family/slow",
	.second_events = TALLY_SLOW_SECOND_EVENTS,
	.bounded = false,
	.counts = true,
	.create = slow__create,
	.add = family_tally__add,
	.tick = family_tally__tick,
	.tell = family_tally__tell,
	.destroy = family_tally__destroy,
};

const struct tally_ops tally_topk = {
	.name = "topk",
	.second_events = TALLY_SECOND_EVENTS,
	.bounded = true,
	.counts = true,
	.create = topk__create,
	.add = family_tally__add,
	.tick = family_tally__tick,
	.tell = family_tally__tell,
	.destroy = family_tally__destroy,
};
