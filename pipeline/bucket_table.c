/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values are sorted into octaves by the number of bits of v - 1: octave k > 0 holds 2^(k-1) + 1 ..
 * 2^k, octave 0 holds 0 and 1.
 */
#include "pipeline/bucket_table.h"

#include "aggregators/bounds.h"
#include "base/util.h"

enum { OCTAVES = 65 };

/* The smallest value of an octave. */
static u64 octave_first(u32 octave)
{
	return octave == 0 ? 0 : (1ULL << (octave - 1)) + 1;
}

/* The largest; bounds at it need no probe, as no value of the octave is above them. */
static u64 octave_last(u32 octave)
{
	return octave == 64 ? (u64)-1 : 1ULL << octave;
}

static u32 bounds_within(const u64 *bounds, u32 n, u32 octave)
{
	return bounds_bucket(bounds, n, octave_last(octave)) -
	       bounds_bucket(bounds, n, octave_first(octave));
}

u32 bucket_table_steps(const u64 *bounds, u32 n)
{
	u32 most = 0, steps = 0;

	for (u32 octave = 0; octave < OCTAVES; octave++)
		most = MAX(most, bounds_within(bounds, n, octave));
	while ((1U << steps) - 1 < most)
		steps++;
	return steps;
}

u32 bucket_table_slots(const u64 *bounds, u32 n)
{
	u32 needed = n + (1U << bucket_table_steps(bounds, n)), slots = 1;

	while (slots < needed)
		slots *= 2;
	return slots;
}

size_t bucket_table_bytes(u32 slots)
{
	return sizeof(struct wire_buckets) + slots * sizeof(u64);
}

void bucket_table_fill(struct wire_buckets *table, u32 slots, const u64 *bounds, u32 n)
{
	for (u32 octave = 0; octave < OCTAVES; octave++)
		table->first[octave] = (u16)bounds_bucket(bounds, n, octave_first(octave));
	for (u32 i = 0; i < slots; i++)
		table->bounds[i] = i < n ? bounds[i] : (u64)-1;
}
