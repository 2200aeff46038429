/* SPDX-License-Identifier: Apache-2.0 */
/* Small behaviours first; then random scrapes against a model that keeps all of history. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "aggregators/exposure.h"
#include "base/util.h"
#include "exporters/scrapers.h"

#define SECOND 1000000000ULL
#define MINUTE (60 * SECOND)

static void scrape_as(struct scrapers *s, const char *address, const char *agent, u64 asked_ns,
		      u64 number)
{
	scrapers__add(s, &(struct scrape){address, agent, asked_ns, number});
}

static void scrape(struct scrapers *s, const char *address, u64 asked_ns, u64 number)
{
	scrape_as(s, address, "Prometheus/2.42.0", asked_ns, number);
}

/* n scrapes, the last of them at end_ns, that show first, first + 1, ... */
static void scrape_often(struct scrapers *s, const char *address, u32 n, u64 end_ns, u64 every_ns,
			 u64 first)
{
	for (u32 i = 0; i < n; i++)
		scrape(s, address, end_ns - (n - 1 - i) * every_ns, first + i);
}

static u64 shown(const struct scrapers *s, u64 now_ns)
{
	struct exposure e = EXPOSURE_INIT;

	scrapers__expose(s, now_ns, &e);
	return e.shown;
}

static u64 shown_twice(const struct scrapers *s, u64 now_ns)
{
	struct exposure e = EXPOSURE_INIT;

	scrapers__expose(s, now_ns, &e);
	return e.shown_twice;
}

static bool anybody_counts(const struct scrapers *s, u64 now_ns)
{
	return shown(s, now_ns) != U64_LARGEST;
}

static void nobody_counts_at_first(void **state)
{
	struct exposure e = {.taken = 7, .shown = 1, .shown_twice = 1};
	struct scrapers s;

	(void)state;
	scrapers__init(&s);
	scrapers__expose(&s, MINUTE, &e);
	assert_int_equal(e.shown, U64_LARGEST);
	assert_int_equal(e.shown_twice, U64_LARGEST);
	assert_int_equal(e.taken, 7);
}

static void a_scraper_counts_from_its_third_get_on(void **state)
{
	struct scrapers s;

	(void)state;
	scrapers__init(&s);
	scrape(&s, "10.0.0.1", 10 * SECOND, 1);
	assert_false(anybody_counts(&s, 10 * SECOND));
	scrape(&s, "10.0.0.1", 20 * SECOND, 2);
	assert_false(anybody_counts(&s, 20 * SECOND));
	scrape(&s, "10.0.0.1", 30 * SECOND, 3);
	assert_int_equal(shown(&s, 30 * SECOND), 3);
	assert_int_equal(shown_twice(&s, 30 * SECOND), 2);
	scrape(&s, "10.0.0.1", 40 * SECOND, 9);
	assert_int_equal(shown(&s, 40 * SECOND), 9);
	assert_int_equal(shown_twice(&s, 40 * SECOND), 3);
}

static void address_and_agent_make_a_scraper(void **state)
{
	struct scrapers s;

	(void)state;
	scrapers__init(&s);
	for (u64 i = 1; i <= 2; i++) {
		scrape_as(&s, "10.0.0.1", "a", i * SECOND, i);
		scrape_as(&s, "10.0.0.1", "b", i * SECOND, i);
		scrape_as(&s, "10.0.0.1", "", i * SECOND, i);
		scrape_as(&s, "10.0.0.2", "a", i * SECOND, i);
		scrape_as(&s, "unix", "a", i * SECOND, i);
	}
	assert_false(anybody_counts(&s, 2 * SECOND));
	scrape_as(&s, "10.0.0.1", "b", 3 * SECOND, 3);
	assert_int_equal(shown(&s, 3 * SECOND), 3);
}

static void counting_ends_after_three_median_intervals(void **state)
{
	struct scrapers s;

	(void)state;
	scrapers__init(&s);
	scrape_often(&s, "10.0.0.1", 5, MINUTE, 10 * SECOND, 1);
	assert_int_equal(shown(&s, 90 * SECOND), 5);
	assert_int_equal(shown(&s, 90 * SECOND + 1), U64_LARGEST);
	assert_int_equal(shown_twice(&s, 90 * SECOND + 1), U64_LARGEST);
	scrape(&s, "10.0.0.1", 10 * MINUTE, 50); /* it is known still */
	assert_int_equal(shown(&s, 10 * MINUTE), 50);
	assert_int_equal(shown_twice(&s, 10 * MINUTE), 5);
}

