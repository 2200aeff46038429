/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "base/util.h"
#include "pipeline/budget.h"
#include "pipeline/plan.h"
#include "pipeline/probe_image.h"

#define KIB	  1024ULL
#define MIB	  (1024 * KIB)

#define LIMIT_MAX (1024 * MIB)

enum { EVENTS = 4 };

/* As of the built-in config: system calls, waits, block I/O; and one that streams. */
static struct event_plan events[EVENTS];
static struct start_map starts[EVENTS];
static const struct plan plan = {.events = events, .nevents = EVENTS};

static const u32 cpus[] = {1, 2, 3, 4, 6, 8, 12, 16, 24, 48, 64, 96, 128, 192, 256, 500, 512, 1024};

static int reset_events(void **state)
{
	(void)state;
	events[0] = (struct event_plan){
		.lost_words = 2,
		.wire = {.delivery = WIRE_COMBINE, .key_words = 3},
	};
	events[1] = (struct event_plan){
		.lost_words = 30,
		.table_bytes = 512,
		.wire = {.delivery = WIRE_COMBINE, .key_words = 1, .sum_words = 1, .ntables = 1},
	};
	events[2] = (struct event_plan){
		.lost_words = 32,
		.table_bytes = 512,
		.wire = {.delivery = WIRE_COMBINE, .key_words = 4, .sum_words = 3, .ntables = 1},
	};
	events[3] = (struct event_plan){
		.lost_words = 2,
		.wire = {.delivery = WIRE_STREAM, .key_words = 5},
	};
	starts[1] = (struct start_map){.entries = 32768, .key_bytes = 4, .value_bytes = 8};
	starts[2] = (struct start_map){.entries = 8192, .key_bytes = 8, .value_bytes = 32};
	return 0;
}

static struct budget_request request_for(u32 ncpus, u64 limit)
{
	return (struct budget_request){
		.plan = &plan,
		.starts = starts,
		.constants = 24 * KIB,
		.machine = {.ncpus = ncpus, .page_bytes = 4096},
		.limit = limit,
		.ring_bytes = MIB,
	};
}

static struct budget fitting(const struct budget_request *request)
{
	struct budget b;
	int rc = budget__init(&b, request);

	if (rc)
		fail_msg("%u CPUs, %llu bytes: %d, needs %llu", request->machine.ncpus,
			 request->limit, rc, rc == -E2BIG ? b.smallest : 0);
	return b;
}

static u64 ring_bytes(const struct budget *b)
{
	return cost_of_rings(&b->rings, 4096);
}

/* Counted again, from what was decided. */
static u64 bytes_of(const struct budget *b, const struct budget_request *request)
{
	u64 bytes = request->constants + ring_bytes(b);

	for (u32 i = 0; i < EVENTS; i++) {
		const struct event_cost cost =
			cost_of_event(&events[i], b->slots[i], &starts[i], &request->machine);

		bytes += event_cost_sum(&cost);
	}
	return bytes;
}

static bool is_power_of_two(u64 n)
{
	return n && (n & (n - 1)) == 0;
}

static void check_shape(const struct budget *b, u32 ncpus)
{
	assert_int_equal(b->rings.ncpus, ncpus);
	assert_true(is_power_of_two(b->rings.size));
	assert_in_range(b->rings.size, 64 * KIB, MIB);
	assert_true(is_power_of_two(b->rings.cpus_per_ring));
	assert_true(b->rings.cpus_per_ring < 2 * ncpus);
	if (b->rings.size < MIB) /* they share before they shrink */
		assert_int_equal(rings_layout_count(&b->rings), 1);
	for (u32 i = 0; i < 3; i++) {
		assert_true(is_power_of_two(b->slots[i]));
		assert_in_range(b->slots[i], BUDGET_SLOTS_MIN, BUDGET_SLOTS_MAX);
	}
	assert_int_equal(b->slots[3], 0);
}

/* From 1 MiB to 1 GiB, seven to an octave, so that no power of two hides anything. */
static u64 next_limit(u64 limit)
{
	return limit + 1 + limit / 10;
}

static void a_budget_keeps_to_its_limit(void **state)
{
	u32 refused = 0, fit = 0;

	(void)state;
	for (size_t c = 0; c < ARRAY_SIZE(cpus); c++) {
		for (u64 limit = MIB; limit <= LIMIT_MAX; limit = next_limit(limit)) {
			const struct budget_request request = request_for(cpus[c], limit);
			struct budget b;

			if (budget__init(&b, &request) == 0) {
				assert_int_equal(b.bytes, bytes_of(&b, &request));
				assert_true(b.bytes <= limit);
				assert_true(ring_bytes(&b) <= limit / 2);
				fit++;
			} else {
				assert_true(b.smallest > limit);
				refused++;
			}
			check_shape(&b, cpus[c]);
			budget__fini(&b);
		}
	}
	assert_true(refused > ARRAY_SIZE(cpus));
	assert_true(fit > refused);
}

