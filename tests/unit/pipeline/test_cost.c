/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/util.h"
#include "pipeline/cost.h"
#include "pipeline/plan.h"
#include "pipeline/probe_image.h"
#include "pipeline/rings.h"

static const struct cost_machine two_cpus = {.ncpus = 2, .page_bytes = 4096};
static const struct cost_machine four_cpus = {.ncpus = 4, .page_bytes = 4096};
static const struct start_map no_starts;

static u64 rings_of(u32 ncpus, u32 cpus_per_ring, size_t size)
{
	return cost_of_rings(&(struct rings_layout){ncpus, cpus_per_ring, size}, 4096);
}

/* At most 2 % off. */
static void assert_near(u64 is, u64 want)
{
	if (is > want + want / 50 || is < want - want / 50)
		fail_msg("%llu is not near %llu", is, want);
}

/* At most 2 % above: what is divided by these figures must not turn out to be more. */
static void assert_enough(u64 is, u64 want)
{
	if (is > want + want / 50 || is < want)
		fail_msg("%llu is not enough, or too much, for %llu", is, want);
}

/* What /proc/PID/fdinfo said of such maps on kernel 6.18 with two CPUs. */
static void figures_are_near_those_the_kernel_gives(void **state)
{
	static const struct {
		struct start_map map;
		u64 want;
	} starts[] = {
		{{.entries = 32768, .key_bytes = 4, .value_bytes = 8}, 2622480},
		{{.entries = 8192, .key_bytes = 8, .value_bytes = 32}, 853056},
	};
	const struct start_map of_cpu = {
		.entries = 1, .key_bytes = 4, .value_bytes = 24, .of_cpu = true};
	const struct event_plan books = {.lost_words = 32};
	const u64 ring = 1065288, outer = 328;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(starts); i++)
		assert_enough(cost_of_event(&books, 0, &starts[i].map, &two_cpus).starts,
			      starts[i].want);
	assert_in_range(cost_of_event(&books, 0, &of_cpu, &two_cpus).starts, 368, 600);
	assert_enough(cost_of_event(&books, 0, &no_starts, &two_cpus).books, 8192);
	assert_enough(rings_of(2, 1, 1 << 20), 2 * ring + outer);
	assert_enough(rings_of(2, 2, 1 << 20), ring + outer);
}

static void without_starts_or_a_table_there_is_no_such_cost(void **state)
{
	const struct event_plan event = {.lost_words = 2, .table_bytes = 256};
	const struct event_cost cost = cost_of_event(&event, 0, &no_starts, &two_cpus);

	(void)state;
	assert_int_equal(cost.starts, 0);
	assert_int_equal(cost.table, 0);
	assert_int_not_equal(cost.books, 0);
}

static void every_table_is_paid_for(void **state)
{
	struct event_plan event = {.table_bytes = 512, .wire.ntables = 1};
	const u64 one = cost_of_event(&event, 0, &no_starts, &two_cpus).buckets;

	(void)state;
	event.wire.ntables = 0; /* an empty one */
	assert_int_equal(cost_of_event(&event, 0, &no_starts, &two_cpus).buckets, one);
	event.wire.ntables = 3;
	assert_int_equal(cost_of_event(&event, 0, &no_starts, &two_cpus).buckets, one + 1024);
}

static void rings_and_books_grow_with_the_cpus(void **state)
{
	const struct event_plan event = {.lost_words = 496};
	const u64 books = cost_of_event(&event, 0, &no_starts, &two_cpus).books;
	const u64 rings = rings_of(2, 1, 64 << 10);

	(void)state;
	assert_int_equal(cost_of_event(&event, 0, &no_starts, &four_cpus).books, books + 8192);
	assert_near(rings_of(4, 1, 64 << 10), 2 * rings);
}

static void cpus_that_share_a_ring_pay_for_one(void **state)
{
	const u64 one = rings_of(1, 1, 1 << 20);

	(void)state;
	assert_near(rings_of(128, 16, 1 << 20), 8 * one);
	assert_near(rings_of(5, 2, 1 << 20), 3 * one);
	assert_near(rings_of(3, 4, 1 << 20), one);
}

static void a_slot_has_a_count_the_key_the_sums_and_a_place_in_the_list(void **state)
{
	const struct event_plan event = {.wire = {.key_words = 3, .sum_words = 1 << 4 | 1 << 9}};

	(void)state;
	assert_int_equal(cost_slot_bytes(&event), 8 * (1 + 3 + 2) + 4);
}

static void a_table_stands_behind_the_books_of_every_cpu(void **state)
{
	const struct event_plan event = {.lost_words = 4, .wire = {.key_words = 3}};
	const struct event_cost both = cost_of_event(&event, 1024, &no_starts, &two_cpus);
	const u64 table = 1024ULL * (8 * 4 + 4);

	(void)state;
	assert_int_equal(cost_of_event(&event, 0, &no_starts, &two_cpus).table, 0);
	assert_int_equal(both.books + both.table, 4096 + ROUND_UP(2 * (192 + table), 4096));
	assert_int_equal(event_cost_sum(&both), both.books + both.table + both.buckets);
	assert_near(cost_of_event(&event, 1024, &no_starts, &four_cpus).table, 4 * table);
}

static void mapped_arrays_are_whole_pages(void **state)
{
	static const struct cost_machine large_pages = {.ncpus = 1, .page_bytes = 65536};
	const struct event_plan event = {.lost_words = 1};

	(void)state;
	assert_int_equal(cost_of_event(&event, 0, &no_starts, &large_pages).books, 2 * 65536);
	assert_int_equal(cost_of_constants(4096, &two_cpus), cost_of_constants(1, &two_cpus));
	assert_int_equal(cost_of_constants(4097, &two_cpus),
			 cost_of_constants(4096, &two_cpus) + 4096);
}

/* With arithmetic in 32 bits this one would wrap. */
static void large_machines_do_not_overflow(void **state)
{
	static const struct cost_machine large = {.ncpus = 8192, .page_bytes = 4096};
	const struct event_plan event = {.wire = {.key_words = 16, .sum_words = 0xff}};

	(void)state;
	assert_true(rings_of(8192, 1, 64 << 20) > 8192ULL * (64 << 20));
	assert_true(cost_of_event(&event, 65536, &no_starts, &large).table > 8192ULL * 65536 * 200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(figures_are_near_those_the_kernel_gives),
		cmocka_unit_test(without_starts_or_a_table_there_is_no_such_cost),
		cmocka_unit_test(every_table_is_paid_for),
		cmocka_unit_test(rings_and_books_grow_with_the_cpus),
		cmocka_unit_test(cpus_that_share_a_ring_pay_for_one),
		cmocka_unit_test(a_slot_has_a_count_the_key_the_sums_and_a_place_in_the_list),
		cmocka_unit_test(a_table_stands_behind_the_books_of_every_cpu),
		cmocka_unit_test(mapped_arrays_are_whole_pages),
		cmocka_unit_test(large_machines_do_not_overflow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
