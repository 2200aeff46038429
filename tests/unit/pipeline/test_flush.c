/* SPDX-License-Identifier: Apache-2.0 */
/* The walk of a flush, with a kernel that answers as told: what is asked for, when, and who is
 * told. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <uv.h>

#include "base/err.h"
#include "base/util.h"
#include "bpf/wire.h"
#include "pipeline/collector.h"
#include "pipeline/drain.h"
#include "pipeline/flush.h"

enum { PLACES_MAX = 4, ANSWERS_MAX = 16, HOUR_MS = 3600 * 1000 };

/* What a place (an object on a CPU) answers, call by call; nothing to do behind the last answer. */
struct place {
	int answers[ANSWERS_MAX];
	u32 n;
	u32 calls;
	bool hook;  /* an event there has one ... */
	bool quiet; /* ... and nothing else is to be flushed */
};

static struct {
	uv_loop_t loop;
	uv_idle_t barrier; /* passes on the next turn of the loop */
	struct drain_barrier *placed;
	u32 barriers;
	struct collector collector;
	struct flush *flush;
	struct place places[PLACES_MAX]; /* object * ncpus + cpu */
	u32 order[ANSWERS_MAX * PLACES_MAX];
	u32 calls;
	u32 errors_logged;
} world;

static struct place *place_at(u32 object, u32 cpu)
{
	return &world.places[object * world.collector.ncpus + cpu];
}

bool __wrap_collector__needs_flush(const struct collector *c, u32 object, u32 cpu);
bool __wrap_collector__needs_flush(const struct collector *c, u32 object, u32 cpu)
{
	(void)c;
	return !place_at(object, cpu)->quiet &&
	       place_at(object, cpu)->calls < place_at(object, cpu)->n;
}

bool __wrap_collector__has_flush_hook(const struct collector *c, u32 object, u32 cpu);
bool __wrap_collector__has_flush_hook(const struct collector *c, u32 object, u32 cpu)
{
	(void)c;
	return place_at(object, cpu)->hook;
}

int __wrap_collector__flush(const struct collector *c, u32 object, u32 cpu);
int __wrap_collector__flush(const struct collector *c, u32 object, u32 cpu)
{
	struct place *place = place_at(object, cpu);

	(void)c;
	assert_true(place->calls < place->n);
	world.order[world.calls++] = object * world.collector.ncpus + cpu;
	return place->answers[place->calls++];
}

static void on_barrier_turn(uv_idle_t *idle)
{
	struct drain_barrier *barrier = world.placed;

	uv_idle_stop(idle);
	world.placed = NULL;
	barrier->passed(barrier);
}

void __wrap_drain__place_barrier(struct drain *d, struct drain_barrier *b);
void __wrap_drain__place_barrier(struct drain *d, struct drain_barrier *b)
{
	(void)d;
	assert_null(world.placed);
	world.placed = b;
	world.barriers++;
	uv_idle_start(&world.barrier, on_barrier_turn);
}

void __wrap_log_line(int level, const char *msg, ...);
void __wrap_log_line(int level, const char *msg, ...)
{
	(void)level;
	(void)msg;
	world.errors_logged++;
}

static int start(void **state)
{
	struct err err = {0};

	(void)state;
	memset(&world, 0, sizeof(world));
	world.collector.nobjects = 2;
	world.collector.ncpus = 2;
	uv_loop_init(&world.loop);
	uv_idle_init(&world.loop, &world.barrier);
	return flush__new(&world.loop, &world.collector, NULL, HOUR_MS, &world.flush, &err);
}

static int stop(void **state)
{
	(void)state;
	flush__close(world.flush);
	uv_close((uv_handle_t *)&world.barrier, NULL);
	uv_run(&world.loop, UV_RUN_DEFAULT);
	return uv_loop_close(&world.loop);
}

static void answer(u32 place, int status)
{
	world.places[place].answers[world.places[place].n++] = status;
}

struct waiter {
	struct flush_waiter waiter;
	u32 told;
	u32 calls_before; /* of the kernel, when it was told */
};

static void on_done(struct flush_waiter *w)
{
	struct waiter *waiter = container_of(w, struct waiter, waiter);

	waiter->told++;
	waiter->calls_before = world.calls;
}

static struct waiter new_waiter(void)
{
	return (struct waiter){.waiter = {.done = on_done}};
}

static void run_until_told(const struct waiter *w)
{
	while (!w->told)
		uv_run(&world.loop, UV_RUN_ONCE);
}

static void a_flush_goes_where_something_was_counted(void **state)
{
	struct waiter w = new_waiter();

	(void)state;
	answer(1, 0);
	answer(2, WIRE_FLUSH_MORE);
	answer(2, WIRE_FLUSH_MORE);
	answer(2, 0);
	flush__request(world.flush, &w.waiter);
	run_until_told(&w);
	assert_int_equal(w.told, 1);
	assert_int_equal(world.calls, 4);
	assert_memory_equal(world.order, ((u32[]){1, 2, 2, 2}), 4 * sizeof(u32));
	assert_int_equal(world.barriers, 1);
	assert_int_equal(flush__offline(world.flush), 0);
	assert_int_equal(world.errors_logged, 0);
}

static void where_nothing_was_counted_it_only_drains(void **state)
{
	struct waiter w = new_waiter();

	(void)state;
	flush__request(world.flush, &w.waiter);
	run_until_told(&w);
	assert_int_equal(world.calls, 0);
	assert_int_equal(world.barriers, 1);
}

