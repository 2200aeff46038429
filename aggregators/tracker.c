/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An open-addressing table (linear probing), never more than half full. A slot is a key and a word:
 * the count, and in the top bit the mark of the elected. A word of 0 is an empty slot, so that
 * every key is possible; both lie on one cache line.
 *
 * A new key that finds all m counters in use makes a purge: a cut is taken off every count, and
 * what comes to 0 is dropped. With m/2 counts or more at or above the cut, a purge takes at least
 * cut * m/2 of the weight away and adds the cut to the error, hence error * m/2 <= W. A quarter of
 * the counters or more come free, hence purges cost O(1) per key that was new. The cut is the
 * median or a bit less of it: see purge_cut.
 */
#include "aggregators/tracker.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "aggregators/census.h"
#include "base/err.h"
#include "base/util.h"

#define MARK (1ULL << 63)

struct slot {
	u64 key;
	u64 word;
};

struct tracker {
	struct slot *slots;
	struct slot *scratch; /* m + 1: what stays when the table is built anew */
	u64 error;
	u32 m;
	u32 used;
	u32 mask;  /* slots - 1 */
	u32 shift; /* of a 64-bit product, for its top bits to name a slot */
};

static u64 count_of(u64 word)
{
	return word & ~MARK;
}

/* Two numbers up to 2^63 - 1. */
static u64 add_saturated(u64 a, u64 b)
{
	return MIN(a + b, TRACKER_COUNT_MAX);
}

/* Keys are hashes, but of the caller's making: those that differ in a few bits must not cluster. */
static u32 home_of(const struct tracker *t, u64 key)
{
	return (u32)((key * 0x9e3779b97f4a7c15) >> t->shift);
}

/* The slot of this key, or the empty one where it belongs. */
static u32 find(const struct tracker *t, u64 key)
{
	u32 i = home_of(t, key);

	while (t->slots[i].word != 0 && t->slots[i].key != key)
		i = (i + 1) & t->mask;
	return i;
}

static void allocate(struct tracker *t, u32 m)
{
	t->m = TRACKER_MIN;
	while (t->m < m)
		t->m *= 2;
	t->mask = 2 * t->m - 1;
	t->shift = (u32)__builtin_clzll(t->mask);
	t->slots = calloc((size_t)t->mask + 1, sizeof(*t->slots));
	t->scratch = calloc((size_t)t->m + 1, sizeof(*t->scratch));
}

int tracker__new(u32 m, struct tracker **ret_tracker, struct err *err)
{
	if (m > TRACKER_MAX)
		return err__set(err, -EINVAL, "a tracker of %u counters, at most %d are possible",
				m, TRACKER_MAX);

	struct tracker *t = calloc(1, sizeof(*t));

	if (t)
		allocate(t, m);
	if (!t || !t->slots || !t->scratch) {
		tracker__free(t);
		return err__set_errno(err, -ENOMEM, "tracker of %u counters", m);
	}
	*ret_tracker = t;
	return 0;
}

void tracker__free(struct tracker *t)
{
	if (!t)
		return;
	free(t->scratch);
	free(t->slots);
	free(t);
}

/*
 * Takes `cut` off every count, halves what is left `halvings` times, keeps of the marks those in
 * `marks`, drops what came to 0. Nothing branches on the counts: survivors are packed, and then put
 * back in the order of the slots, which goes through the table once.
 */
static void rebuild(struct tracker *t, u64 cut, u32 halvings, u64 marks)
{
	u32 used = 0;

	for (u32 i = 0; i <= t->mask; i++) {
		const struct slot *s = &t->slots[i];
		const u64 count = count_of(s->word);
		const u64 left = (count - MIN(count, cut)) >> halvings;

		t->scratch[used] = (struct slot){s->key, left | (s->word & marks)};
		used += left != 0;
	}
	memset(t->slots, 0, ((size_t)t->mask + 1) * sizeof(*t->slots));
	for (u32 i = 0; i < used; i++)
		t->slots[find(t, t->scratch[i].key)] = t->scratch[i];
	t->used = used;
}

static void count_all(const struct tracker *t, struct census *ret_census)
{
	*ret_census = (struct census){0};
	for (u32 i = 0; i <= t->mask; i++)
		ret_census->n[census_class(count_of(t->slots[i].word))]++;
}

static u32 fine_shift(const struct census_range *r)
{
	return r->bits > CENSUS_BITS ? r->bits - CENSUS_BITS : 0;
}

/* Of the counts of a range only, in classes of the same length. */
static void count_range(const struct tracker *t, const struct census_range *r,
			struct census *ret_census)
{
	*ret_census = (struct census){0};
	for (u32 i = 0; i <= t->mask; i++) {
		const u64 above_low = count_of(t->slots[i].word) - r->low;

		if (above_low >> r->bits == 0)
			ret_census->n[above_low >> fine_shift(r)]++;
	}
}

