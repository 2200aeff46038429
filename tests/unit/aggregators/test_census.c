/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/aggregators/agg_test.h"

#include "aggregators/census.h"
#include "base/util.h"
#include "tests/unit/aggregators/random.h"

enum { NUMBERS = 500 };

static bool holds(const struct census_range *r, u64 number)
{
	return number >= r->low && number - r->low <= (1ULL << r->bits) - 1;
}

static void classes_hold_their_numbers(void **state)
{
	u64 rng = any_seed();

	(void)state;
	for (u32 i = 0; i < 100000; i++) {
		const u64 number = random_bits(&rng, 63);
		const struct census_range r = census_range(census_class(number));

		assert_true(holds(&r, number));
		assert_true(number < 8 ? r.bits == 0 : (1ULL << r.bits) <= r.low / 4);
	}
	assert_int_equal(census_class(0), 0);
	assert_int_equal(census_class(7), 7);
	assert_int_equal(census_class(8), census_class(9));
	assert_true(census_class(U64_LARGEST) < CENSUS_CLASSES);
}

static int ascending(const void *a, const void *b)
{
	const u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return (x > y) - (x < y);
}

static void ranks_lead_to_the_class_of_their_number(void **state)
{
	u64 rng = any_seed();

	(void)state;
	for (u32 round = 0; round < 200; round++) {
		struct census census = {0};
		u64 numbers[NUMBERS];

		for (u32 i = 0; i < NUMBERS; i++) {
			numbers[i] = random_bits(&rng, 20);
			census.n[census_class(numbers[i])]++;
		}
		qsort(numbers, NUMBERS, sizeof(*numbers), ascending);
		for (u32 rank = 1; rank <= NUMBERS; rank++) {
			u32 down = rank, up = rank;

			assert_int_equal(census__from_top(&census, &down),
					 census_class(numbers[NUMBERS - rank]));
			assert_int_equal(census__from_bottom(&census, &up),
					 census_class(numbers[rank - 1]));
			assert_true(down >= 1 && up >= 1);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(classes_hold_their_numbers),
		cmocka_unit_test(ranks_lead_to_the_class_of_their_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