static void assert_nothing_smaller(const struct budget *large, const struct budget *small)
{
	assert_true(ring_bytes(large) >= ring_bytes(small));
	assert_true(large->rings.size >= small->rings.size);
	assert_true(large->rings.cpus_per_ring <= small->rings.cpus_per_ring);
	for (u32 i = 0; i < EVENTS; i++)
		assert_true(large->slots[i] >= small->slots[i]);
}

static void twice_the_limit_makes_nothing_smaller(void **state)
{
	(void)state;
	for (size_t c = 0; c < ARRAY_SIZE(cpus); c++) {
		for (u64 limit = MIB; limit <= LIMIT_MAX; limit = next_limit(limit)) {
			const struct budget_request request = request_for(cpus[c], limit);
			const struct budget_request twice = request_for(cpus[c], 2 * limit);
			struct budget small, large;

			if (budget__init(&small, &request) == 0) {
				large = fitting(&twice);
				assert_nothing_smaller(&large, &small);
				budget__fini(&large);
			}
			budget__fini(&small);
		}
	}
}

/* As long as the rings stay as they are: they come first. */
static void a_higher_limit_makes_no_ring_smaller_and_no_table_beside_the_same_rings(void **state)
{
	(void)state;
	for (size_t c = 0; c < ARRAY_SIZE(cpus); c++) {
		struct budget last = {0};

		for (u64 limit = MIB; limit <= LIMIT_MAX; limit = next_limit(limit)) {
			const struct budget_request request = request_for(cpus[c], limit);
			struct budget b;

			if (budget__init(&b, &request)) {
				budget__fini(&b);
				continue;
			}
			if (last.slots && ring_bytes(&b) == ring_bytes(&last))
				assert_nothing_smaller(&b, &last);
			else if (last.slots)
				assert_true(ring_bytes(&b) > ring_bytes(&last));
			budget__fini(&last);
			last = b;
		}
		budget__fini(&last);
	}
}

static void more_cpus_need_more(void **state)
{
	u64 last = 0;

	(void)state;
	for (size_t c = 0; c < ARRAY_SIZE(cpus); c++) {
		const struct budget_request request = request_for(cpus[c], 1024 * MIB);
		struct budget b = fitting(&request);

		assert_true(b.smallest > last);
		last = b.smallest;
		budget__fini(&b);
	}
}

static void the_number_needed_is_enough_and_no_less_is(void **state)
{
	(void)state;
	for (size_t c = 0; c < ARRAY_SIZE(cpus); c++) {
		struct budget_request request = request_for(cpus[c], 0);
		struct budget refused, least, below;

		assert_int_equal(budget__init(&refused, &request), -E2BIG);
		request.limit = refused.smallest;
		least = fitting(&request);
		assert_true(least.bytes <= request.limit);
		assert_int_equal(least.smallest, refused.smallest);
		request.limit--;
		assert_int_equal(budget__init(&below, &request), -E2BIG);
		assert_int_equal(below.smallest, refused.smallest);
		budget__fini(&refused);
		budget__fini(&least);
		budget__fini(&below);
	}
}

/* With next to nothing beside the rings, it is they that decide what is needed: twice themselves.
 */
static void rings_never_take_more_than_half(void **state)
{
	static const struct plan no_events;
	struct budget_request request = request_for(2, 0);
	struct budget b;
	u64 smallest;

	(void)state;
	request.plan = &no_events;
	assert_int_equal(budget__init(&b, &request), -E2BIG);
	smallest = b.smallest;
	assert_int_equal(smallest, 2 * ring_bytes(&b));
	budget__fini(&b);
	for (request.limit = smallest; request.limit < 64 * MIB; request.limit += 100 * KIB) {
		b = fitting(&request);
		assert_true(ring_bytes(&b) <= request.limit / 2);
		budget__fini(&b);
	}
}

/* Rings give way before an event cannot have its table. */
static void large_start_maps_leave_less_to_the_rings(void **state)
{
	struct budget_request request = request_for(2, 32 * MIB);
	struct budget b;

	(void)state;
	starts[1].entries = 1 << 16;
	starts[2].entries = 1 << 18;
	b = fitting(&request);
	assert_true(b.bytes <= 32 * MIB);
	assert_true(ring_bytes(&b) < 2 * MIB);
	assert_true(b.slots[0] >= BUDGET_SLOTS_MIN);
	budget__fini(&b);
}