static void but_never_later_than_five_minutes(void **state)
{
	struct scrapers s;

	(void)state;
	scrapers__init(&s);
	scrape_often(&s, "10.0.0.1", 3, 60 * MINUTE, 2 * MINUTE, 1);
	assert_true(anybody_counts(&s, 65 * MINUTE));
	assert_false(anybody_counts(&s, 65 * MINUTE + 1));
	scrapers__init(&s);
	scrape(&s, "10.0.0.1", 1, 1); /* intervals that three times do not fit */
	scrape(&s, "10.0.0.1", U64_LARGEST / 2, 2);
	scrape(&s, "10.0.0.1", U64_LARGEST - MINUTE, 3);
	assert_true(anybody_counts(&s, U64_LARGEST));
}

static void one_odd_interval_does_not_matter(void **state)
{
	struct scrapers s;

	(void)state;
	scrapers__init(&s);
	scrape_often(&s, "10.0.0.1", 4, 40 * SECOND, 10 * SECOND, 1);
	scrape(&s, "10.0.0.1", 41 * SECOND, 5); /* somebody pressed a key */
	assert_true(anybody_counts(&s, 71 * SECOND));
	assert_false(anybody_counts(&s, 71 * SECOND + 1));
}

static void of_two_middle_intervals_the_longer_counts(void **state)
{
	struct scrapers s;

	(void)state;
	scrapers__init(&s);
	scrape(&s, "10.0.0.1", 0, 1);
	scrape(&s, "10.0.0.1", 3 * SECOND, 2);
	scrape(&s, "10.0.0.1", 15 * SECOND, 3);
	assert_true(anybody_counts(&s, 51 * SECOND));
	assert_false(anybody_counts(&s, 51 * SECOND + 1));
}

static void the_median_follows_a_new_pace(void **state)
{
	struct scrapers s;
	u64 now;

	(void)state;
	scrapers__init(&s);
	scrape_often(&s, "10.0.0.1", 100, 100 * SECOND, SECOND, 1);
	assert_false(anybody_counts(&s, 103 * SECOND + 1));
	now = 100 * SECOND;
	for (u64 i = 1; i <= 4; i++) /* half of what is remembered */
		scrape(&s, "10.0.0.1", now += MINUTE, 100 + i);
	assert_true(anybody_counts(&s, now + 3 * MINUTE));
	assert_false(anybody_counts(&s, now + 3 * MINUTE + 1));
}

static void all_who_count_must_have_shown_it(void **state)
{
	struct scrapers s;

	(void)state;
	scrapers__init(&s);
	scrape_often(&s, "10.0.0.1", 10, MINUTE, SECOND, 21);
	scrape_often(&s, "10.0.0.2", 3, MINUTE, 15 * SECOND, 8);
	assert_int_equal(shown(&s, MINUTE), 10);
	assert_int_equal(shown_twice(&s, MINUTE), 9);
	scrape(&s, "10.0.0.2", MINUTE + SECOND, 29);
	assert_int_equal(shown(&s, MINUTE + SECOND), 29);
	assert_int_equal(shown_twice(&s, MINUTE + SECOND), 10);
	/* The quick one is gone: the other is alone, then nobody is left. */
	assert_int_equal(shown(&s, MINUTE + 3 * SECOND), 29);
	scrape_often(&s, "10.0.0.1", 2, MINUTE + 4 * SECOND, SECOND, 15);
	assert_int_equal(shown(&s, MINUTE + 4 * SECOND), 29); /* it had shown 30 before */
	assert_int_equal(shown(&s, 2 * MINUTE), U64_LARGEST);
}

static void the_same_snapshot_is_not_shown_twice(void **state)
{
	struct scrapers s;

	(void)state;
	scrapers__init(&s);
	for (u64 i = 0; i < 5; i++) /* three at a time share it */
		scrape(&s, "10.0.0.1", i * SECOND, 1 + i / 3);
	assert_int_equal(shown(&s, 4 * SECOND), 2);
	assert_int_equal(shown_twice(&s, 4 * SECOND), 1);
	scrapers__init(&s);
	for (u64 i = 0; i < 3; i++)
		scrape(&s, "10.0.0.1", i * SECOND, 6);
	assert_int_equal(shown(&s, 2 * SECOND), 6);
	assert_int_equal(shown_twice(&s, 2 * SECOND), 0);
}

