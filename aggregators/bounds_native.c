/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The finest schema has 256 bounds to an octave; each coarser one takes every so many of them. A
 * bound is base * 2^octave * 2^(step / 256), and the last factor a product of some of the roots
 * 2^(1/2), 2^(1/4) ... 2^(1/256). They are fixed-point numbers of 126 fractional bits: what
 * rounding does to a bound is below 2^-57, and none that is not a whole number is nearer than that
 * to one (the test goes through all of them). Whole ones are powers of two times the base: exact.
 */
#include "aggregators/bounds_native.h"

enum { STEPS = 1 << NATIVE_SCHEMA_MAX, FRACTION = 126, SPARE = 32 };

/* Below every bound that is 1 or more of the field's unit; a multiple of every stride. */
enum { LOWEST = -32 * STEPS };

static const u128 one = (u128)1 << FRACTION;

/* The product, rounded down; it must be below 4. */
static u128 times(u128 a, u128 b)
{
	const u128 low = (u128)(u64)a * (u64)b;
	const u128 cross_a = (a >> 64) * (u64)b;
	const u128 cross_b = (u64)a * (b >> 64);
	const u128 middle = (low >> 64) + (u64)cross_a + (u64)cross_b;
	const u128 high =
		(a >> 64) * (b >> 64) + (cross_a >> 64) + (cross_b >> 64) + (middle >> 64);

	return high << (128 - FRACTION) | (u64)middle >> (FRACTION - 64);
}

static u128 square_root(u128 x)
{
	u128 root = 0;

	for (u128 bit = one; bit; bit >>= 1)
		if (times(root | bit, root | bit) <= x)
			root |= bit;
	return root;
}

/* 2^(2^i / 256) by i. */
static void make_roots(u128 ret_roots[NATIVE_SCHEMA_MAX])
{
	u128 root = 2 * one;

	for (u32 i = NATIVE_SCHEMA_MAX; i-- > 0;) {
		root = square_root(root);
		ret_roots[i] = root;
	}
}

/* 2^(step / 256), for a step below 256. */
static u128 mantissa(const u128 roots[NATIVE_SCHEMA_MAX], u32 step)
{
	u128 product = one;

	for (u32 i = 0; i < NATIVE_SCHEMA_MAX; i++)
		if (step >> i & 1)
			product = times(product, roots[i]);
	return product;
}

/* base * 2^(place / 256), rounded down; for places from LOWEST to 64 octaves. */
static u128 bound_at(const u128 roots[NATIVE_SCHEMA_MAX], u32 base, s32 place)
{
	const u32 step = (u32)place % STEPS;
	const s32 octave = (place - (s32)step) / STEPS;
	const u128 m = mantissa(roots, step);
	/* The lowest bits are cut off, so that there is room for the base. */
	const u128 scaled = (m >> SPARE) * base + ((u64)(u32)m * base >> SPARE);

	return scaled >> (FRACTION - SPARE - octave);
}

u32 bounds_native(const struct native_row *row, u64 *ret_bounds)
{
	const s32 stride = 1 << (NATIVE_SCHEMA_MAX - row->schema);
	u128 roots[NATIVE_SCHEMA_MAX];
	u64 last = 0;
	u32 n = 0;

	make_roots(roots);
	for (s32 place = LOWEST;; place += stride) {
		const u128 bound = bound_at(roots, row->base, place);

		if (bound > U64_LARGEST)
			return n;
		if (bound < row->min || bound == last)
			continue;
		last = (u64)bound;
		if (ret_bounds)
			ret_bounds[n] = last;
		n++;
		if (last >= row->max)
			return n;
	}
}
