/* SPDX-License-Identifier: Apache-2.0 */
/* Tables looked up as the kernel does it, beside the plain way. */
#include "pipeline/bucket_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/util.h"
#include "tests/unit/pipeline/bound_sets.h"

enum { RANDOM_VALUES = 4000 };

static u64 seed = 20261122;
static struct bound_set sets[BOUND_SETS];

static int setup(void **state)
{
	(void)state;
	printf("seed %llu\n", seed);
	bound_sets__make(sets, &seed);
	return 0;
}

static bool is_power_of_two(u64 n)
{
	return n && !(n & (n - 1));
}

/* Heap memory of just the table's size: ASan sees whoever looks behind it. */
static struct wire_buckets *make_table(const struct bound_set *set, u32 slots)
{
	struct wire_buckets *table = calloc(1, bucket_table_bytes(slots));

	assert_non_null(table);
	bucket_table_fill(table, slots, set->bounds, set->n);
	return table;
}

static void assert_bucket(const struct bound_set *set, const struct wire_buckets *table, u32 slots,
			  u64 value)
{
	u64 last;
	u64 got = model_bucket(table, value, bucket_table_steps(set->bounds, set->n), &last);

	if (got != bounds_bucket(set->bounds, set->n, value))
		fail_msg("%s: %#llx is in bucket %llu, not %u", set->what, value, got,
			 bounds_bucket(set->bounds, set->n, value));
	if (last >= slots)
		fail_msg("%s: for %#llx slot %llu is looked at, of %u", set->what, value, last,
			 slots);
}

/* In slots of its own, and in those of a larger table of the same event. */
static void every_value_is_found_in_its_bucket(void **state)
{
	(void)state;
	for (u32 s = 0; s < BOUND_SETS; s++) {
		u32 own = bucket_table_slots(sets[s].bounds, sets[s].n);

		for (u32 slots = own; slots <= 2 * own; slots *= 2) {
			struct wire_buckets *table = make_table(&sets[s], slots);
			u64 seams[SEAMS_MAX];
			u32 n = bound_set__seams(&sets[s], seams);

			for (u32 i = 0; i < n; i++)
				assert_bucket(&sets[s], table, slots, seams[i]);
			for (u32 i = 0; i < RANDOM_VALUES; i++)
				assert_bucket(&sets[s], table, slots, model_random_any(&seed));
			free(table);
		}
	}
}

static void tables_are_large_enough_and_no_larger_than_needed(void **state)
{
	(void)state;
	for (u32 s = 0; s < BOUND_SETS; s++) {
		u32 steps = bucket_table_steps(sets[s].bounds, sets[s].n);
		u32 slots = bucket_table_slots(sets[s].bounds, sets[s].n);

		assert_true(is_power_of_two(slots));
		assert_true(slots >= sets[s].n + (1U << steps) - 1);
		assert_in_range(steps, 0, 10); /* what the kernel's loop goes to */
		assert_int_equal(bucket_table_bytes(slots),
				 WIRE_OCTAVES * sizeof(u16) + slots * sizeof(u64));
	}
}

/* Bounds that are powers of two are never looked at: the octave alone tells the bucket. */
static void powers_of_two_need_no_halving(void **state)
{
	(void)state;
	assert_int_equal(bucket_table_steps(sets[1].bounds, sets[1].n), 0);
	assert_int_equal(bucket_table_steps(sets[2].bounds, sets[2].n), 0);
	assert_int_equal(bucket_table_steps(sets[0].bounds, sets[0].n), 1);
	assert_int_equal(bucket_table_steps(sets[3].bounds, sets[3].n), 1);
	assert_int_equal(bucket_table_steps(sets[8].bounds, sets[8].n), 10);
	/* 8 bounds, none of them a power of two of nanoseconds. */
	assert_int_equal(bucket_table_steps(sets[17].bounds, sets[17].n), 4);
	/* 511 of the 512: the power of two itself is free. */
	assert_int_equal(bucket_table_steps(sets[9].bounds, sets[9].n), 9);
}

static void unused_slots_are_above_every_value(void **state)
{
	struct wire_buckets *table = make_table(&sets[12], 1024);

	(void)state;
	for (u32 i = sets[12].n; i < 1024; i++)
		assert_int_equal(table->bounds[i], ~0ULL);
	free(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_value_is_found_in_its_bucket),
		cmocka_unit_test(tables_are_large_enough_and_no_larger_than_needed),
		cmocka_unit_test(powers_of_two_need_no_halving),
		cmocka_unit_test(unused_slots_are_above_every_value),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
