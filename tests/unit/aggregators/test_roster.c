/* SPDX-License-Identifier: Apache-2.0 */
/* Elections with few members, whose outcome can be told; random streams are in test_family_rules.c.
 */
#include "tests/unit/aggregators/agg_test.h"

#include <stdio.h>

#include "aggregators/exposure.h"
#include "aggregators/quota.h"
#include "aggregators/roster.h"
#include "base/err.h"
#include "base/util.h"

#define SECOND 1000000000ULL

static struct roster *make_roster(const struct roster_spec *spec)
{
	struct roster *r = NULL;
	struct err err = {0};

	if (roster__new(spec, &r, &err) != 0)
		fail_msg("%s", err.msg);
	return r;
}

static u32 find(const struct roster *r, const char *text)
{
	struct label_builder b;

	build(&b, 1, &text);
	return series_table__find(roster__series(r), &b, series_hash(&b));
}

/* True: it counts. */
static bool come(struct roster *r, const char *text, u64 weight)
{
	struct label_builder b;

	build(&b, 1, &text);

	const u64 hash = series_hash(&b);
	u32 row = series_table__find(roster__series(r), &b, hash);

	if (row == SERIES_NONE)
		row = roster__enter(r, &b, hash, weight, roster__is_crowded(r));
	if (row == SERIES_NONE || !roster__counts(r, row, weight))
		return false;
	roster__weigh(r, row, weight);
	return true;
}

static void come_numbered(struct roster *r, u32 first, u32 n, u64 weight)
{
	for (u32 i = first; i < first + n; i++) {
		char text[16];

		snprintf(text, sizeof(text), "%u", i);
		come(r, text, weight);
	}
}

static struct roster_stats stats_of(const struct roster *r)
{
	struct roster_stats stats;

	roster__stats(r, &stats);
	return stats;
}

static u32 hold_election(struct roster *r, u64 now)
{
	roster__tick(r, now);
	return roster__hold_election(r);
}

static u32 first_due(struct roster *r, u64 now)
{
	roster__tick(r, now);
	return roster__next_due(r, SERIES_FIRST);
}

static void end_all_due(struct roster *r, u64 now)
{
	roster__tick(r, now);
	for (u32 row = SERIES_FIRST; (row = roster__next_due(r, row)) != SERIES_NONE;)
		roster__remove(r, row);
}

static void below_the_limit_all_count_at_once(void **state)
{
	struct exposure exposure = {0};
	const struct roster_spec spec = {.places = 3, .nlabels = 1, .exposure = &exposure};
	struct roster *r = make_roster(&spec);

	(void)state;
	assert_true(come(r, "a", 1));
	assert_true(come(r, "b", 1));
	assert_true(come(r, "c", 1));
	assert_false(roster__is_crowded(r));
	assert_false(come(r, "d", 1));
	assert_true(roster__is_crowded(r));
	assert_true(come(r, "a", 1));
	assert_int_equal(stats_of(r).counted, 3);
	roster__free(r);
}

/* challenger * 4 >= member * 5 */
static void a_challenger_must_be_a_quarter_heavier(void **state)
{
	static const struct {
		u64 member, challenger;
		bool wins;
	} cases[] = {
		{100, 124, false},
		{100, 125, true},
		{0, 1, true},
		{4, 4, false},
		{4, 5, true},
		{5, 6, false},
		{4ULL << 50, (5ULL << 50) - 1, false},
		{4ULL << 50, 5ULL << 50, true},
	};
	const struct roster_spec spec = {.places = 1, .beside = true, .nlabels = 1};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct roster *r = make_roster(&spec);

		come(r, "member", cases[i].member);
		come(r, "challenger", cases[i].challenger);
		assert_int_equal(hold_election(r, 10 * SECOND), cases[i].wins);
		assert_int_equal(come(r, "challenger", 1), cases[i].wins);
		assert_int_equal(come(r, "member", 1), !cases[i].wins);
		roster__free(r);
	}
}

