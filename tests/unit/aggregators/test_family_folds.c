/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Labels that fold by themselves: while commands come and go without end, what is asked about
 * devices stays exact, in every snapshot and in what a scraper's increases add up to.
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

enum { COMMS = 300, DEVICES = 3, STEPS = 400000 };
enum { COMM_OTHER = COMMS, COMM_LOST, COMM_ROWS };
enum { DEVICE_OTHER = DEVICES, DEVICE_LOST, DEVICE_ROWS };

static const char *const label_names[] = {"comm", "device"};

struct scene {
	const char *name;
	u32 max_series;
	u32 max_values[2]; /* comm, device */
	u16 nfold;	   /* 1: comm */
	u64 ttl_s;
	bool devices_exact;
};

struct view {
	bool shown[COMM_ROWS][DEVICE_ROWS];
	u64 sums[COMM_ROWS][DEVICE_ROWS];
	u32 n;
};

struct sim {
	const struct scene *scene;
	struct family *family;
	struct exposure exposure;
	u64 rng;
	u64 now_ns;
	u64 truth[DEVICES];
	u64 retired[DEVICES];
	u64 ended; /* as the family says */
	u64 folded[2];
	family_ticket tickets[COMMS][DEVICES];
	u32 hot;
	bool was_full;
	u64 truth_before[DEVICES]; /* at the scraper's last visit */
	struct view view;
};

