/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What families promise whatever happens (docs/cardinality.md): random streams whose hot keys move,
 * with scrapers that come when they like and sometimes give up, against a simple model. A scraper
 * sees what Prometheus would see, so its increases must add up to the truth.
 *
 * The model learns from the tickets which events counted in a series of their own; that they did is
 * checked with every snapshot.
 */
#include "tests/unit/aggregators/agg_test.h"

#include <stdio.h>

#include "aggregators/exposure.h"
#include "aggregators/family.h"
#include "aggregators/snapshot.h"
#include "base/err.h"
#include "base/util.h"
#include "tests/unit/aggregators/random.h"

#define SECOND 1000000000ULL

enum { KEYS = 400, SCRAPERS_MAX = 2, NBOUNDS = 3, NBUCKETS = NBOUNDS + 1, STEPS = 1000000 };

static const u64 bounds[NBOUNDS] = {10, 100, 1000};
static const char *const label_names[] = {"key"};

/* A family, and how it is used. */
struct scene {
	const char *kind;
	u32 limit;
	u32 scrapers;
	u64 linger_s;
	u64 ttl_s;
	u32 keys; /* that there are */
};

/* Of a key or of all that folds. */
struct tally {
	u128 sum;
	u64 count;
};

/* What one snapshot showed. */
struct view {
	bool shown[KEYS];
	struct tally keys[KEYS];
	struct tally other, lost;
	u32 n; /* keys shown */
};

struct scraper {
	u64 last, last_but_one; /* snapshots */
	struct tally truth;	/* when it was here last */
	bool was_full;
	struct view view;
	u32 seen_since[KEYS]; /* scrapes since the key counted last */
};

struct sim {
	const struct scene *scene;
	struct family *family;
	struct exposure exposure;
	u64 rng;
	u64 now_ns;
	u64 ticks;
	bool full; /* more keys came than there is room for */
	struct tally truth;
	struct tally own[KEYS];
	struct tally other, lost;
	u128 retired;
	u64 demotions;
	bool came[KEYS];
	u32 ncame;
	u64 counted_ns[KEYS]; /* when it counted last */
	family_ticket tickets[KEYS];
	struct scraper scrapers[SCRAPERS_MAX];
	u64 hot;
	u32 promoted_above_0;
};

static void tally__add(struct tally *t, const struct agg_delta *delta)
{
	t->sum += delta->sum;
	t->count += delta->count;
}

static struct family *make_family(const struct scene *scene, const struct exposure *exposure)
{
	const struct agg_ops *ops = agg_kind(scene->kind);
	const struct family_spec spec = {
		.desc =
			{
				.name = "m",
				.help = "h",
				.shape = ops->shape,
				.label_names = label_names,
				.nlabels = 1,
				.bounds = bounds,
				.nbounds = ops->needs_buckets ? NBOUNDS : 0,
			},
		.kind = ops,
		.has_value = true,
		.limits =
			{
				.max_series = scene->limit,
				.linger_ns = scene->linger_s * SECOND,
				.ttl_ns = scene->ttl_s * SECOND,
			},
		.exposure = exposure,
	};
	struct family *f = NULL;
	struct err err = {0};

	if (family__new(&spec, &f, &err) != 0)
		fail_msg("%s", err.msg);
	return f;
}

static u64 below(struct sim *s, u64 n)
{
	return random_u64(&s->rng) % n;
}

/* Half of the events are those of a few hot keys, which change now and then. */
static u32 choose_key(struct sim *s)
{
	if (below(s, 5000) == 0)
		s->hot = below(s, s->scene->keys);
	if (below(s, 2))
		return (u32)((s->hot + below(s, 1 + s->scene->limit / 8)) % s->scene->keys);
	return (u32)below(s, 1 + below(s, s->scene->keys));
}

static void note_key(struct sim *s, u32 key)
{
	s->ncame += !s->came[key];
	s->came[key] = true;
}

static void add_event(struct sim *s)
{
	const u32 key = choose_key(s);
	const struct agg_delta delta = {
		.count = 1 + below(s, 5),
		.sum = 1 + (random_u64(&s->rng) >> (44 + below(s, 20))),
		.bucket = (u32)below(s, NBUCKETS),
	};
	struct label_builder b;
	char text[16];

	note_key(s, key);
	tally__add(&s->truth, &delta);
	if (!s->tickets[key] || !family__add_at(s->family, s->tickets[key], &delta)) {
		snprintf(text, sizeof(text), "%u", key);
		build(&b, 1, (const char *[]){text});
		s->tickets[key] = family__add(s->family, &b, &delta);
	}
	if (s->tickets[key] == FAMILY_NO_TICKET) {
		assert_true(s->ncame > s->scene->limit); /* exact below the limit */
		s->full = true;
		tally__add(&s->other, &delta);
		return;
	}
	tally__add(&s->own[key], &delta);
	s->counted_ns[key] = s->now_ns;
	for (u32 i = 0; i < s->scene->scrapers; i++)
		s->scrapers[i].seen_since[key] = 0;
}