static void answers_may_end_in_another_order(void **state)
{
	struct scrapers s;

	(void)state;
	scrapers__init(&s);
	scrape_often(&s, "10.0.0.1", 3, 3 * SECOND, SECOND, 1);
	scrape(&s, "10.0.0.1", 6 * SECOND, 9);
	scrape(&s, "10.0.0.1", 5 * SECOND, 7);
	assert_int_equal(shown(&s, 6 * SECOND), 9);
	assert_int_equal(shown_twice(&s, 6 * SECOND), 7);
	scrape(&s, "10.0.0.1", 4 * SECOND, 5);
	assert_int_equal(shown_twice(&s, 6 * SECOND), 7);
	assert_int_equal(shown(&s, 2 * SECOND), 9);  /* asked about the past: no harm */
	assert_true(anybody_counts(&s, 9 * SECOND)); /* the median is 1 s, the latest at 6 s */
	assert_false(anybody_counts(&s, 9 * SECOND + 1));
}

static void the_ninth_takes_the_place_of_the_oldest(void **state)
{
	struct scrapers s;
	char address[16];

	(void)state;
	scrapers__init(&s);
	for (u32 i = 0; i < 8; i++) {
		snprintf(address, sizeof(address), "10.0.0.%u", i);
		scrape_often(&s, address, 3, (100 + i) * SECOND, 30 * SECOND, 100 + i);
	}
	assert_int_equal(shown(&s, 107 * SECOND), 102);
	scrape(&s, "10.0.0.0", 108 * SECOND, 110); /* no longer the oldest */
	assert_int_equal(shown(&s, 108 * SECOND), 103);
	scrape(&s, "10.0.0.9", 109 * SECOND, 111);
	assert_int_equal(shown(&s, 109 * SECOND), 104);
	scrape(&s, "10.0.0.1", 110 * SECOND, 112); /* was forgotten: begins again */
	assert_int_equal(shown(&s, 110 * SECOND), 105);
	assert_int_equal(s.n, SCRAPERS_MAX);
}

static void an_address_gets_five_places_at_most(void **state)
{
	struct scrapers s;
	u64 now = MINUTE;

	(void)state;
	scrapers__init(&s);
	for (u64 i = 0; i < 3; i++) {
		scrape(&s, "10.0.0.1", now + i * SECOND, 1 + i);
		scrape(&s, "10.0.0.2", now + i * SECOND, 1 + i);
		scrape(&s, "10.0.0.3", now + i * SECOND, 1 + i);
	}
	for (u32 i = 0; i < 1000; i++) {
		char agent[16];

		snprintf(agent, sizeof(agent), "evil/%u", i);
		scrape_as(&s, "10.6.6.6", agent, now + 3 * SECOND + i, 4);
	}
	assert_int_equal(s.n, SCRAPERS_MAX);
	assert_int_equal(shown(&s, now + 4 * SECOND), 3); /* the three are all there */
	for (u32 i = 1; i <= 3; i++) {
		char address[16];

		snprintf(address, sizeof(address), "10.0.0.%u", i);
		scrape(&s, address, now + 4 * SECOND, 10);
	}
	assert_int_equal(shown(&s, now + 4 * SECOND), 10);
}

/* Two on one address, one of which was renamed: the old name goes, not somebody else. */
static void beyond_four_an_address_replaces_its_own_oldest(void **state)
{
	struct scrapers s;

	(void)state;
	scrapers__init(&s);
	scrape_often(&s, "10.0.0.7", 3, 3 * SECOND, SECOND, 1);
	for (u64 i = 0; i < 3; i++) {
		static const char *const agents[] = {"a", "b", "c", "d", "e"};

		for (size_t a = 0; a < ARRAY_SIZE(agents); a++)
			scrape_as(&s, "10.0.0.1", agents[a], (4 + i) * SECOND + a, 10 + i);
	}
	assert_int_equal(s.n, 6);
	assert_int_equal(shown(&s, 6 * SECOND), 3);
	scrape_as(&s, "10.0.0.1", "f", 6 * SECOND + 10, 13);
	assert_int_equal(s.n, 6);
	scrape_as(&s, "10.0.0.1", "a", 6 * SECOND + 20, 14); /* new again: for "b" */
	assert_int_equal(s.n, 6);
	scrape_as(&s, "10.0.0.7", "other", 6 * SECOND + 30, 15); /* for its own, too */
	assert_int_equal(s.n, 6);
	assert_int_equal(shown(&s, 6 * SECOND + 30), 12);
}

static void long_names_are_told_apart_at_their_end(void **state)
{
	enum { LONG = 16000 };
	char *agent = malloc(LONG + 1);
	struct scrapers s;

	(void)state;
	scrapers__init(&s);
	memset(agent, 'x', LONG);
	agent[LONG] = '\0';
	scrape_as(&s, "unix", agent, 1, 1);
	scrape_as(&s, "unix", agent, 2, 1);
	agent[LONG - 1] = 'y';
	scrape_as(&s, "unix", agent, 3, 1);
	assert_int_equal(s.n, 2);
	assert_false(anybody_counts(&s, 3));
	free(agent);
}