static void the_default_fits_on_small_and_large_machines(void **state)
{
	static const struct {
		u32 ncpus, cpus_per_ring;
		u64 ring_bytes;
		u32 slots[3];
	} want[] = {
		{1, 1, MIB, {16384, 16384, 16384}}, {2, 1, MIB, {16384, 16384, 16384}},
		{16, 2, MIB, {8192, 16384, 8192}},  {128, 16, MIB, {1024, 2048, 1024}},
		{1024, 128, MIB, {128, 256, 128}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		const struct budget_request request = request_for(want[i].ncpus, 32 * MIB);
		struct budget b = fitting(&request);

		assert_int_equal(b.rings.cpus_per_ring, want[i].cpus_per_ring);
		assert_int_equal(b.rings.size, want[i].ring_bytes);
		for (u32 e = 0; e < 3; e++)
			assert_int_equal(b.slots[e], want[i].slots[e]);
		budget__fini(&b);
	}
}

static void slots_that_the_config_gives_are_kept(void **state)
{
	static const u32 given[] = {4, 16, 32768, 65536};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(given); i++) {
		const struct budget_request request = request_for(2, 32 * MIB);
		struct budget b;

		events[0].slots_wanted = given[i];
		b = fitting(&request);
		assert_int_equal(b.slots[0], given[i]);
		assert_in_range(b.slots[2], BUDGET_SLOTS_MIN, BUDGET_SLOTS_MAX);
		assert_true(b.bytes <= request.limit);
		budget__fini(&b);
	}
}

static void slots_that_do_not_fit_are_not_made_fewer(void **state)
{
	struct budget_request request = request_for(128, 32 * MIB);
	struct budget b;

	(void)state;
	events[0].slots_wanted = 65536;
	assert_int_equal(budget__init(&b, &request), -E2BIG);
	assert_true(b.smallest > 128ULL * 65536 * 36);
	request.limit = b.smallest;
	budget__fini(&b);
	b = fitting(&request);
	assert_int_equal(b.slots[0], 65536);
	budget__fini(&b);
}

/* A stream has nothing to keep in slots. */
static void a_stream_has_no_table_whatever_the_config_gives(void **state)
{
	const struct budget_request request = request_for(2, 32 * MIB);
	struct budget b;

	(void)state;
	events[3].slots_wanted = 1024;
	b = fitting(&request);
	assert_int_equal(b.slots[3], 0);
	budget__fini(&b);
}

static u64 table_bytes(const struct budget *b, u32 event)
{
	return b->slots[event] * cost_slot_bytes(&events[event]);
}

static bool was_halved(const struct budget *b, u32 event)
{
	return b->slots[event] < BUDGET_SLOTS_MAX;
}

/* What was halved was the largest: nobody has more than what it had then. */
static void tables_share_fairly(void **state)
{
	(void)state;
	for (u64 limit = 16 * MIB; limit <= 256 * MIB; limit += MIB) {
		const struct budget_request request = request_for(64, limit);
		struct budget b = fitting(&request);

		for (u32 i = 0; i < 3; i++)
			for (u32 j = 0; j < 3; j++)
				if (was_halved(&b, j) && b.slots[i] > BUDGET_SLOTS_MIN)
					assert_true(table_bytes(&b, i) <= 2 * table_bytes(&b, j));
		budget__fini(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_budget_keeps_to_its_limit, reset_events),
		cmocka_unit_test_setup(twice_the_limit_makes_nothing_smaller, reset_events),
		cmocka_unit_test_setup(
			a_higher_limit_makes_no_ring_smaller_and_no_table_beside_the_same_rings,
			reset_events),
		cmocka_unit_test_setup(more_cpus_need_more, reset_events),
		cmocka_unit_test_setup(the_number_needed_is_enough_and_no_less_is, reset_events),
		cmocka_unit_test_setup(rings_never_take_more_than_half, reset_events),
		cmocka_unit_test_setup(large_start_maps_leave_less_to_the_rings, reset_events),
		cmocka_unit_test_setup(the_default_fits_on_small_and_large_machines, reset_events),
		cmocka_unit_test_setup(slots_that_the_config_gives_are_kept, reset_events),
		cmocka_unit_test_setup(slots_that_do_not_fit_are_not_made_fewer, reset_events),
		cmocka_unit_test_setup(a_stream_has_no_table_whatever_the_config_gives,
				       reset_events),
		cmocka_unit_test_setup(tables_share_fairly, reset_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
