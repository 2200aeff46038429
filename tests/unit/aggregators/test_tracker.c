/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/aggregators/agg_test.h"

#include <errno.h>
#include <stdio.h>

#include "aggregators/tracker.h"
#include "base/err.h"
#include "base/util.h"
#include "tests/unit/aggregators/failing_alloc.h"
#include "tests/unit/aggregators/random.h"

static struct tracker *tracker(u32 m)
{
	struct tracker *t = NULL;
	struct err err = {0};

	if (tracker__new(m, &t, &err) < 0)
		fail_msg("%s", err.msg);
	return t;
}

static void every_key_can_be_tracked(void **state)
{
	static const u64 keys[] = {0, 1, 2, U64_LARGEST, U64_LARGEST - 1, 1ULL << 63, 1ULL << 32};
	struct tracker *t = tracker(8);

	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(keys); i++) {
		assert_int_equal(tracker__count(t, keys[i]), 0);
		assert_false(tracker__add(t, keys[i], i + 1));
		assert_int_equal(tracker__used(t), i + 1);
	}
	for (u32 i = 0; i < ARRAY_SIZE(keys); i++)
		assert_int_equal(tracker__count(t, keys[i]), i + 1);
	for (u32 i = 0; i < ARRAY_SIZE(keys); i++) {
		tracker__remove(t, keys[i]);
		assert_int_equal(tracker__count(t, keys[i]), 0);
	}
	assert_int_equal(tracker__used(t), 0);
	assert_int_equal(tracker__error(t), 0);
	tracker__free(t);
}

/* As many keys as there are counters, again and again: exact. One more, and something must go. */
static void counters_are_m_rounded_up(void **state)
{
	static const u32 sizes[][2] = {{0, 8},	     {8, 8},	   {9, 16},
				       {1000, 1024}, {1024, 1024}, {1025, 2048}};

	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct tracker *t = tracker(sizes[i][0]);

		for (u32 n = 0; n < 3 * sizes[i][1]; n++)
			tracker__add(t, n % sizes[i][1], 1);
		assert_int_equal(tracker__used(t), sizes[i][1]);
		assert_int_equal(tracker__error(t), 0);
		for (u32 key = 0; key < sizes[i][1]; key++)
			assert_int_equal(tracker__count(t, key), 3);
		tracker__add(t, sizes[i][1], 1);
		assert_int_equal(tracker__error(t), 3);
		assert_int_equal(tracker__used(t), 1);
		tracker__free(t);
	}
}

static void too_many_counters_are_an_error(void **state)
{
	struct tracker *t = NULL;
	struct err err = {0};

	(void)state;
	assert_int_equal(tracker__new(TRACKER_MAX + 1, &t, &err), -EINVAL);
	assert_string_equal(err.msg,
			    "a tracker of 16777217 counters, at most 16777216 are possible");
	assert_null(t);
	tracker__free(NULL);
}

static void failed_allocations_are_reported(void **state)
{
	struct tracker *t = NULL;

	(void)state;
	for (u32 n = 1; n <= 3; n++) {
		struct err err = {0};

		alloc_fails_from(n);
		const int code = tracker__new(100, &t, &err);
		alloc_works();
		assert_int_equal(code, -ENOMEM);
		assert_string_equal(err.msg, "tracker of 100 counters: Cannot allocate memory");
		assert_null(t);
	}
}

static void nothing_is_allocated_later(void **state)
{
	struct tracker *t = tracker(64), *other = tracker(64);
	struct ranked top[100];

	(void)state;
	alloc_fails_from(1);
	for (u32 i = 0; i < 10000; i++) {
		tracker__add(t, i, i);
		tracker__add(other, i, 1);
	}
	tracker__merge(t, other);
	tracker__halve(t);
	tracker__top(t, top, ARRAY_SIZE(top));
	alloc_works();
	assert_in_range(tracker__used(t), 1, 64);
	tracker__free(other);
	tracker__free(t);
}