static void lose_event(struct sim *s)
{
	const struct agg_delta delta = {.count = 1, .sum = below(s, 1000)};

	family__add_lost(s->family, &delta);
	tally__add(&s->truth, &delta);
	tally__add(&s->lost, &delta);
}

static struct tally tally_of(const struct family_snapshot *fs, size_t i)
{
	struct tally t = {.sum = fs->rows.sums[i]};

	if (fs->desc.shape == AGG_SHAPE_HISTOGRAM)
		for (u32 b = 0; b < NBUCKETS; b++)
			t.count += fs->rows.buckets[i * NBUCKETS + b];
	return t;
}

static void view__take(struct view *v, struct family *f, u64 *number)
{
	struct snapshot *s = NULL;

	*v = (struct view){0};
	if (number)
		++*number;
	assert_int_equal(snapshot__new(&s), 0);
	assert_int_equal(family__snapshot(f, s), 0);

	const struct family_snapshot *fs = &s->families[0];

	v->other = tally_of(fs, 0);
	v->lost = tally_of(fs, 1);
	assert_texts(fs->labels[0], 1, (const char *[]){"__other__"});
	assert_texts(fs->labels[1], 1, (const char *[]){"__lost__"});
	v->n = (u32)fs->n - 2;
	for (size_t i = 2; i < fs->n; i++) {
		char text[16] = "";

		memcpy(text, fs->labels[i]->bytes + 2, fs->labels[i]->nbytes - 2U);

		const unsigned long key = strtoul(text, NULL, 10);

		assert_false(v->shown[key]);
		v->shown[key] = true;
		v->keys[key] = tally_of(fs, i);
	}
	snapshot__free(s);
}

static void assert_tally(const struct sim *s, const struct tally *got, const struct tally *want)
{
	assert_u128_equal(got->sum, want->sum);
	if (agg_kind(s->scene->kind)->needs_buckets)
		assert_int_equal(got->count, want->count);
}

/* Conservation, exactness, the limit. */
static void check_view(const struct sim *s, const struct view *v)
{
	const bool ranked = agg_kind(s->scene->kind)->ranked;
	u128 sum = v->other.sum + v->lost.sum;

	for (u32 key = 0; key < KEYS; key++) {
		if (!v->shown[key])
			continue;
		assert_tally(s, &v->keys[key], &s->own[key]);
		sum += v->keys[key].sum;
	}
	assert_tally(s, &v->other, &s->other);
	assert_tally(s, &v->lost, &s->lost);
	assert_int_equal(family__folded(s->family, 0), s->other.count);
	if (!agg_kind(s->scene->kind)->needs_buckets)
		assert_u128_equal(sum + s->retired, s->truth.sum);
	assert_true(v->n <= s->scene->limit * (ranked ? 2 : 1));
}

/* A series may end when it was frozen for as long as it must, and everybody has seen that. */
static void check_end(const struct sim *s, u32 key)
{
	assert_true(s->now_ns - s->counted_ns[key] >= s->scene->linger_s * SECOND);
	for (u32 i = 0; i < s->scene->scrapers; i++)
		if (s->own[key].count > 0)
			assert_true(s->scrapers[i].seen_since[key] >= 2);
}

/* Series that ended: the model forgets them. */
static void note_ended(struct sim *s)
{
	const bool by_count = agg_kind(s->scene->kind)->needs_buckets;
	struct family_stats stats;
	u128 ended = 0;
	struct view now;

	view__take(&now, s->family, NULL);
	for (u32 key = 0; key < KEYS; key++) {
		if (now.shown[key] || s->own[key].count == 0)
			continue;
		check_end(s, key);
		ended += by_count ? s->own[key].count : s->own[key].sum;
		s->own[key] = (struct tally){0};
	}
	family__stats(s->family, &stats);
	assert_u128_equal(stats.retired, s->retired + ended);
	s->retired = stats.retired;
}

static void tick(struct sim *s)
{
	struct family_stats stats;
	const u32 swaps =
		agg_kind(s->scene->kind)->ranked ? s->scene->limit : MAX(s->scene->limit / 8, 1);

	s->now_ns += SECOND / 2 + below(s, SECOND);
	s->ticks++;
	family__tick(s->family, s->now_ns);
	note_ended(s);
	family__stats(s->family, &stats);
	if (s->scene->ttl_s == 0)
		assert_true(stats.demotions - s->demotions <= swaps);
	s->demotions = stats.demotions;
	if (!s->full && s->scene->ttl_s == 0)
		assert_int_equal(stats.demotions, 0);
}

/* As a Prometheus computes it from raw samples: the increase of a series that it sees for the first
 * time is not counted. */
static u128 increase(const struct view *before, const struct view *now)
{
	u128 sum = now->other.sum - before->other.sum + now->lost.sum - before->lost.sum;

	for (u32 key = 0; key < KEYS; key++)
		if (now->shown[key] && before->shown[key] &&
		    now->keys[key].sum > before->keys[key].sum)
			sum += now->keys[key].sum - before->keys[key].sum;
	return sum;
}

