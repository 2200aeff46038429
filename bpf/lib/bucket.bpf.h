/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Layer 2: the bucket of a value, one mechanism for every kind of histogram (struct wire_buckets).
 * No logarithm, no float, no division; clang 14 cannot compile __builtin_clzll for BPF.
 */
#ifndef RINGTALLY_BPF_LIB_BUCKET_H
#define RINGTALLY_BPF_LIB_BUCKET_H

#include "bpf/lib/compare.bpf.h"

/* 1 when the value lies beyond the middle of the 2^n bounds from `at` on. Hidden, so that it stays
 * 0 or 1: of a mask the verifier would follow both cases. */
static __always_inline u64 bucket__beyond(const struct wire_buckets *table, u64 value, u64 at,
					  u64 n, u64 slots)
{
	u64 probe = at + (1ULL << n) - 1;
	u64 beyond;

	hide(probe);
	beyond = 1 ^ at_most(value, table->bounds[probe & (slots - 1)]);
	hide(beyond);
	return beyond;
}

/* The number of bounds below the value: bounds are inclusive. `slots` and `steps` are plan
 * constants. The masks never change anything: they are what the verifier wants to see. */
static __always_inline u64 bucket__find(const struct wire_buckets *table, u64 value, u64 slots,
					u64 steps)
{
	u64 octave = bit_length(value - (value != 0));
	u64 at;

	hide(octave);
	at = table->first[octave & (WIRE_OCTAVES - 1)];
#define HALVE(step)          \
	if ((step) >= steps) \
		return at;   \
	at += bucket__beyond(table, value, at, steps - 1 - (step), slots) << (steps - 1 - (step));
	UNROLL_8(HALVE, 0)
	UNROLL_2(HALVE, 8)
#undef HALVE
	return at;
}

#endif