/*
 * A cut that half of the counts reach and that at least a quarter do not exceed: the lower end of
 * the median's class, of classes that get finer (nine times at most) until enough counts lie below.
 */
static u64 purge_cut(const struct tracker *t)
{
	const u32 half = t->m / 2;
	struct census census;
	u32 rank = half;

	count_all(t, &census);

	u32 class = census__from_top(&census, &rank);
	struct census_range range = census_range(class);

	/* half - rank counts lie above the class, the rest below it or in it */
	while (range.bits > 0 && half + rank - census.n[class] < half / 2) {
		count_range(t, &range, &census);
		class = census__from_top(&census, &rank);
		range.bits = fine_shift(&range);
		range.low += (u64) class << range.bits;
	}
	return range.low;
}

static void purge(struct tracker *t)
{
	const u64 cut = purge_cut(t);

	rebuild(t, cut, 0, MARK);
	assert(t->used < t->m);
	t->error = add_saturated(t->error, cut);
}

static void add_new(struct tracker *t, u32 i, u64 key, u64 weight)
{
	if (t->used == t->m) {
		purge(t);
		i = find(t, key);
	}
	t->slots[i] = (struct slot){key, weight};
	t->used++;
}

bool tracker__add(struct tracker *t, u64 key, u64 weight)
{
	const u32 i = find(t, key);
	const u64 word = t->slots[i].word;

	weight = MIN(weight, TRACKER_COUNT_MAX);
	if (word == 0) {
		if (weight > 0)
			add_new(t, i, key, weight);
		return false;
	}
	t->slots[i].word = add_saturated(count_of(word), weight) | (word & MARK);
	return word & MARK;
}

void tracker__elect(struct tracker *t, u64 key)
{
	struct slot *s = &t->slots[find(t, key)];

	if (s->word != 0)
		s->word |= MARK;
}

/* Moves back who would no longer be found behind the gap. */
static void close_gap(struct tracker *t, u32 gap)
{
	for (u32 i = (gap + 1) & t->mask; t->slots[i].word != 0; i = (i + 1) & t->mask) {
		const u32 home = home_of(t, t->slots[i].key);

		if (((i - home) & t->mask) >= ((i - gap) & t->mask)) {
			t->slots[gap] = t->slots[i];
			gap = i;
		}
	}
	t->slots[gap] = (struct slot){0};
}

void tracker__remove(struct tracker *t, u64 key)
{
	const u32 i = find(t, key);

	if (t->slots[i].word == 0)
		return;
	close_gap(t, i);
	t->used--;
}

/* The error is rounded up: an odd count and an odd error lose one of truth together. */
void tracker__halve(struct tracker *t)
{
	rebuild(t, 0, 1, 0);
	t->error = (t->error + 1) / 2;
}

u64 tracker__count(const struct tracker *t, u64 key)
{
	return count_of(t->slots[find(t, key)].word);
}

u64 tracker__error(const struct tracker *t)
{
	return t->error;
}

u32 tracker__used(const struct tracker *t)
{
	return t->used;
}

void tracker__rank(const struct tracker *t, struct ranking *ranking)
{
	u32 rank = MIN(ranking->cap, t->used);
	struct census census;

	if (rank == 0)
		return;
	count_all(t, &census);

	/* of the last class only as many as there is room for */
	const u32 last = census__from_top(&census, &rank);

	for (u32 i = 0; i <= t->mask; i++) {
		const u64 count = count_of(t->slots[i].word);
		const u32 class = census_class(count);

		if (count == 0 || class < last || (class == last && rank == 0))
			continue;
		rank -= class == last;
		ranking__offer(ranking, count, t->slots[i].key);
	}
}

u32 tracker__top(const struct tracker *t, struct ranked *ret_keys, u32 n)
{
	struct ranking top = {.entries = ret_keys, .cap = n};

	for (u32 i = 0; i <= t->mask; i++)
		if (t->slots[i].word != 0)
			ranking__offer(&top, count_of(t->slots[i].word), t->slots[i].key);
	ranking__sort(&top);
	return top.n;
}

/*
 * Not in the order of the slots: keys that lie together there would fill one part of a smaller
 * table to the brim before the rest. An odd stride comes by every slot, this one far from where it
 * was.
 */
void tracker__merge(struct tracker *t, const struct tracker *from)
{
	const u32 stride = home_of(from, 1) | 1;

	assert(t != from);
	for (u32 n = 0, i = 0; n <= from->mask; n++, i = (i + stride) & from->mask)
		tracker__add(t, from->slots[i].key, count_of(from->slots[i].word));
	t->error = add_saturated(t->error, from->error);
}

size_t tracker__footprint(const struct tracker *t)
{
	return sizeof(*t) + ((size_t)t->mask + 1) * sizeof(*t->slots) +
	       ((size_t)t->m + 1) * sizeof(*t->scratch);
}
