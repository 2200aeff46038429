/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Layer 2: the bucket of a value, one mechanism for every kind of histogram (struct wire_buckets).
 * No logarithm, no float, no division; clang 14 cannot compile __builtin_clzll for BPF.
 */
#ifndef RINGTALLY_BPF_LIB_BUCKET_H
#define RINGTALLY_BPF_LIB_BUCKET_H

#include "bpf/lib/compare.bpf.h"

/* The number of bounds below the value: bounds are inclusive. `slots` and `steps` are plan
 * constants. The masks never change anything: they are what the verifier wants to see. */
static __always_inline u64 bucket__find(const struct wire_buckets *table, u64 value, u64 slots,
					u64 steps)
{
	u64 octave = bit_length(value - (value != 0));
	u64 at;

	hide(octave);
	at = table->first[octave & (WIRE_OCTAVES - 1)];
	LOOP(step, 0, 10)
	{
		u64 probe, beyond;

		if (step >= steps)
			break;
		probe = at + (1ULL << (steps - 1 - step)) - 1;
		hide(probe);
		/* Hidden, so that it stays 0 or 1: of a mask the verifier would follow both cases.
		 */
		beyond = 1 ^ at_most(value, table->bounds[probe & (slots - 1)]);
		hide(beyond);
		at += beyond << (steps - 1 - step);
	}
	return at;
}

#endif
