/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Comparisons, buckets and filters of bpf/lib, run by test_lib.c for arrays of values. */
#include "bpf/lib/emit.bpf.h"

#include "tests/bpf/ut_lib.h"

u64 ut_a[UT_PAIRS], ut_b[UT_PAIRS];
u64 ut_at_most[UT_PAIRS], ut_is_zero[UT_PAIRS], ut_bit_length[UT_PAIRS];

SEC("?syscall")
int ut_compare(void *ctx)
{
	LOOP(i, 0, UT_PAIRS)
	{
		ut_at_most[i] = at_most(ut_a[i], ut_b[i]);
		ut_is_zero[i] = is_zero(ut_a[i]);
		ut_bit_length[i] = bit_length(ut_a[i]);
	}
	return 0;
}

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(u32));
	__uint(value_size, sizeof(struct wire_buckets));
} ut_table SEC(".maps");

const volatile u64 ut_slots = 0;
const volatile u64 ut_steps = 0;
u64 ut_values[UT_VALUES], ut_buckets[UT_VALUES];

SEC("?syscall")
int ut_find(void *ctx)
{
	u32 zero = 0;
	const struct wire_buckets *table = bpf_map_lookup_elem(&ut_table, &zero);

	if (!table)
		return 0;
	LOOP(i, 0, UT_VALUES)
	{
		ut_buckets[i] = bucket__find(table, ut_values[i], ut_slots, ut_steps);
	}
	return 0;
}

const volatile struct wire_filter ut_filter = {};
u64 ut_event[UT_ROUNDS][WIRE_WORDS_MAX], ut_context[UT_ROUNDS][WIRE_WORDS_MAX];
u64 ut_facts[UT_ROUNDS], ut_metrics[UT_ROUNDS];

SEC("?syscall")
int ut_decide(void *ctx)
{
	LOOP(i, 0, UT_ROUNDS)
	{
		ut_facts[i] =
			filter__facts(&ut_filter, ut_filter.ntests, ut_event[i], ut_context[i]);
		ut_metrics[i] = filter__accepting(&ut_filter, ut_filter.ntests, 0, ut_event[i],
						  ut_context[i]);
	}
	return 0;
}