/* ---- a model ---- */

enum { STEPS = 200000, ADDRESSES = 12, AGENTS = 9, KNOWN = ADDRESSES * AGENTS };

/* All that one pair of texts did since it was last forgotten; one entry per scrape. */
struct history {
	bool remembered;
	u32 n;
	u32 cap;
	u64 *asked;
	u64 *numbers;
};

struct model {
	struct history known[KNOWN]; /* address * AGENTS + agent */
};

static u64 last_asked(const struct history *h)
{
	u64 last = 0;

	for (u32 i = 0; i < h->n; i++)
		last = MAX(last, h->asked[i]);
	return last;
}

static int model__oldest(const struct model *m, int first, int end)
{
	int best = -1;

	for (int i = first; i < end; i++)
		if (m->known[i].remembered &&
		    (best < 0 || last_asked(&m->known[i]) < last_asked(&m->known[best])))
			best = i;
	return best;
}

static u32 model__of_address(const struct model *m, int address)
{
	u32 n = 0;

	for (int i = address * AGENTS; i < (address + 1) * AGENTS; i++)
		n += m->known[i].remembered;
	return n;
}

static u32 model__remembered(const struct model *m)
{
	u32 n = 0;

	for (int a = 0; a < ADDRESSES; a++)
		n += model__of_address(m, a);
	return n;
}

/* How many would stand beyond the first of each address, with one more of this address. */
static u32 model__beyond(const struct model *m, int address)
{
	u32 beyond = 0;

	for (int a = 0; a < ADDRESSES; a++) {
		const u32 n = model__of_address(m, a) + (a == address);

		beyond += n > 1 ? n - 1 : 0;
	}
	return beyond;
}

static void model__forget(struct model *m, int who)
{
	m->known[who].remembered = false;
	m->known[who].n = 0;
}

static void model__add(struct model *m, int who, u64 asked, u64 number)
{
	struct history *h = &m->known[who];
	const int address = who / AGENTS;

	if (!h->remembered) {
		if (model__beyond(m, address) > 4)
			model__forget(m,
				      model__oldest(m, address * AGENTS, (address + 1) * AGENTS));
		else if (model__remembered(m) == 8)
			model__forget(m, model__oldest(m, 0, KNOWN));
		h->remembered = true;
	}
	if (h->n == h->cap) {
		h->cap = h->cap ? 2 * h->cap : 8;
		h->asked = realloc(h->asked, h->cap * sizeof(u64));
		h->numbers = realloc(h->numbers, h->cap * sizeof(u64));
	}
	h->asked[h->n] = asked;
	h->numbers[h->n++] = number;
}