static void check_increase(struct sim *s, struct scraper *scraper, const struct view *now)
{
	if (!scraper->was_full)
		return;
	assert_u128_equal(increase(&scraper->view, now), s->truth.sum - scraper->truth.sum);
	for (u32 key = 0; key < KEYS; key++) {
		if (!now->shown[key])
			continue;
		if (!scraper->view.shown[key])
			assert_int_equal(now->keys[key].count + (now->keys[key].sum != 0), 0);
		else if (now->keys[key].sum < scraper->view.keys[key].sum)
			assert_int_equal(now->keys[key].sum != 0, 0); /* ended, and came again */
		s->promoted_above_0 += scraper->view.keys[key].sum == 0 && now->keys[key].sum > 0;
	}
}

static void update_exposure(struct sim *s)
{
	s->exposure.shown = s->exposure.shown_twice = U64_LARGEST;
	for (u32 i = 0; i < s->scene->scrapers; i++) {
		s->exposure.shown = MIN(s->exposure.shown, s->scrapers[i].last);
		s->exposure.shown_twice = MIN(s->exposure.shown_twice, s->scrapers[i].last_but_one);
	}
}

static void scrape(struct sim *s)
{
	struct view now;

	view__take(&now, s->family, &s->exposure.taken);
	check_view(s, &now);
	if (s->scene->scrapers == 0 || below(s, 10) == 0)
		return; /* it went away before it had everything */

	struct scraper *scraper = &s->scrapers[below(s, s->scene->scrapers)];

	check_increase(s, scraper, &now);
	scraper->view = now;
	scraper->truth = s->truth;
	scraper->was_full = s->full;
	scraper->last_but_one = scraper->last;
	scraper->last = s->exposure.taken;
	for (u32 key = 0; key < KEYS; key++)
		scraper->seen_since[key]++;
	update_exposure(s);
}

static void step(struct sim *s)
{
	switch (below(s, 400)) {
	case 0:
		tick(s);
		break;
	case 1 ... 2:
		scrape(s);
		break;
	case 3:
		lose_event(s);
		break;
	default:
		add_event(s);
	}
}

static void the_rules_hold(void **state)
{
	const struct scene *scene = *state;
	struct sim *s = test_calloc(1, sizeof(*s));
	struct family_stats stats;

	s->scene = scene;
	s->rng = any_seed();
	s->now_ns = 1000 * SECOND;
	s->exposure = (struct exposure)EXPOSURE_INIT;
	update_exposure(s);
	s->family = make_family(scene, &s->exposure);
	for (u32 i = 0; i < STEPS; i++)
		step(s);
	family__stats(s->family, &stats);
	if (scene->keys > scene->limit) {
		assert_true(s->full && s->other.count > 0);
		assert_true(stats.promotions > 20);
		assert_true(stats.demotions > 20);
		assert_true(stats.retired > 0);
		assert_true(scene->scrapers == 0 || s->promoted_above_0 > 20);
	} else {
		assert_true(!s->full && s->other.count == 0);
	}
	family__free(s->family);
	test_free(s);
}

static struct scene scenes[] = {
	{.kind = "counter", .limit = 100, .scrapers = 1, .linger_s = 20, .keys = KEYS},
	{.kind = "counter", .limit = 100, .scrapers = 2, .linger_s = 5, .keys = KEYS},
	{.kind = "counter", .limit = 100, .scrapers = 0, .linger_s = 20, .keys = KEYS},
	{.kind = "counter", .limit = 7, .scrapers = 1, .linger_s = 5, .keys = 40},
	{.kind = "counter", .limit = 1, .scrapers = 1, .linger_s = 5, .keys = 40},
	{.kind = "counter", .limit = 100, .scrapers = 1, .linger_s = 20, .ttl_s = 30, .keys = KEYS},
	{.kind = "counter", .limit = 100, .scrapers = 1, .linger_s = 20, .keys = 100},
	{.kind = "histogram", .limit = 100, .scrapers = 2, .linger_s = 20, .keys = KEYS},
	{.kind = "topk", .limit = 10, .scrapers = 1, .linger_s = 20, .keys = KEYS},
	{.kind = "topk", .limit = 10, .scrapers = 2, .linger_s = 5, .ttl_s = 60, .keys = KEYS},
};

int main(void)
{
	struct CMUnitTest tests[ARRAY_SIZE(scenes)];
	static char names[ARRAY_SIZE(scenes)][80];

	for (size_t i = 0; i < ARRAY_SIZE(scenes); i++) {
		const struct scene *at = &scenes[i];

		snprintf(names[i], sizeof(names[i]),
			 "%u %ss of %u keys, %u scrapers, linger %llu s, ttl %llu s", at->limit,
			 at->kind, at->keys, at->scrapers, at->linger_s, at->ttl_s);
		tests[i] = (struct CMUnitTest)cmocka_unit_test_prestate(the_rules_hold, &scenes[i]);
		tests[i].name = names[i];
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