static void counts_and_the_error_stop_at_the_largest(void **state)
{
	struct tracker *t = tracker(8);

	(void)state;
	tracker__add(t, 1, U64_LARGEST);
	assert_int_equal(tracker__count(t, 1), TRACKER_COUNT_MAX);
	assert_false(tracker__add(t, 1, U64_LARGEST));
	assert_int_equal(tracker__count(t, 1), TRACKER_COUNT_MAX);
	tracker__elect(t, 1);
	assert_true(tracker__add(t, 1, 1));
	assert_int_equal(tracker__count(t, 1), TRACKER_COUNT_MAX);
	tracker__add(t, 2, TRACKER_COUNT_MAX - 1);
	tracker__add(t, 2, 1);
	assert_int_equal(tracker__count(t, 2), TRACKER_COUNT_MAX);
	for (u64 key = 0; key < 24; key++)
		tracker__add(t, key, TRACKER_COUNT_MAX);
	assert_int_equal(tracker__error(t), TRACKER_COUNT_MAX);
	tracker__halve(t);
	assert_int_equal(tracker__error(t), 1ULL << 62);
	tracker__free(t);
}

static void a_weight_of_0_only_asks(void **state)
{
	struct tracker *t = tracker(8);

	(void)state;
	assert_false(tracker__add(t, 5, 0));
	assert_int_equal(tracker__used(t), 0);
	tracker__elect(t, 5); /* who is not tracked is not marked */
	tracker__remove(t, 5);
	assert_false(tracker__add(t, 5, 7));
	assert_false(tracker__add(t, 5, 0));
	tracker__elect(t, 5);
	assert_true(tracker__add(t, 5, 0));
	assert_int_equal(tracker__count(t, 5), 7);
	tracker__free(t);
}

static void marks_go_with_removal_and_with_time(void **state)
{
	struct tracker *t = tracker(8);

	(void)state;
	tracker__add(t, 5, 8);
	tracker__elect(t, 5);
	tracker__halve(t);
	assert_int_equal(tracker__count(t, 5), 4);
	assert_false(tracker__add(t, 5, 1));
	tracker__elect(t, 5);
	tracker__remove(t, 5);
	assert_false(tracker__add(t, 5, 1));
	assert_false(tracker__add(t, 5, 1));
	tracker__free(t);
}

static void what_is_merged_adds_up(void **state)
{
	struct tracker *t = tracker(8), *other = tracker(8);

	(void)state;
	for (u64 key = 0; key < 9; key++)
		tracker__add(other, key, 10 + (key == 0));
	assert_int_equal(tracker__error(other), 10);
	tracker__elect(other, 8);
	tracker__add(t, 8, 5);
	tracker__merge(t, other);
	assert_int_equal(tracker__error(t), 10);
	assert_int_equal(tracker__count(t, 0), 1);
	assert_int_equal(tracker__count(t, 8), 15);
	assert_int_equal(tracker__used(t), 2);
	assert_false(tracker__add(t, 8, 0));
	assert_int_equal(tracker__count(other, 8), 10);
	tracker__free(other);
	tracker__free(t);
}

/* Keys next to each other, and keys that differ only further up: if they met in the table, this
 * would take 2^36 steps and the time that a test has. */
static void no_pattern_of_keys_makes_long_searches(void **state)
{
	enum { BITS = 18 };

	(void)state;
	for (u32 shift = 0; shift <= 64 - BITS; shift += (64 - BITS) / 2) {
		struct tracker *t = tracker(1U << BITS);

		for (u64 n = 0; n < 1U << BITS; n++)
			tracker__add(t, n << shift, 1);
		for (u64 n = 0; n < 1U << BITS; n++)
			assert_int_equal(tracker__count(t, n << shift), 1);
		tracker__free(t);
	}
}

/*
 * The property test: a tracker and a model of it, which knows the truth of every key. Where
 * the two may differ is what the tracker's error says.
 */