static void the_heaviest_take_the_places_of_the_weakest(void **state)
{
	const struct roster_spec spec = {
		.places = 16, .nlabels = 1, .linger_ns = SECOND, .pins_protect = true};
	struct roster *r = make_roster(&spec);
	u64 now = 10 * SECOND;

	(void)state;
	for (u32 i = 0; i < 16; i++)
		come_numbered(r, i, 1, 10 + i);
	come_numbered(r, 100, 5, 50);
	come(r, "heaviest", 1000);
	come(r, "heavy", 900);
	roster__pin(r, find(r, "0"));

	/* an eighth: 1 and 2, since 0 is pinned */
	assert_int_equal(hold_election(r, now), 2);
	assert_int_equal(stats_of(r).lingering, 2);
	assert_true(come(r, "0", 0));
	assert_false(come(r, "1", 1));
	assert_false(come(r, "2", 1));
	assert_true(come(r, "3", 1));
	assert_false(come(r, "heaviest", 1)); /* no place is free yet */
	now += SECOND;
	end_all_due(r, now);
	assert_int_equal(find(r, "1"), SERIES_NONE);
	assert_true(come(r, "heaviest", 1));
	assert_true(come(r, "heavy", 1));
	assert_false(come(r, "100", 1));
	assert_int_equal(stats_of(r).promotions, 2);
	roster__free(r);
}

static void at_most_a_quarter_lingers(void **state)
{
	const struct roster_spec spec = {.places = 16, .nlabels = 1, .linger_ns = 1000 * SECOND};
	struct roster *r = make_roster(&spec);

	(void)state;
	come_numbered(r, 0, 16, 1);
	for (u32 epoch = 1; epoch < 10; epoch++) {
		come_numbered(r, 100, 50, 1000);
		hold_election(r, epoch * (10 * SECOND));
		assert_int_equal(stats_of(r).lingering, MIN(2 * epoch, 4));
	}
	roster__free(r);
}

static void beside_the_places_all_can_change(void **state)
{
	const struct roster_spec spec = {
		.places = 16, .beside = true, .nlabels = 1, .linger_ns = 1000 * SECOND};
	struct roster *r = make_roster(&spec);

	(void)state;
	come_numbered(r, 0, 16, 1);
	come_numbered(r, 100, 20, 1000);
	assert_int_equal(hold_election(r, 10 * SECOND), 16);
	assert_int_equal(stats_of(r).counted, 0);
	come_numbered(r, 100, 20, 1000);
	assert_int_equal(stats_of(r).counted, 16);
	assert_int_equal(stats_of(r).lingering, 16);
	roster__free(r);
}

/* One place for two who beat its member: the heavier one has it, unless it does not come. */
static void the_second_best_comes_when_the_best_does_not(void **state)
{
	const struct roster_spec spec = {.places = 1, .beside = true, .nlabels = 1};

	(void)state;
	for (int comes = 0; comes < 2; comes++) {
		struct roster *r = make_roster(&spec);

		come(r, "member", 1);
		come(r, "second", 100);
		come(r, "best", 200);
		hold_election(r, 10 * SECOND);
		assert_false(come(r, "second", 1));
		roster__tick(r, 11 * SECOND);
		assert_false(come(r, "second", 1));
		if (comes)
			assert_true(come(r, "best", 1));
		roster__tick(r, 12 * SECOND);
		assert_int_equal(come(r, "second", 1), !comes);
		roster__free(r);
	}
}

/* Of a thousand places the process has room for eight. */
static void where_the_process_is_full_places_are_won_as_well(void **state)
{
	const struct quota_member member = {.max_series = 1000, .lines = 1, .bytes = 1};
	struct roster_spec spec = {.places = 1000, .nlabels = 1, .linger_ns = SECOND};
	struct err err = {0};
	struct roster *r;

	(void)state;
	assert_int_equal(quota__new(&member, 1, 8, 1 << 20, &spec.quota, &err), 0);
	r = make_roster(&spec);
	come_numbered(r, 0, 20, 1);
	assert_int_equal(stats_of(r).counted, 8);
	for (u32 epoch = 1; epoch < 10; epoch++) {
		come(r, "heavy", 1000);
		come(r, "heavier", 2000);
		/* an eighth of the eight */
		assert_true(hold_election(r, epoch * (10 * SECOND)) <= 1);
		assert_true(quota__lines(spec.quota) <= 8);
		end_all_due(r, epoch * (10 * SECOND) + SECOND);
	}
	assert_true(come(r, "heavy", 1));
	assert_true(come(r, "heavier", 1));
	assert_int_equal(quota__lines(spec.quota), stats_of(r).counted);
	roster__free(r);
	quota__free(spec.quota);
}

