/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Layer 1: comparisons that give 0 or 1 without a jump: jumps on data cost mispredictions when
 * running and double the verifier's paths when loading.
 */
#ifndef RINGTALLY_BPF_LIB_COMPARE_H
#define RINGTALLY_BPF_LIB_COMPARE_H

#include "bpf/lib/core.bpf.h"

/* The highest bit. Hidden, or clang sees through the arithmetic to the comparison it stands for,
 * and makes a jump of it. */
static __always_inline u64 top_bit(u64 x)
{
	hide(x);
	return x >> 63;
}

/* 1 when a <= b, unsigned: the borrow of b - a (Hacker's Delight, 2-13), negated. */
static __always_inline u64 at_most(u64 a, u64 b)
{
	return 1 ^ top_bit((~b & a) | ((~b | a) & (b - a)));
}

static __always_inline u64 is_zero(u64 x)
{
	return 1 ^ top_bit(x | -x);
}

/* 1 when x is above n, both below 2^63. */
static __always_inline u64 above(u64 x, u64 n)
{
	return top_bit(n - x);
}

/* How many bits a byte has. */
__weak const volatile u8 bit_lengths[256] = {
	[1] = 1,	 [2 ... 3] = 2,	  [4 ... 7] = 3,    [8 ... 15] = 4,
	[16 ... 31] = 5, [32 ... 63] = 6, [64 ... 127] = 7, [128 ... 255] = 8,
};

/* How many bits x has: 0 for 0, 64 for 2^63 and more. By halves down to a byte: every step waits
 * for the one before, so the last three are a look at a table. */
static __always_inline u32 bit_length(u64 x)
{
	u64 n = above(x >> 32, 0ULL) << 5, s;

	x >>= n;
	s = above(x, 0xffffULL) << 4;
	n |= s;
	x >>= s;
	s = above(x, 0xffULL) << 3;
	n |= s;
	x >>= s;
	return (u32)n + bit_lengths[x & 0xff];
}

#endif