static int by_size(const void *a, const void *b)
{
	const u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

static bool model__counts(const struct history *h, u64 now)
{
	u64 gaps[8], latest = 0;
	u32 ngaps = 0;

	if (!h->remembered || h->n < 3)
		return false;
	for (u32 i = 0; i < h->n; i++) {
		const u64 gap = h->asked[i] > latest ? h->asked[i] - latest : latest - h->asked[i];

		if (i > 0 && i + 8 >= h->n)
			gaps[ngaps++] = gap;
		latest = MAX(latest, h->asked[i]);
	}
	qsort(gaps, ngaps, sizeof(u64), by_size);
	return now - latest <= 3 * gaps[ngaps / 2] && now - latest <= 5 * MINUTE;
}

/* The largest number below `limit` that was shown; 0: none. */
static u64 largest_below(const struct history *h, u64 limit)
{
	u64 largest = 0;

	for (u32 i = 0; i < h->n; i++)
		if (h->numbers[i] < limit)
			largest = MAX(largest, h->numbers[i]);
	return largest;
}

static struct exposure model__exposure(const struct model *m, u64 now)
{
	struct exposure e = EXPOSURE_INIT;

	for (int i = 0; i < KNOWN; i++) {
		const struct history *h = &m->known[i];
		u64 first;

		if (!model__counts(h, now))
			continue;
		first = largest_below(h, U64_LARGEST);
		e.shown = MIN(e.shown, first);
		e.shown_twice = MIN(e.shown_twice, largest_below(h, first));
	}
	return e;
}

static u64 random_u64(u64 *state) /* splitmix64 */
{
	u64 z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static u64 choose_seed(void)
{
	const char *given = getenv("SEED");
	u64 seed = 0;

	if (given)
		seed = strtoull(given, NULL, 0);
	else
		assert_int_equal(getrandom(&seed, sizeof(seed), 0), sizeof(seed));
	print_message("SEED=%llu\n", seed);
	return seed;
}

/* Mostly a few scrapers that go on, of whom one changes now and then; all times differ. */
struct crowd {
	u64 random;
	int regulars[6];
	u64 now;
	u64 number;
};

static int crowd__next(struct crowd *c)
{
	const u64 r = random_u64(&c->random);
	int *regular = &c->regulars[r % ARRAY_SIZE(c->regulars)];

	if (r >> 32 & 31)
		return *regular;
	if (r >> 40 & 1)
		*regular = (int)(r >> 44) % KNOWN;
	return (int)(r >> 48) % KNOWN;
}

static void crowd__wait(struct crowd *c)
{
	const u64 r = random_u64(&c->random);

	c->now += 16 + (r % 500 ? r >> 20 & (8 * SECOND - 1) : r >> 20 & (512 * SECOND - 1));
	c->number += random_u64(&c->random) % 3;
}

static void step(struct crowd *c, struct scrapers *s, struct model *m)
{
	const u64 r = random_u64(&c->random);
	const int who = crowd__next(c);
	const u64 asked = r % 16 ? c->now : c->now - 1 - (r >> 8) % 15;
	const u64 number = r % 16 || c->number < 3 ? c->number : c->number - (r >> 16) % 3;
	char address[32], agent[32];

	snprintf(address, sizeof(address), "10.0.0.%d", who / AGENTS);
	snprintf(agent, sizeof(agent), "agent/%d", who % AGENTS);
	scrape_as(s, address, agent, asked, number);
	model__add(m, who, asked, number);
}

static void compare(const struct crowd *c, const struct scrapers *s, const struct model *m)
{
	const u64 times[] = {c->now, c->now + SECOND, c->now + 20 * SECOND, c->now + 4 * MINUTE};

	for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
		const struct exposure want = model__exposure(m, times[i]);

		assert_int_equal(shown(s, times[i]), want.shown);
		assert_int_equal(shown_twice(s, times[i]), want.shown_twice);
	}
	assert_int_equal(s->n, model__remembered(m));
}

/* Old entries that no answer depends on are dropped, so that a step stays cheap. */
static void shorten(struct model *m)
{
	for (int i = 0; i < KNOWN; i++) {
		struct history *h = &m->known[i];
		const u32 drop = h->n > 64 ? h->n - 32 : 0;

		for (u32 kept = 0; drop > 0 && kept + drop < h->n; kept++) {
			h->asked[kept] = h->asked[kept + drop];
			h->numbers[kept] = h->numbers[kept + drop];
		}
		h->n -= drop;
	}
}

static void it_does_what_the_model_does(void **state)
{
	struct crowd c = {.random = choose_seed(), .now = MINUTE, .number = 1};
	struct model *m = calloc(1, sizeof(*m));
	struct scrapers s;
	u32 counted = 0;

	(void)state;
	scrapers__init(&s);
	for (u32 i = 0; i < STEPS; i++) {
		crowd__wait(&c);
		step(&c, &s, m);
		if (i % 4 == 0)
			compare(&c, &s, m);
		counted += anybody_counts(&s, c.now);
		if (i % 256 == 0)
			shorten(m);
	}
	print_message("somebody counted at %u of %u steps\n", counted, STEPS);
	assert_in_range(counted, STEPS / 4, STEPS - 1);
	for (int i = 0; i < KNOWN; i++) {
		free(m->known[i].asked);
		free(m->known[i].numbers);
	}
	free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_counts_at_first),
		cmocka_unit_test(a_scraper_counts_from_its_third_get_on),
		cmocka_unit_test(address_and_agent_make_a_scraper),
		cmocka_unit_test(counting_ends_after_three_median_intervals),
		cmocka_unit_test(but_never_later_than_five_minutes),
		cmocka_unit_test(one_odd_interval_does_not_matter),
		cmocka_unit_test(of_two_middle_intervals_the_longer_counts),
		cmocka_unit_test(the_median_follows_a_new_pace),
		cmocka_unit_test(all_who_count_must_have_shown_it),
		cmocka_unit_test(the_same_snapshot_is_not_shown_twice),
		cmocka_unit_test(answers_may_end_in_another_order),
		cmocka_unit_test(the_ninth_takes_the_place_of_the_oldest),
		cmocka_unit_test(an_address_gets_five_places_at_most),
		cmocka_unit_test(beyond_four_an_address_replaces_its_own_oldest),
		cmocka_unit_test(long_names_are_told_apart_at_their_end),
		cmocka_unit_test(it_does_what_the_model_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