static void who_is_promoted_waits_until_it_was_shown(void **state)
{
	struct exposure exposure = {.taken = 7, .shown = 7, .shown_twice = 6};
	const struct roster_spec spec = {
		.places = 1, .beside = true, .nlabels = 1, .exposure = &exposure};
	struct roster *r = make_roster(&spec);

	(void)state;
	come(r, "a", 1);
	come(r, "b", 100);
	hold_election(r, 10 * SECOND);
	assert_false(come(r, "b", 1)); /* made now */
	assert_int_not_equal(find(r, "b"), SERIES_NONE);
	exposure.taken = 8;
	assert_false(come(r, "b", 1)); /* taken, not shown */
	exposure.shown = 8;
	assert_true(come(r, "b", 1));

	/* the other one was frozen before snapshot 8 */
	assert_int_equal(first_due(r, 10 * SECOND), SERIES_NONE);
	exposure.shown = 9;
	assert_int_equal(first_due(r, 10 * SECOND), SERIES_NONE);
	exposure.shown_twice = 8;
	assert_int_equal(first_due(r, 10 * SECOND), find(r, "a"));
	roster__free(r);
}

static void a_frozen_member_comes_back_by_election(void **state)
{
	const struct roster_spec spec = {
		.places = 1, .beside = true, .nlabels = 1, .linger_ns = 1000 * SECOND};
	struct roster *r = make_roster(&spec);
	u32 tag;

	(void)state;
	come(r, "a", 1);
	tag = roster__tags(r)[find(r, "a")];
	come(r, "b", 100);
	hold_election(r, 10 * SECOND);
	assert_true(come(r, "b", 1));
	assert_false(come(r, "a", 500));
	assert_int_not_equal(roster__tags(r)[find(r, "a")], tag);

	/* b lingers where a did: there is room beside the places for one */
	assert_int_equal(hold_election(r, 20 * SECOND), 0);
	assert_false(come(r, "a", 1));
	roster__free(r);
}

static void silent_members_stop_and_come_back(void **state)
{
	const struct roster_spec spec = {
		.places = 4, .nlabels = 1, .linger_ns = 20 * SECOND, .ttl_ns = 25 * SECOND};
	struct roster *r = make_roster(&spec);
	u32 tag;

	(void)state;
	come(r, "a", 1);
	come(r, "b", 1);
	tag = roster__tags(r)[find(r, "a")];
	for (u32 epoch = 1; epoch <= 3; epoch++) {
		assert_int_equal(hold_election(r, epoch * (10 * SECOND)), 0);
		come(r, "b", 1);
	}
	assert_int_equal(hold_election(r, 40 * SECOND), 1);
	assert_int_not_equal(roster__tags(r)[find(r, "a")], tag);
	assert_true(come(r, "a", 1));
	assert_int_equal(roster__tags(r)[find(r, "a")], tag);
	for (u32 epoch = 5; epoch <= 7; epoch++) {
		hold_election(r, epoch * (10 * SECOND));
		come(r, "b", 1);
	}
	assert_int_equal(first_due(r, 89 * SECOND), SERIES_NONE);
	assert_int_equal(first_due(r, 91 * SECOND), find(r, "a"));
	roster__free(r);
}

static void a_tag_never_returns_for_another_member(void **state)
{
	const struct roster_spec spec = {.places = 1, .nlabels = 1};
	struct roster *r = make_roster(&spec);
	u32 before = 0;

	(void)state;
	for (u32 i = 0; i < 100; i++) {
		char text[16];

		snprintf(text, sizeof(text), "%u", i);
		for (u32 comes = 0; comes < 3; comes++) {
			come(r, text, 100 << i % 20);
			hold_election(r, (3ULL * i + comes) * (10 * SECOND));
			end_all_due(r, (3ULL * i + comes) * (10 * SECOND));
		}
		if (!come(r, text, 1))
			continue;
		assert_true(roster__tags(r)[find(r, text)] > before);
		before = roster__tags(r)[find(r, text)];
	}
	assert_true(before > 10 << 8);
	roster__free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(below_the_limit_all_count_at_once),
		cmocka_unit_test(a_challenger_must_be_a_quarter_heavier),
		cmocka_unit_test(the_heaviest_take_the_places_of_the_weakest),
		cmocka_unit_test(at_most_a_quarter_lingers),
		cmocka_unit_test(beside_the_places_all_can_change),
		cmocka_unit_test(the_second_best_comes_when_the_best_does_not),
		cmocka_unit_test(where_the_process_is_full_places_are_won_as_well),
		cmocka_unit_test(who_is_promoted_waits_until_it_was_shown),
		cmocka_unit_test(a_frozen_member_comes_back_by_election),
		cmocka_unit_test(silent_members_stop_and_come_back),
		cmocka_unit_test(a_tag_never_returns_for_another_member),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