static struct family *make_family(const struct scene *scene, const struct exposure *exposure)
{
	static const u16 fold_order[] = {0};
	const struct family_spec spec = {
		.desc = {.name = "m", .help = "h", .label_names = label_names, .nlabels = 2},
		.kind = agg_kind("counter"),
		.limits =
			{
				.max_series = scene->max_series,
				.linger_ns = 5 * SECOND,
				.ttl_ns = scene->ttl_s * SECOND,
				.max_values = scene->max_values,
				.fold_order = fold_order,
				.nfold = scene->nfold,
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

static u32 choose_comm(struct sim *s)
{
	if (below(s, 3000) == 0)
		s->hot = (u32)below(s, COMMS);
	if (below(s, 2))
		return (u32)(s->hot + below(s, 3)) % COMMS;
	return (u32)below(s, 1 + below(s, COMMS));
}

static void add_event(struct sim *s, u32 key, u32 device)
{
	const struct agg_delta delta = {.count = 1 + below(s, 3)};
	struct label_builder b;
	char comm[16], dev[16];

	s->truth[device] += delta.count;

	family_ticket *ticket = &s->tickets[key][device];

	if (*ticket && family__add_at(s->family, *ticket, &delta))
		return;
	snprintf(comm, sizeof(comm), "%u", key);
	snprintf(dev, sizeof(dev), "%u", device);
	build(&b, 2, (const char *[]){comm, dev});
	*ticket = family__add(s->family, &b, &delta);
}

static u32 number_of(const char *text, size_t len, u32 n)
{
	char copy[16] = "";

	memcpy(copy, text, len);
	if (strcmp(copy, "__other__") == 0)
		return n;
	if (strcmp(copy, "__lost__") == 0)
		return n + 1;
	return (u32)strtoul(copy, NULL, 10);
}

static void view__take(struct view *v, struct family *f)
{
	struct snapshot *s = NULL;

	*v = (struct view){0};
	assert_int_equal(snapshot__new(&s), 0);
	assert_int_equal(family__snapshot(f, s), 0);
	v->n = (u32)s->families[0].n - 2;
	for (size_t i = 0; i < s->families[0].n; i++) {
		const char *text = "";
		size_t len = 0;
		u16 pos = 0;
		u32 comm, device;

		assert_true(labels__next(s->families[0].labels[i], &pos, &text, &len));
		comm = number_of(text, len, COMMS);
		assert_true(labels__next(s->families[0].labels[i], &pos, &text, &len));
		device = number_of(text, len, DEVICES);
		assert_false(v->shown[comm][device]);
		v->shown[comm][device] = true;
		v->sums[comm][device] = (u64)s->families[0].rows.sums[i];
	}
	snapshot__free(s);
}

static u64 device_sum(const struct view *v, u32 device)
{
	u64 sum = 0;

	for (u32 comm = 0; comm < COMM_ROWS; comm++)
		sum += v->sums[comm][device];
	return sum;
}

static u64 device_increase(const struct view *before, const struct view *now, u32 device)
{
	u64 sum = 0;

	for (u32 comm = 0; comm < COMM_ROWS; comm++)
		if (before->shown[comm][device] && now->shown[comm][device] &&
		    now->sums[comm][device] > before->sums[comm][device])
			sum += now->sums[comm][device] - before->sums[comm][device];
	return sum;
}

static u32 named_comms(const struct view *v)
{
	u32 n = 0;

	for (u32 comm = 0; comm < COMMS; comm++)
		for (u32 device = 0; device < DEVICE_ROWS; device++)
			if (v->shown[comm][device]) {
				n++;
				break;
			}
	return n;
}

static u64 total(const u64 *devices)
{
	return devices[0] + devices[1] + devices[2];
}

static void check_view(const struct sim *s, const struct view *v)
{
	u64 all = 0;

	for (u32 device = 0; device < DEVICE_ROWS; device++)
		all += device_sum(v, device);
	assert_int_equal(all + s->ended, total(s->truth));
	assert_true(v->n <= s->scene->max_series);
	if (s->scene->max_values[0])
		assert_true(named_comms(v) <= s->scene->max_values[0]);
	for (u32 device = 0; device < DEVICES && s->scene->devices_exact; device++)
		assert_int_equal(device_sum(v, device) + s->retired[device], s->truth[device]);
}

static void scrape(struct sim *s)
{
	struct view now;

	s->exposure.taken++;
	view__take(&now, s->family);
	check_view(s, &now);
	for (u32 device = 0; device < DEVICES && s->was_full && s->scene->devices_exact; device++)
		assert_int_equal(device_increase(&s->view, &now, device),
				 s->truth[device] - s->truth_before[device]);
	s->exposure.shown_twice = s->exposure.shown;
	s->exposure.shown = s->exposure.taken;
	s->was_full = family__folded(s->family, 0) > 0;
	s->view = now;
	memcpy(s->truth_before, s->truth, sizeof(s->truth));
}

/* What ended was counted by device before. */
static void tick(struct sim *s)
{
	struct family_stats stats;
	struct view before, after;

	view__take(&before, s->family);
	s->now_ns += SECOND / 2 + below(s, SECOND);
	family__tick(s->family, s->now_ns);
	view__take(&after, s->family);
	for (u32 device = 0; device < DEVICES; device++)
		s->retired[device] += device_sum(&before, device) - device_sum(&after, device);
	family__stats(s->family, &stats);
	s->ended = (u64)stats.retired;
}

static void folds_keep_the_rest_exact(void **state)
{
	const struct scene *scene = *state;
	struct sim *s = test_calloc(1, sizeof(*s));
	struct family_stats stats;

	s->scene = scene;
	s->rng = any_seed();
	s->now_ns = 1000 * SECOND;
	s->family = make_family(scene, &s->exposure);
	/* A device that comes first when commands fold already must be shown at 0 as well. */
	for (u32 device = 0; device < DEVICES; device++)
		add_event(s, 0, device);
	for (u32 i = 0; i < STEPS; i++) {
		const u64 dice = below(s, 400);

		if (dice == 0)
			tick(s);
		else if (dice < 3)
			scrape(s);
		else
			add_event(s, choose_comm(s), (u32)below(s, DEVICES));
	}
	family__stats(s->family, &stats);
	assert_true(family__folded(s->family, 0) > total(s->truth) / 10);
	if (scene->devices_exact)
		assert_int_equal(family__folded(s->family, 1), 0);
	assert_true(stats.demotions > 20);
	assert_true(stats.retired > 0);
	family__free(s->family);
	test_free(s);
}

static struct scene scenes[] = {
	{.name = "at most 8 commands", .max_series = 400, .max_values = {8}, .devices_exact = true},
	{.name = "one command",
	 .max_series = 400,
	 .max_values = {1},
	 .ttl_s = 20,
	 .devices_exact = true},
	{.name = "commands fold first", .max_series = 60, .nfold = 1, .devices_exact = true},
	{.name = "at most 30 commands, then commands fold first",
	 .max_series = 60,
	 .max_values = {30},
	 .nfold = 1,
	 .ttl_s = 60,
	 .devices_exact = true},
	{.name = "at most 8 commands and 2 devices", .max_series = 400, .max_values = {8, 2}},
	{.name = "hardly any room", .max_series = 5, .max_values = {8, 2}},
};

int main(void)
{
	struct CMUnitTest tests[ARRAY_SIZE(scenes)];

	for (size_t i = 0; i < ARRAY_SIZE(scenes); i++) {
		tests[i] = (struct CMUnitTest)cmocka_unit_test_prestate(folds_keep_the_rest_exact,
									&scenes[i]);
		tests[i].name = scenes[i].name;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
