/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "aggregators/family.h"
#include "base/util.h"
#include "bench/contest.h"
#include "bench/epoch_pause.h"
#include "bench/progress.h"
#include "bench/report.h"
#include "bench/stream.h"
#include "bench/stream_drawn.h"
#include "bench/truth.h"

#define assert_near(a, b) assert_true(fabs((a) - (b)) < 1e-9)

/* Two pieces and a half. */
static const struct stream_draw draw = {.name = "zipf", .keys = 5000, .exponent = 1.0, .n = 250000};

enum { LIMIT = 100, COUNTERS = 512, TOP = 20 };

struct fixture {
	struct stream stream;
	struct truth truth;
	struct contest contest;
	struct progress progress;
	struct err err;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	*state = f;
	if (!f || stream_draw(&draw, &f->stream) || truth__init(&f->truth, &f->stream))
		return -1;
	contest__init(&f->contest, &f->stream);
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	contest__fini(&f->contest);
	truth__fini(&f->truth);
	stream__fini(&f->stream);
	free(f);
	return 0;
}

static void run(struct fixture *f)
{
	if (contest__run(&f->contest, &f->progress, &f->err))
		fail_msg("%s", f->err.msg);
}

/* Tables without limits name everything, and show every key. */
static void exact_tables_know_everything(void **state)
{
	static const struct tally_ops *const exact[] = {&tally_exact, &tally_exact_labels};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(exact); i++)
		contest__enter(&f->contest, exact[i], &tally_exact, 0, 0);
	run(f);
	for (size_t i = 0; i < ARRAY_SIZE(exact); i++) {
		const struct contest_entry *e = contest__entry(&f->contest, exact[i]);

		assert_near(contest__named(&f->contest, exact[i]), 1);
		assert_int_equal(e->outcome.shown, f->stream.nkeys);
		for (u32 key = 0; key < f->stream.nkeys; key++)
			assert_true(e->outcome.is_shown[key]);
	}
}

static void first_come_names_what_came_first(void **state)
{
	struct fixture *f = *state;
	const struct contest_entry *e;

	contest__enter(&f->contest, &tally_first_come, &tally_first_come, LIMIT, 0);
	run(f);
	e = contest__entry(&f->contest, &tally_first_come);
	assert_near(contest__named(&f->contest, &tally_first_come),
		    truth__first_come_share(&f->truth, LIMIT));
	for (u32 key = 0; key < f->stream.nkeys; key++)
		assert_int_equal(e->outcome.is_shown[key], key < LIMIT);
}

/* Both ways to ask a family lead to the same numbers; below its limit it is exact. */
static void a_family_counts_the_same_by_key_and_by_labels(void **state)
{
	struct fixture *f = *state;
	const struct contest_entry *by_key, *by_labels;

	contest__enter(&f->contest, &tally_family, &tally_exact, LIMIT, 0);
	contest__enter(&f->contest, &tally_family_labels, &tally_exact, LIMIT, 0);
	run(f);
	by_key = contest__entry(&f->contest, &tally_family);
	by_labels = contest__entry(&f->contest, &tally_family_labels);
	assert_int_equal(by_key->outcome.counted, draw.n);
	assert_int_equal(by_key->outcome.named, by_labels->outcome.named);
	assert_in_range(by_key->outcome.shown, LIMIT / 2, LIMIT);
	assert_memory_equal(by_key->outcome.is_shown, by_labels->outcome.is_shown, f->stream.nkeys);
}

static void a_family_with_room_names_everything(void **state)
{
	struct fixture *f = *state;

	contest__enter(&f->contest, &tally_family, &tally_exact, draw.keys, 0);
	run(f);
	assert_near(contest__named(&f->contest, &tally_family), 1);
	assert_int_equal(contest__entry(&f->contest, &tally_family)->outcome.shown,
			 f->stream.nkeys);
}

/* 512 counters for 5000 keys: the error is below the count of the 20th key, so all are found. */
static void the_tracker_tells_heavy_hitters(void **state)
{
	struct fixture *f = *state;

	assert_true(2 * draw.n / COUNTERS < f->truth.sorted[TOP - 1]);
	contest__enter(&f->contest, &tally_tracker, &tally_tracker, TOP, COUNTERS);
	run(f);
	assert_int_equal(contest__entry(&f->contest, &tally_tracker)->outcome.shown, TOP);
	assert_true(contest__recall(&f->contest, &f->truth, &tally_tracker, TOP) >= 0.9);
	assert_true(isnan(contest__named(&f->contest, &tally_tracker)));
}

/* Counts one event less than there are, and looks at the clock. */
struct forgetful {
	struct tally tally;
	u64 counted;
	u64 ticks;
	u64 now_ns;
};

static int forgetful__create(const struct tally_spec *spec, struct tally **ret_tally,
			     struct err *err);

static void forgetful__add(struct tally *t, const struct tally_keys *keys)
{
	container_of(t, struct forgetful, tally)->counted += keys->n;
}

static void forgetful__tick(struct tally *t, u64 now_ns)
{
	struct forgetful *f = container_of(t, struct forgetful, tally);

	f->ticks++;
	assert_int_equal(now_ns - f->now_ns, FAMILY_TICK_NS);
	f->now_ns = now_ns;
}

