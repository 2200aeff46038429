/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every bound beside its definition: the largest integer b with b <= base * 2^(i / 2^n), which is
 * b^(2^n) <= base^(2^n) * 2^i. Both sides are integers, of up to 16,000 bits: they are compared to
 * the last of them, and neither a root nor a float is needed.
 */
#include "aggregators/bounds_native.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "aggregators/bounds.h"
#include "base/util.h"

enum { NS = 1000000000, EVERY_BOUND = 97 * 256, LIMBS = 600, HIGHEST = 64 };

/* An integer of any size, its least digit first; n digits, the last of them not 0. */
struct big {
	u32 n;
	u64 limbs[LIMBS];
};

static void big__square(struct big *x)
{
	struct big product = {.n = 2 * x->n};

	assert_true(product.n <= LIMBS);
	for (u32 i = 0; i < x->n; i++) {
		u64 carry = 0;

		for (u32 j = 0; j < x->n; j++) {
			const u128 sum =
				(u128)x->limbs[i] * x->limbs[j] + product.limbs[i + j] + carry;

			product.limbs[i + j] = (u64)sum;
			carry = (u64)(sum >> 64);
		}
		product.limbs[i + x->n] = carry;
	}
	while (product.n && !product.limbs[product.n - 1])
		product.n--;
	*x = product;
}

static void big__shift(struct big *x, u32 bits)
{
	const u32 limbs = bits / 64, rest = bits % 64;
	struct big shifted = {.n = x->n + limbs + 1};

	assert_true(shifted.n <= LIMBS);
	for (u32 i = 0; i < x->n; i++) {
		const u128 wide = (u128)x->limbs[i] << rest;

		shifted.limbs[i + limbs] |= (u64)wide;
		shifted.limbs[i + limbs + 1] |= (u64)(wide >> 64);
	}
	while (shifted.n && !shifted.limbs[shifted.n - 1])
		shifted.n--;
	*x = shifted;
}

/* x^(2^times). */
static void big__set_power(struct big *ret, u64 x, u32 times)
{
	*ret = (struct big){.n = x != 0, .limbs = {x}};
	for (u32 i = 0; i < times; i++)
		big__square(ret);
}

static bool big__at_most(const struct big *a, const struct big *b)
{
	if (a->n != b->n)
		return a->n < b->n;
	for (u32 i = a->n; i-- > 0;)
		if (a->limbs[i] != b->limbs[i])
			return a->limbs[i] < b->limbs[i];
	return true;
}

/* Whether the integer is at most base * 2^(i / 2^schema). */
static bool is_at_most_bound(u64 n, u32 base, s32 schema, s32 i)
{
	static struct big left, right;
	const u32 root = schema > 0 ? (u32)schema : 0;

	if (schema < 0)
		i *= 1 << -schema;
	big__set_power(&left, n, root);
	big__set_power(&right, base, root);
	big__shift(i < 0 ? &left : &right, (u32)abs(i));
	return big__at_most(&left, &right);
}

/* The schema's bounds by number, against the row: each is its next one, or else below min or one
 * whose integer the row has already; and the row ends where it should. */
static void check_row(const struct native_row *row)
{
	static u64 bounds[EVERY_BOUND];
	const u32 n = bounds_native(row, NULL);
	const s32 octave = 1 << MAX(row->schema, 0);
	s32 i = -32 * octave;

	assert_true(n <= EVERY_BOUND);
	assert_int_equal(bounds_native(row, bounds), n);
	for (u32 at = 0; at < n; i++) {
		const bool is_next = is_at_most_bound(bounds[at], row->base, row->schema, i);
		const u64 above = is_next ? bounds[at] + 1 : at > 0 ? bounds[at - 1] + 1 : row->min;

		assert_true(i <= HIGHEST * octave);
		if (above && is_at_most_bound(above, row->base, row->schema, i))
			fail_msg("schema %d: bound %d is %llu at least, not %llu", row->schema, i,
				 above, above - 1);
		assert_true(at == 0 || bounds[at] > bounds[at - 1]);
		at += is_next;
	}
	if (n > 0 && bounds[n - 1] >= row->max)
		assert_true(n == 1 || bounds[n - 2] < row->max);
	else /* the next one takes more than 64 bits */
		assert_true(is_at_most_bound(U64_LARGEST, row->base, row->schema, i));
}

