/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is there to beat: open addressing, linear probing, entries inline, twice as large when it is
 * half full. Nothing is decoded, nothing is limited (but for first_come), nothing is shown.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/util.h"
#include "bench/stream.h"
#include "bench/tally.h"

enum { ENTRIES_MIN = 1024 };

struct exact {
	struct tally tally;
	const struct stream *stream;
	u64 *entries; /* each: the count (0: empty), then the key */
	u64 mask;
	u64 used;
	u64 most; /* keys; then the rest are others */
	u64 others;
	bool failed; /* it had to stop growing */
};

static u64 *entry_at(const struct exact *e, u64 i)
{
	return e->entries + (i & e->mask) * (1 + (u64)e->stream->words);
}

static u64 *find(const struct exact *e, const u64 *key)
{
	const size_t n = e->stream->words * sizeof(*key);

	for (u64 i = hash_bytes(key, n);; i++) {
		u64 *entry = entry_at(e, i);

		if (!entry[0] || !memcmp(entry + 1, key, n))
			return entry;
	}
}

static bool allocate(struct exact *e, u64 n)
{
	e->mask = n - 1;
	e->entries = calloc(n, (1 + (size_t)e->stream->words) * sizeof(u64));
	return e->entries != NULL;
}

static void grow(struct exact *e)
{
	struct exact old = *e;

	if (!allocate(e, (old.mask + 1) * 2)) {
		*e = old;
		e->most = e->used;
		e->failed = true;
		return;
	}
	for (u64 i = 0; i <= old.mask; i++) {
		const u64 *entry = entry_at(&old, i);

		if (entry[0])
			memcpy(find(e, entry + 1), entry,
			       (1 + (size_t)e->stream->words) * sizeof(u64));
	}
	free(old.entries);
}

static void exact__add(struct tally *t, const struct tally_keys *keys)
{
	struct exact *e = container_of(t, struct exact, tally);
	const u64 *key = keys->words;

	for (size_t i = 0; i < keys->n; i++, key += e->stream->words) {
		u64 *entry = find(e, key);

		if (entry[0]++)
			continue;
		if (e->used == e->most) {
			entry[0] = 0;
			e->others++;
			continue;
		}
		memcpy(entry + 1, key, e->stream->words * sizeof(*key));
		if (++e->used * 2 > e->mask)
			grow(e);
	}
}

static void no_tick(struct tally *t, u64 now_ns)
{
	(void)t;
	(void)now_ns;
}

static int exact__tell(struct tally *t, struct tally_outcome *ret_outcome, struct err *err)
{
	const struct exact *e = container_of(t, struct exact, tally);

	if (e->failed)
		return err__set_errno(err, -ENOMEM, "%s", t->ops->name);
	for (u64 i = 0; i <= e->mask; i++) {
		const u64 *entry = entry_at(e, i);

		if (!entry[0])
			continue;
		ret_outcome->named += entry[0];
		ret_outcome->is_shown[stream__find(e->stream, entry + 1)] = true;
	}
	ret_outcome->shown = (u32)e->used;
	ret_outcome->counted = ret_outcome->named + e->others;
	ret_outcome->bytes = (e->mask + 1) * (1 + (size_t)e->stream->words) * sizeof(u64);
	return 0;
}

static void exact__destroy(struct tally *t)
{
	if (!t)
		return;

	struct exact *e = container_of(t, struct exact, tally);

	free(e->entries);
	free(e);
}

static int create(const struct tally_ops *ops, const struct tally_spec *spec, u64 most,
		  struct tally **ret_tally, struct err *err)
{
	struct exact *e = calloc(1, sizeof(*e));

	if (!e)
		return err__set_errno(err, -ENOMEM, "%s", ops->name);
	e->tally.ops = ops;
	e->stream = spec->stream;
	e->most = most;
	if (!allocate(e, ENTRIES_MIN)) {
		free(e);
		return err__set_errno(err, -ENOMEM, "%s", ops->name);
	}
	*ret_tally = &e->tally;
	return 0;
}

static int exact__create(const struct tally_spec *spec, struct tally **ret_tally, struct err *err)
{
	return create(&tally_exact, spec, UINT64_MAX, ret_tally, err);
}

static int first_come__create(const struct tally_spec *spec, struct tally **ret_tally,
			      struct err *err)
{
	return create(&tally_first_come, spec, spec->limit, ret_tally, err);
}

const struct tally_ops tally_exact = {
	.name = "exact",
	.second_events = TALLY_SECOND_EVENTS,
	.bounded = false,
	.counts = true,
	.create = exact__create,
	.add = exact__add,
	.tick = no_tick,
	.tell = exact__tell,
	.destroy = exact__destroy,
};

const struct tally_ops tally_first_come = {
	.name = "first_come",
	.second_events = TALLY_SECOND_EVENTS,
	.bounded = false,
	.counts = true,
	.create = first_come__create,
	.add = exact__add,
	.tick = no_tick,
	.tell = exact__tell,
	.destroy = exact__destroy,
};