static void a_hook_is_called_once_a_flush_though_nothing_was_counted(void **state)
{
	(void)state;
	world.places[2].hook = world.places[2].quiet = true;
	for (u32 flush = 1; flush <= 3; flush++) {
		struct waiter w = new_waiter();

		answer(2, 0);
		flush__request(world.flush, &w.waiter);
		run_until_told(&w);
		assert_int_equal(world.calls, flush);
		assert_int_equal(world.order[flush - 1], 2);
	}
}

static void a_full_ring_is_drained_before_the_walk_goes_on(void **state)
{
	struct waiter w = new_waiter();

	(void)state;
	answer(0, WIRE_FLUSH_FULL);
	answer(0, WIRE_FLUSH_FULL | WIRE_FLUSH_MORE);
	answer(0, 0);
	answer(3, 0);
	flush__request(world.flush, &w.waiter);
	run_until_told(&w);
	assert_int_equal(world.calls, 4);
	assert_int_equal(world.barriers, 3);
}

static void books_that_are_taken_are_tried_again(void **state)
{
	struct waiter w = new_waiter();

	(void)state;
	for (u32 i = 0; i < 10; i++) /* more than are tried in one turn */
		answer(0, WIRE_FLUSH_BUSY);
	answer(0, 0);
	answer(1, 0);
	flush__request(world.flush, &w.waiter);
	run_until_told(&w);
	assert_int_equal(world.calls, 12);
	assert_int_equal(world.barriers, 1);
}

static void an_offline_cpu_is_left_behind(void **state)
{
	struct waiter w = new_waiter();

	(void)state;
	answer(1, -ENXIO);
	answer(2, 0);
	answer(3, -ENXIO);
	flush__request(world.flush, &w.waiter);
	run_until_told(&w);
	assert_int_equal(world.calls, 3);
	assert_int_equal(flush__offline(world.flush), 2);
	assert_int_equal(world.errors_logged, 0);
}

static void what_the_kernel_refuses_is_said_once(void **state)
{
	struct waiter w = new_waiter();

	(void)state;
	answer(0, -EPERM);
	answer(1, -EPERM);
	answer(2, 0);
	flush__request(world.flush, &w.waiter);
	run_until_told(&w);
	assert_int_equal(world.calls, 3);
	assert_int_equal(world.errors_logged, 1);
}

/* Those who come while a flush is under way wait for the next one, together. */
static void requests_share_a_flush_that_begins_after_them(void **state)
{
	struct waiter first = new_waiter(), second = new_waiter(), third = new_waiter();

	(void)state;
	answer(0, WIRE_FLUSH_FULL);
	answer(0, 0);
	flush__request(world.flush, &first.waiter); /* begins, and waits for room */
	assert_int_equal(world.calls, 1);
	answer(0, 0); /* counted since */
	flush__request(world.flush, &second.waiter);
	flush__request(world.flush, &third.waiter);
	run_until_told(&first);
	assert_int_equal(first.calls_before, 2);
	assert_int_equal(second.told, 0);
	run_until_told(&second);
	assert_int_equal(third.told, 1);
	assert_int_equal(second.calls_before, 3);
	assert_int_equal(world.barriers, 3);
}

static struct waiter listened = {.waiter = {.done = on_done}};

static void on_ended(void *ctx)
{
	assert_int_equal(listened.told, *(u32 *)ctx + 1); /* who waited was told before */
	++*(u32 *)ctx;
}

static void a_listener_hears_of_every_end(void **state)
{
	u32 ended = 0;

	(void)state;
	listened.told = 0;
	flush__listen(world.flush, on_ended, &ended);
	for (u32 flush = 1; flush <= 3; flush++) {
		answer(0, WIRE_FLUSH_FULL); /* an end of draining that is no end of the flush */
		answer(0, 0);
		flush__request(world.flush, &listened.waiter);
		while (ended < flush)
			uv_run(&world.loop, UV_RUN_ONCE);
	}
	assert_int_equal(listened.told, 3);
}

static void flushes_keep_their_distance(void **state)
{
	struct waiter w = new_waiter();
	u64 begin_ns, elapsed_ms;

	(void)state;
	begin_ns = uv_hrtime();
	for (u32 i = 0; i < 3; i++) {
		flush__request(world.flush, &w.waiter);
		run_until_told(&w);
		w.told = 0;
	}
	elapsed_ms = (uv_hrtime() - begin_ns) / 1000000;
	assert_true(elapsed_ms >= 10); /* between the first and the third: twice 5 ms */
	assert_int_equal(world.barriers, 3);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
	const struct CMUnitTest tests[] = {
		TEST(a_flush_goes_where_something_was_counted),
		TEST(where_nothing_was_counted_it_only_drains),
		TEST(a_hook_is_called_once_a_flush_though_nothing_was_counted),
		TEST(a_full_ring_is_drained_before_the_walk_goes_on),
		TEST(books_that_are_taken_are_tried_again),
		TEST(an_offline_cpu_is_left_behind),
		TEST(what_the_kernel_refuses_is_said_once),
		TEST(requests_share_a_flush_that_begins_after_them),
		TEST(a_listener_hears_of_every_end),
		TEST(flushes_keep_their_distance),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