static void each_bound_is_the_largest_integer_below(void **state)
{
	static const u32 bases[] = {1, NS};

	(void)state;
	for (size_t b = 0; b < ARRAY_SIZE(bases); b++)
		for (s32 schema = NATIVE_SCHEMA_MIN; schema <= NATIVE_SCHEMA_MAX; schema++)
			check_row(&(struct native_row){schema, bases[b], 1, U64_LARGEST});
}

static void rows_start_and_end_at_the_first_that_reaches(void **state)
{
	static const struct native_row rows[] = {
		{3, NS, 1000, 64000000000}, /* the default for times */
		{3, 1, 1, 1 << 30},	    /* and for sizes */
		{0, NS, NS, NS},
		{0, NS, NS + 1, NS + 1},
		{0, NS, NS - 1, NS + 1},
		{8, NS, 999999999, 1000000001},
		{-4, NS, 1, 1},
		{4, 1, 11, 11},
		{4, 1, 12, 12},
		{2, 1, 1ULL << 63, U64_LARGEST},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check_row(&rows[i]);
}

/* Known figures: 2^(1/2) s, 1 s, 2^-9 s, which is a whole number of ns, and 2^-10 s, which is none.
 */
static void well_known_bounds(void **state)
{
	static const struct {
		s32 schema;
		u32 base;
		u64 min;
		u64 bound;
	} cases[] = {
		{1, NS, 1000000001, 1414213562},
		{3, NS, 1000000001, 1090507732},
		{8, NS, 1000000001, 1002711275},
		{3, NS, 1000000000, 1000000000},
		{0, NS, 1900000, 1953125},
		{0, NS, 900000, 976562},
		{-1, NS, 1000000001, 4000000000},
		{-4, NS, 1, 15258},
		{2, 1, 2, 2},
		{2, 1, 3, 3},
		{3, 1, 1000000, 1048576},
		{3, 1, 1048577, 1143480},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct native_row row = {cases[i].schema, cases[i].base, cases[i].min,
					       cases[i].min};
		u64 bound = 0;

		assert_int_equal(bounds_native(&row, &bound), 1);
		assert_int_equal(bound, cases[i].bound);
	}
}

/* A value is in the bucket of the first bound that it is not above, by the definition itself. */
static void each_bound_has_its_own_value_and_not_the_next(void **state)
{
	static u64 bounds[EVERY_BOUND];
	const struct native_row row = {3, NS, 1000, 64000000000};
	const u32 n = bounds_native(&row, bounds);

	(void)state;
	assert_int_equal(n, 208);
	/* From 2^(-159/8) s on, one after the other: none of them shares an integer. */
	for (u32 b = 0; b < n; b++) {
		const s32 i = (s32)b - 159;

		for (u64 value = bounds[b] - 1; value <= bounds[b] + 1; value++) {
			const u32 bucket = bounds_bucket(bounds, n, value);

			assert_true(bucket == n ||
				    is_at_most_bound(value, NS, 3, i + (s32)(bucket - b)));
			assert_true(bucket == 0 ||
				    !is_at_most_bound(value, NS, 3, i + (s32)(bucket - b) - 1));
		}
	}
}

/* So a histogram can be made coarser later, as Prometheus does with native ones. */
static void a_schema_has_every_second_bound_of_the_next(void **state)
{
	static u64 fine[EVERY_BOUND], coarse[EVERY_BOUND];

	(void)state;
	for (s32 schema = NATIVE_SCHEMA_MIN; schema < NATIVE_SCHEMA_MAX; schema++) {
		const u32 n =
			bounds_native(&(struct native_row){schema + 1, NS, 1, U64_LARGEST}, fine);
		const u32 m =
			bounds_native(&(struct native_row){schema, NS, 1, U64_LARGEST}, coarse);

		for (u32 i = 0; i < m; i++) {
			const u32 bucket = bounds_bucket(fine, n, coarse[i]);

			assert_true(bucket < n && fine[bucket] == coarse[i]);
		}
	}
}

static void a_row_may_be_empty(void **state)
{
	(void)state;
	assert_int_equal(
		bounds_native(&(struct native_row){0, 1, (1ULL << 63) + 1, U64_LARGEST}, NULL), 0);
	assert_int_equal(
		bounds_native(&(struct native_row){-4, NS, U64_LARGEST, U64_LARGEST}, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_bound_is_the_largest_integer_below),
		cmocka_unit_test(rows_start_and_end_at_the_first_that_reaches),
		cmocka_unit_test(well_known_bounds),
		cmocka_unit_test(each_bound_has_its_own_value_and_not_the_next),
		cmocka_unit_test(a_schema_has_every_second_bound_of_the_next),
		cmocka_unit_test(a_row_may_be_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