static int forgetful__tell(struct tally *t, struct tally_outcome *ret_outcome, struct err *err)
{
	(void)err;
	ret_outcome->counted = container_of(t, struct forgetful, tally)->counted - 1;
	return 0;
}

static void forgetful__destroy(struct tally *t)
{
	if (t)
		free(container_of(t, struct forgetful, tally));
}

static const struct tally_ops forgetful = {
	.name = "forgetful",
	.second_events = TALLY_SECOND_EVENTS,
	.counts = true,
	.create = forgetful__create,
	.add = forgetful__add,
	.tick = forgetful__tick,
	.tell = forgetful__tell,
	.destroy = forgetful__destroy,
};

static int forgetful__create(const struct tally_spec *spec, struct tally **ret_tally,
			     struct err *err)
{
	struct forgetful *t = calloc(1, sizeof(*t));

	(void)spec;
	if (!t)
		return err__set_errno(err, -ENOMEM, "forgetful");
	t->tally.ops = &forgetful;
	*ret_tally = &t->tally;
	return 0;
}

static void who_loses_an_event_ends_the_contest(void **state)
{
	struct fixture *f = *state;

	contest__enter(&f->contest, &forgetful, &forgetful, 0, 0);
	assert_int_equal(contest__run(&f->contest, &f->progress, &f->err), -EIO);
	assert_string_equal(f->err.msg, "zipf: forgetful counted 249999 of 250000 events");
}

static void so_many_events_make_a_second(void **state)
{
	static const u32 paces[] = {TALLY_SECOND_EVENTS, TALLY_SLOW_SECOND_EVENTS};
	static struct tally_ops ops[ARRAY_SIZE(paces)];
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(paces); i++) {
		ops[i] = forgetful;
		ops[i].counts = false;
		ops[i].second_events = paces[i];
		contest__enter(&f->contest, &ops[i], &ops[i], 0, 0);
	}
	run(f);
	for (size_t i = 0; i < ARRAY_SIZE(paces); i++) {
		const struct forgetful *t =
			container_of(f->contest.entries[i].tally, struct forgetful, tally);

		assert_int_equal(t->counted, draw.n);
		assert_int_equal(t->ticks, draw.n / paces[i]);
		assert_int_equal(t->now_ns, draw.n / paces[i] * FAMILY_TICK_NS);
	}
}

static int refuse(const struct tally_spec *spec, struct tally **ret_tally, struct err *err)
{
	(void)spec;
	(void)ret_tally;
	return err__set(err, -EOPNOTSUPP, "not today");
}

static const struct bench_row *row_of(const struct bench_report *report, const char *subject)
{
	for (size_t i = 0; i < report->nrows; i++)
		if (!strcmp(report->rows[i].subject, subject))
			return &report->rows[i];
	fail_msg("no row %s", subject);
	return NULL;
}

static void reports_a_row_per_figure(void **state)
{
	static struct tally_ops absent;
	struct fixture *f = *state;
	const struct bench_row *row;
	struct bench_report report;

	absent = forgetful;
	absent.name = "absent";
	absent.create = refuse;
	contest__enter(&f->contest, &tally_exact, &tally_exact, 0, 0);
	contest__enter(&f->contest, &tally_first_come, &tally_exact, LIMIT, 0);
	contest__enter(&f->contest, &absent, &tally_exact, 0, 0);
	run(f);
	bench_report__init(&report);
	contest__report(&f->contest, &f->truth, TOP, "suite", &report);
	row = row_of(&report, "zipf/exact");
	assert_int_equal(row->nsamples, 3);
	assert_int_equal(row->events, draw.n);
	assert_true(row->value.median > 0);
	row = row_of(&report, "zipf/first_come/ratio");
	assert_int_equal(row->nsamples, 3);
	assert_near(row->samples[1],
		    f->contest.entries[0].samples[1] / f->contest.entries[1].samples[1]);
	row = row_of(&report, "zipf/first_come/named");
	assert_near(row->value.median, 100 * truth__first_come_share(&f->truth, LIMIT));
	row = row_of(&report, "zipf/absent");
	assert_string_equal(row->note, "not today");
	assert_int_equal(report.nrows, 5);
	assert_true(isnan(contest__speed(&f->contest, &absent)));
	assert_true(isnan(contest__ratio(&f->contest, &tally_exact)));
	bench_report__fini(&report);
}

static void every_epoch_has_a_pause(void **state)
{
	struct fixture *f = *state;
	struct epoch_pause pause;

	assert_int_equal(epoch_pause__measure(&pause, &f->stream, LIMIT, 4, &f->progress, &f->err),
			 0);
	assert_int_equal(pause.n, 4);
	for (size_t i = 0; i < pause.n; i++) {
		assert_true(pause.cpu_us[i] > 0);
		assert_true(pause.wall_us[i] > 0);
	}
	epoch_pause__fini(&pause);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(exact_tables_know_everything),
		TEST(first_come_names_what_came_first),
		TEST(a_family_counts_the_same_by_key_and_by_labels),
		TEST(a_family_with_room_names_everything),
		TEST(the_tracker_tells_heavy_hitters),
		TEST(who_loses_an_event_ends_the_contest),
		TEST(so_many_events_make_a_second),
		TEST(reports_a_row_per_figure),
		TEST(every_epoch_has_a_pause),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
