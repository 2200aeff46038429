/* SPDX-License-Identifier: Apache-2.0 */
/* Snapshots and their numbers, and who is waited for: with flushes that end, and a clock that goes
 * on, when the test says so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <uv.h>

#include "aggregators/snapshot.h"
#include "base/err.h"
#include "base/util.h"
#include "exporters/scrapers.h"
#include "pipeline/collector.h"
#include "pipeline/flush.h"
#include "pipeline/process_stats.h"
#include "pipeline/selfstats.h"
#include "pipeline/source.h"

#define SECOND 1000000000ULL

static struct {
	struct collector collector;
	struct source *source;
	struct flush_waiter *waiter;
	void (*ended)(void *ctx);
	void *ended_ctx;
	u64 now_ns;
	int snapshot_code;
	u32 snapshots;
	u32 selves;
	u32 ticks;
	u32 snapshots_at_tick;
	u64 ticked_ns;
} world;

void __wrap_flush__request(struct flush *f, struct flush_waiter *w);
void __wrap_flush__request(struct flush *f, struct flush_waiter *w)
{
	(void)f;
	assert_null(world.waiter);
	world.waiter = w;
}

void __wrap_flush__listen(struct flush *f, void (*ended)(void *ctx), void *ctx);
void __wrap_flush__listen(struct flush *f, void (*ended)(void *ctx), void *ctx)
{
	(void)f;
	world.ended = ended;
	world.ended_ctx = ctx;
}

int __wrap_collector__snapshot(struct collector *c, struct snapshot *s);
int __wrap_collector__snapshot(struct collector *c, struct snapshot *s)
{
	assert_ptr_equal(c, &world.collector);
	assert_int_equal(s->number, c->exposure.taken);
	world.snapshots++;
	return world.snapshot_code;
}

void __wrap_collector__tick(struct collector *c, u64 now_ns);
void __wrap_collector__tick(struct collector *c, u64 now_ns)
{
	assert_ptr_equal(c, &world.collector);
	world.ticks++;
	world.snapshots_at_tick = world.snapshots;
	world.ticked_ns = now_ns;
}

void __wrap_selfstats_snapshot(const struct selfstats *self, struct snapshot *s);
void __wrap_selfstats_snapshot(const struct selfstats *self, struct snapshot *s)
{
	(void)self;
	(void)s;
	world.selves++;
}

void __wrap_process_stats_snapshot(struct snapshot *s);
void __wrap_process_stats_snapshot(struct snapshot *s)
{
	(void)s;
}

u64 __wrap_uv_hrtime(void);
u64 __wrap_uv_hrtime(void)
{
	return world.now_ns;
}

static int start(void **state)
{
	struct err err = {0};

	(void)state;
	memset(&world, 0, sizeof(world));
	world.collector.exposure = (struct exposure)EXPOSURE_INIT;
	world.now_ns = 1000 * SECOND;
	return source__new(&world.collector, NULL, NULL, &world.source, &err);
}

static int stop(void **state)
{
	(void)state;
	source__free(world.source);
	return 0;
}

/* One wish, and what came of it. */
struct wish {
	struct collect_request request;
	u32 done;
	u64 number; /* 0: no snapshot */
};

static void on_done(struct collect_request *req, struct snapshot *take_snapshot)
{
	struct wish *w = container_of(req, struct wish, request);

	w->done++;
	w->number = take_snapshot ? take_snapshot->number : 0;
	snapshot__free(take_snapshot);
}

static void collect(struct wish *w, bool without_self)
{
	struct metric_source *metrics = source__metrics(world.source);

	*w = (struct wish){.request = {.done = on_done, .without_self = without_self}};
	metrics->collect(metrics, &w->request);
}

static void end_flush(void)
{
	struct flush_waiter *waiter = world.waiter;

	world.waiter = NULL;
	if (waiter)
		waiter->done(waiter);
	world.ended(world.ended_ctx);
}

static void show(const char *address, u64 number)
{
	struct metric_source *metrics = source__metrics(world.source);

	metrics->shown(metrics, &(struct scrape){address, "agent", world.now_ns, number});
}

