/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/aggregators/agg_test.h"

#include "aggregators/counter.h"
#include "base/err.h"
#include "base/util.h"

static struct agg *create(const struct agg_ops *ops, u32 rows, bool has_value)
{
	const struct agg_spec spec = {.max_rows = rows, .has_value = has_value};
	struct err err = {0};
	struct agg *a = NULL;

	if (ops->create(&spec, &a, &err) != 0)
		fail_msg("%s", err.msg);
	return a;
}

static struct agg *counter(u32 rows, bool has_value)
{
	return create(&counter_ops, rows, has_value);
}

static u128 number(const struct agg *a, u32 row)
{
	u128 sum;

	counter_ops.copy(a, row, 1, &(struct agg_rows){.sums = &sum});
	return sum;
}

static void counts_events_or_adds_values(void **state)
{
	static const struct {
		bool has_value;
		struct agg_delta deltas[3];
		u64 want;
	} cases[] = {
		{false, {{.count = 1}, {.count = 1}, {.count = 1}}, 3},
		{false, {{.count = 5}, {.count = 0}, {.count = 1000}}, 1005},
		{false, {{.count = 2, .sum = 700}}, 2},
		{true, {{.count = 2, .sum = 700}, {.count = 1, .sum = 1}}, 701},
		{true, {{.count = 9, .sum = 0}}, 0},
		{true, {{0}}, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct agg *a = counter(3, cases[i].has_value);

		for (size_t j = 0; j < ARRAY_SIZE(cases[i].deltas); j++)
			a->ops->add(a, 2, &cases[i].deltas[j]);
		assert_u128_equal(number(a, 2), cases[i].want);
		a->ops->destroy(a);
	}
}

static void sums_beyond_64_bits_are_exact(void **state)
{
	const struct agg_delta largest = {.count = 1, .sum = U64_LARGEST};
	struct agg *a = counter(3, true);
	u128 want = 0;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		a->ops->add(a, 1, &largest);
		want += U64_LARGEST;
		assert_u128_equal(number(a, 1), want);
	}
	assert_u128_equal(want, ((u128)999 << 64) + (U64_LARGEST - 999));
	a->ops->destroy(a);
}

static void rows_are_apart_and_copied_by_range(void **state)
{
	struct agg *a = counter(10, false);
	u128 sums[5] = {0};

	(void)state;
	for (u32 row = 0; row < 10; row++)
		a->ops->add(a, row, &(struct agg_delta){.count = 100 + row});
	a->ops->copy(a, 4, 4, &(struct agg_rows){.sums = sums});
	for (u32 i = 0; i < 4; i++)
		assert_u128_equal(sums[i], 104 + i);
	assert_u128_equal(sums[4], 0);
	a->ops->destroy(a);
}

static void footprint_is_sixteen_bytes_a_row(void **state)
{
	struct agg *a = counter(10, false);

	(void)state;
	assert_int_equal(a->ops->footprint(a, 10) - a->ops->footprint(a, 3), 7 * 16);
	a->ops->destroy(a);
}

static void a_topk_counts_as_a_counter_does(void **state)
{
	const struct agg_delta delta = {.count = 3, .sum = 700};

	(void)state;
	for (int has_value = 0; has_value < 2; has_value++) {
		struct agg *a = create(&topk_ops, 4, has_value);

		assert_ptr_equal(a->ops, &topk_ops);
		assert_int_equal(a->ops->shape, AGG_SHAPE_COUNTER);
		a->ops->add(a, 3, &delta);
		a->ops->add(a, 3, &delta);
		assert_u128_equal(number(a, 3), has_value ? 1400 : 6);
		assert_u128_equal(a->ops->weight(a, 3), has_value ? 1400 : 6);
		assert_u128_equal(number(a, 2), 0);
		a->ops->destroy(a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_events_or_adds_values),
		cmocka_unit_test(sums_beyond_64_bits_are_exact),
		cmocka_unit_test(rows_are_apart_and_copied_by_range),
		cmocka_unit_test(footprint_is_sixteen_bytes_a_row),
		cmocka_unit_test(a_topk_counts_as_a_counter_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