enum { KEYS = 4000, STEPS = 400000 };

struct model {
	struct tracker *t;
	u64 rng;
	u32 m;
	u32 nkeys;
	u64 keys[KEYS];
	u64 truth[KEYS];
	bool elected[KEYS];
	u64 weight; /* added in all, halved with the rest, rounded up */
	bool halved;
	u32 purges;
};

static void choose_keys(struct model *m)
{
	static const u64 first[] = {0, U64_LARGEST, 1, 1ULL << 63};

	for (u32 i = 0; i < m->nkeys; i++)
		m->keys[i] = i < ARRAY_SIZE(first) ? first[i]
			     : i % 2 == 0	   ? (u64)i << 50
						   : random_u64(&m->rng);
}

/* Some keys come often, most seldom. */
static u32 random_id(struct model *m)
{
	return random_below(&m->rng, 1 + (m->nkeys - 1) / (1 + random_below(&m->rng, 64)));
}

static u64 random_weight(struct model *m)
{
	if (random_below(&m->rng, 4) > 0)
		return 1 + random_below(&m->rng, 3);
	return random_bits(&m->rng, 36);
}

static void check_bounds_of(const struct model *m, u32 id)
{
	const u64 lower = tracker__count(m->t, m->keys[id]);

	assert_true(lower <= m->truth[id]);
	assert_true(m->truth[id] <= lower + tracker__error(m->t));
}

static void check_error(const struct model *m)
{
	const u128 rounding = m->halved ? m->m : 0;

	assert_true((u128)tracker__error(m->t) * m->m <= 2 * (u128)m->weight + rounding);
}

static void check_all(const struct model *m)
{
	u32 used = 0;

	for (u32 id = 0; id < m->nkeys; id++) {
		check_bounds_of(m, id);
		used += tracker__count(m->t, m->keys[id]) > 0;
	}
	assert_int_equal(tracker__used(m->t), used);
	assert_in_range(used, 0, m->m);
	check_error(m);
}

/* Who is no longer tracked has lost the mark. */
static void forget_marks(struct model *m)
{
	for (u32 id = 0; id < m->nkeys; id++)
		m->elected[id] = m->elected[id] && tracker__count(m->t, m->keys[id]) > 0;
}

static void check_purge(struct model *m)
{
	assert_in_range(tracker__used(m->t), 1, m->m - m->m / 4 + 1);
	forget_marks(m);
	check_all(m);
	m->purges++;
}

static void step_add(struct model *m)
{
	const u32 id = random_id(m);
	const u64 weight = random_weight(m);
	const u64 before = tracker__count(m->t, m->keys[id]);
	const u64 error = tracker__error(m->t);
	const bool elected = tracker__add(m->t, m->keys[id], weight);

	m->truth[id] += weight;
	m->weight += weight;
	assert_int_equal(elected, m->elected[id]);
	assert_int_equal(tracker__count(m->t, m->keys[id]), before + weight);
	if (tracker__error(m->t) != error)
		check_purge(m);
	check_bounds_of(m, id);
}

static void step_elect(struct model *m)
{
	const u32 id = random_id(m);

	tracker__elect(m->t, m->keys[id]);
	m->elected[id] |= tracker__count(m->t, m->keys[id]) > 0;
}

static void step_remove(struct model *m)
{
	const u32 id = random_id(m);

	tracker__remove(m->t, m->keys[id]);
	assert_int_equal(tracker__count(m->t, m->keys[id]), 0);
	m->truth[id] = 0;
	m->elected[id] = false;
}

static void step_halve(struct model *m)
{
	static u64 before[KEYS];
	const u64 error = tracker__error(m->t);

	for (u32 id = 0; id < m->nkeys; id++)
		before[id] = tracker__count(m->t, m->keys[id]);
	tracker__halve(m->t);
	assert_in_range(tracker__error(m->t), error / 2, error / 2 + 1);
	m->weight = m->weight / 2 + m->weight % 2;
	m->halved = true;
	for (u32 id = 0; id < m->nkeys; id++) {
		assert_int_equal(tracker__count(m->t, m->keys[id]), before[id] / 2);
		m->truth[id] /= 2;
		m->elected[id] = false;
	}
	check_all(m);
}

