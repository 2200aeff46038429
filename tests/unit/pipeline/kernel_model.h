/* SPDX-License-Identifier: Apache-2.0 */
/* What bpf/wire.h says the kernel decides, in plain C: for tests of what user space makes of it,
 * and of the programs themselves. */
#ifndef RINGTALLY_TESTS_KERNEL_MODEL_H
#define RINGTALLY_TESTS_KERNEL_MODEL_H

#include "base/types.h"
#include "bpf/wire.h"

static inline u32 model_bit_length(u64 x)
{
	u32 n = 0;

	for (; x; x >>= 1)
		n++;
	return n;
}

/* Step by step what bpf/lib/bucket.bpf.h does. Where it looks goes to *ret_last, for checks of how
 * large a table must be. */
static inline u64 model_bucket(const struct wire_buckets *table, u64 value, u64 steps,
			       u64 *ret_last)
{
	u64 at = table->first[model_bit_length(value ? value - 1 : 0)];

	*ret_last = 0;
	for (u64 step = 0; step < steps; step++) {
		u64 half = 1ULL << (steps - 1 - step);
		u64 probe = at + half - 1;

		if (probe > *ret_last)
			*ret_last = probe;
		if (table->bounds[probe] < value)
			at += half;
	}
	return at;
}

static inline bool model_test(const struct wire_test *test, u64 word)
{
	u64 masked = word & test->mask;

	switch ((enum wire_op)test->op) {
	case WIRE_OP_EQUAL:
		return masked == test->value;
	case WIRE_OP_AT_MOST:
		return masked <= test->value;
	case WIRE_OP_AT_MOST_SIGNED:
		return (s64)masked <= (s64)test->value;
	}
	return false;
}

static inline u64 model_facts(const struct wire_filter *filter, const u64 *event,
			      const u64 *context)
{
	bool row = true;
	u64 facts = 0;

	for (u64 i = 0; i < filter->ntests; i++) {
		const struct wire_test *test = &filter->tests[i];
		u64 word = test->word < WIRE_WORDS_MAX ? event[test->word]
						       : context[test->word - WIRE_WORDS_MAX];

		row = model_test(test, word) && row;
		if (test->fact && row)
			facts |= 1ULL << (test->fact - 1);
		row = row || test->fact;
	}
	return facts;
}

static inline u64 model_metrics(const struct wire_filter *filter, u64 facts)
{
	u64 bits = 0;

	for (u64 i = 0; i < filter->nterms; i++)
		if ((facts & filter->terms[i].mask) == filter->terms[i].want)
			bits |= WIRE_BITS_METRIC(filter->terms[i].metric);
	return bits;
}

/* The same numbers in every run of a seed. */
static inline u64 model_random(u64 *seed)
{
	u64 x = *seed ? *seed : 0x9e3779b97f4a7c15;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	*seed = x;
	return x;
}

/* A random number with any number of bits: plain ones have nearly always 60 and more. */
static inline u64 model_random_any(u64 *seed)
{
	u64 x = model_random(seed);

	return x >> (model_random(seed) % 64);
}

#endif
