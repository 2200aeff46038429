/* SPDX-License-Identifier: Apache-2.0 */
/* The growing table by label set: the set is put together for each event, hashed and compared. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "aggregators/label_arena.h"
#include "aggregators/labels.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/util.h"
#include "bench/stream.h"
#include "bench/tally.h"

enum { ENTRIES_MIN = 1024 };

struct entry {
	u64 hash;
	u64 count; /* 0: empty */
	const struct labels *labels;
};

struct exact_labels {
	struct tally tally;
	const struct stream *stream;
	struct entry *entries;
	u64 mask;
	u64 used;
	bool failed; /* no memory: new keys are dropped */
	struct label_arena texts;
	struct label_builder builder;
};

static struct entry *find(const struct exact_labels *e, u64 hash)
{
	const struct label_builder *b = &e->builder;

	for (u64 i = hash;; i++) {
		struct entry *entry = &e->entries[i & e->mask];

		if (!entry->count || (entry->hash == hash && entry->labels->nbytes == b->nbytes &&
				      !memcmp(entry->labels->bytes, b->bytes, b->nbytes)))
			return entry;
	}
}

static struct entry *find_empty(const struct exact_labels *e, u64 hash)
{
	u64 i = hash;

	while (e->entries[i & e->mask].count)
		i++;
	return &e->entries[i & e->mask];
}

static bool allocate(struct exact_labels *e, u64 n)
{
	e->mask = n - 1;
	e->entries = calloc(n, sizeof(*e->entries));
	return e->entries != NULL;
}

static void grow(struct exact_labels *e)
{
	struct entry *old = e->entries;
	const u64 n = e->mask + 1;

	if (!allocate(e, n * 2)) {
		e->entries = old;
		e->mask = n - 1;
		e->failed = true;
		return;
	}
	for (u64 i = 0; i < n; i++)
		if (old[i].count)
			*find_empty(e, old[i].hash) = old[i];
	free(old);
}

static void count(struct exact_labels *e)
{
	const u64 hash = hash_bytes(e->builder.bytes, e->builder.nbytes);
	struct entry *entry = find(e, hash);

	if (entry->count) {
		entry->count++;
		return;
	}
	if (!e->failed)
		entry->labels = label_arena__copy(&e->texts, &e->builder);
	if (e->failed || !entry->labels) {
		e->failed = true;
		return;
	}
	entry->hash = hash;
	entry->count = 1;
	if (++e->used * 2 > e->mask)
		grow(e);
}

static void exact_labels__add(struct tally *t, const struct tally_keys *keys)
{
	struct exact_labels *e = container_of(t, struct exact_labels, tally);
	const u64 *key = keys->words;

	for (size_t i = 0; i < keys->n; i++, key += e->stream->words) {
		stream__build(e->stream, key, &e->builder);
		count(e);
	}
}

static void exact_labels__tick(struct tally *t, u64 now_ns)
{
	(void)t;
	(void)now_ns;
}

static int exact_labels__tell(struct tally *t, struct tally_outcome *ret_outcome, struct err *err)
{
	const struct exact_labels *e = container_of(t, struct exact_labels, tally);

	if (e->failed)
		return err__set_errno(err, -ENOMEM, "%s", t->ops->name);
	for (u64 i = 0; i <= e->mask; i++) {
		const struct entry *entry = &e->entries[i];
		const u32 key = entry->count ? stream__find_labels(e->stream, entry->labels)
					     : STREAM_NO_KEY;

		ret_outcome->named += entry->count;
		if (key != STREAM_NO_KEY)
			ret_outcome->is_shown[key] = true;
	}
	ret_outcome->shown = (u32)e->used;
	ret_outcome->counted = ret_outcome->named;
	ret_outcome->bytes = (e->mask + 1) * sizeof(*e->entries) + e->texts.nbytes;
	return 0;
}

static void exact_labels__destroy(struct tally *t)
{
	if (!t)
		return;

	struct exact_labels *e = container_of(t, struct exact_labels, tally);

	label_arena__fini(&e->texts);
	free(e->entries);
	free(e);
}

static int exact_labels__create(const struct tally_spec *spec, struct tally **ret_tally,
				struct err *err)
{
	struct exact_labels *e = calloc(1, sizeof(*e));

	if (!e || !allocate(e, ENTRIES_MIN)) {
		free(e);
		return err__set_errno(err, -ENOMEM, "exact/labels");
	}
	e->tally.ops = &tally_exact_labels;
	e->stream = spec->stream;
	*ret_tally = &e->tally;
	return 0;
}

const struct tally_ops tally_exact_labels = {
	.name = "exact/labels",
	.second_events = TALLY_SECOND_EVENTS,
	.bounded = false,
	.counts = true,
	.create = exact_labels__create,
	.add = exact_labels__add,
	.tick = exact_labels__tick,
	.tell = exact_labels__tell,
	.destroy = exact_labels__destroy,
};