/* Another one, with as many counters or more and a stream of its own. */
static void step_merge(struct model *m)
{
	struct tracker *other = tracker(m->m << random_below(&m->rng, 3));
	const u32 adds = random_below(&m->rng, 5000);

	for (u32 i = 0; i < adds; i++) {
		const u32 id = random_id(m);
		const u64 weight = random_weight(m);

		tracker__add(other, m->keys[id], weight);
		m->truth[id] += weight;
		m->weight += weight;
	}
	tracker__merge(m->t, other);
	tracker__free(other);
	check_all(m);
	/* who was purged and came back lost the mark as well */
	for (u32 id = 0; id < m->nkeys; id++) {
		const bool elected = tracker__add(m->t, m->keys[id], 0);

		assert_true(m->elected[id] || !elected);
		m->elected[id] = elected;
	}
}

static int heaviest_first(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->score != y->score)
		return x->score > y->score ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

static void step_top(struct model *m)
{
	static struct ranked want[KEYS + 1], got[KEYS + 1];
	const u32 n = random_below(&m->rng, m->m + 10);
	u32 used = 0;

	for (u32 id = 0; id < m->nkeys; id++) {
		want[used] = (struct ranked){tracker__count(m->t, m->keys[id]), m->keys[id]};
		used += want[used].score > 0;
	}
	qsort(want, used, sizeof(*want), heaviest_first);
	got[n].id = 4711;
	assert_int_equal(tracker__top(m->t, got, n), MIN(n, used));
	assert_int_equal(got[n].id, 4711);
	for (u32 i = 0; i < MIN(n, used); i++) {
		assert_int_equal(got[i].id, want[i].id);
		assert_int_equal(got[i].score, want[i].score);
	}
}

static void step(struct model *m)
{
	const u32 dice = random_below(&m->rng, 20000);

	if (dice < 1000)
		step_elect(m);
	else if (dice < 2000)
		step_remove(m);
	else if (dice < 2010)
		step_top(m);
	else if (dice < 2012)
		step_halve(m);
	else if (dice < 2014)
		step_merge(m);
	else
		step_add(m);
}

static void the_truth_is_within_the_bounds(void **state)
{
	const u32 *counters = *state;
	struct model *m = test_calloc(1, sizeof(*m));

	m->rng = seed_or(20261126 + *counters);
	m->m = *counters;
	m->nkeys = MIN(8 * m->m, KEYS);
	m->t = tracker(m->m);
	choose_keys(m);
	for (u32 i = 0; i < STEPS; i++)
		step(m);
	check_all(m);
	assert_true(m->halved);
	assert_true(m->purges > 10);
	tracker__free(m->t);
	test_free(m);
}

int main(void)
{
	static u32 few = 8, some = 64, many = 1024;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key_can_be_tracked),
		cmocka_unit_test(counters_are_m_rounded_up),
		cmocka_unit_test(too_many_counters_are_an_error),
		cmocka_unit_test(failed_allocations_are_reported),
		cmocka_unit_test(nothing_is_allocated_later),
		cmocka_unit_test(counts_and_the_error_stop_at_the_largest),
		cmocka_unit_test(a_weight_of_0_only_asks),
		cmocka_unit_test(marks_go_with_removal_and_with_time),
		cmocka_unit_test(what_is_merged_adds_up),
		cmocka_unit_test(no_pattern_of_keys_makes_long_searches),
		cmocka_unit_test_prestate(the_truth_is_within_the_bounds, &few),
		cmocka_unit_test_prestate(the_truth_is_within_the_bounds, &some),
		cmocka_unit_test_prestate(the_truth_is_within_the_bounds, &many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