static void snapshots_are_numbered_as_they_are_taken(void **state)
{
	struct wish first, second, late;

	(void)state;
	collect(&first, false);
	end_flush();
	assert_int_equal(first.number, 1);
	assert_int_equal(world.collector.exposure.taken, 1);
	collect(&first, false);
	collect(&second, true); /* waits for a flush of its own: one was requested before it came */
	end_flush();
	assert_int_equal(first.number, 2);
	assert_int_equal(second.done, 0);
	collect(&late, false);
	end_flush();
	assert_int_equal(second.number, 3);
	assert_int_equal(late.done, 0);
	end_flush();
	assert_int_equal(late.number, 4);
	assert_int_equal(world.collector.exposure.taken, 4);
	assert_int_equal(world.selves, 3);
}

static void a_snapshot_that_failed_has_used_its_number(void **state)
{
	struct wish w;

	(void)state;
	world.snapshot_code = -12;
	collect(&w, false);
	end_flush();
	assert_int_equal(w.done, 1);
	assert_int_equal(w.number, 0);
	world.snapshot_code = 0;
	collect(&w, false);
	end_flush();
	assert_int_equal(w.number, 2);
}

static void the_exposure_says_how_far_scrapers_have_come(void **state)
{
	const struct exposure *e = &world.collector.exposure;

	(void)state;
	for (u64 i = 1; i <= 3; i++) {
		assert_int_equal(e->shown, U64_LARGEST);
		world.now_ns += SECOND;
		show("10.0.0.1", 10 + i);
	}
	assert_int_equal(e->shown, 13);
	assert_int_equal(e->shown_twice, 12);
	assert_int_equal(e->taken, 0);
}

static void who_stops_coming_is_waited_for_until_a_tick_notices(void **state)
{
	const struct exposure *e = &world.collector.exposure;

	(void)state;
	for (u64 i = 1; i <= 3; i++) {
		world.now_ns += SECOND;
		show("10.0.0.1", i);
	}
	world.now_ns += 3 * SECOND;
	end_flush();
	assert_int_equal(e->shown, 3);
	world.now_ns += SECOND;
	assert_int_equal(e->shown, 3);
	end_flush();
	assert_int_equal(e->shown, U64_LARGEST);
	assert_int_equal(e->shown_twice, U64_LARGEST);
}

static void ticks_come_once_a_second_however_many_flushes_there_are(void **state)
{
	(void)state;
	end_flush();
	assert_int_equal(world.ticks, 1);
	for (u32 i = 0; i < 1000; i++) { /* every 25 ms: 25 s */
		world.now_ns += SECOND / 40;
		end_flush();
		assert_in_range(world.now_ns - world.ticked_ns, 0, SECOND);
	}
	assert_in_range(world.ticks, 25, 34);
	world.ticks = 0;
	for (u32 i = 0; i < 100; i++) { /* every second, not quite on time */
		world.now_ns += SECOND + (i % 2 ? SECOND / 100 : -SECOND / 100);
		end_flush();
	}
	assert_int_equal(world.ticks, 100);
	world.now_ns += 3600 * SECOND;
	end_flush();
	assert_int_equal(world.ticks, 101);
	assert_int_equal(world.ticked_ns, world.now_ns);
}

/* Whose snapshot would keep every series that has to end. */
static void time_passes_before_a_scrape_takes_its_snapshot(void **state)
{
	struct wish w;

	(void)state;
	for (u32 i = 1; i <= 10; i++) {
		world.now_ns += SECOND;
		collect(&w, false);
		end_flush();
		assert_int_equal(w.number, i);
		assert_int_equal(world.ticks, i);
		assert_int_equal(world.snapshots_at_tick, i - 1);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
	const struct CMUnitTest tests[] = {
		TEST(snapshots_are_numbered_as_they_are_taken),
		TEST(a_snapshot_that_failed_has_used_its_number),
		TEST(the_exposure_says_how_far_scrapers_have_come),
		TEST(who_stops_coming_is_waited_for_until_a_tick_notices),
		TEST(ticks_come_once_a_second_however_many_flushes_there_are),
		TEST(time_passes_before_a_scrape_takes_its_snapshot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
