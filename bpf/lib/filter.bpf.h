/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Layer 2: which metrics accept an event. Tests, facts and terms are as struct wire_filter says.
 * What a config does not use the verifier drops, down to nothing when no metric has a `where`; what
 * is left runs without jumps that depend on data.
 */
#ifndef RINGTALLY_BPF_LIB_FILTER_H
#define RINGTALLY_BPF_LIB_FILTER_H

#include "bpf/lib/compare.bpf.h"

/* 1 when the test holds. Its op is known to the verifier, so just one of the comparisons is left.
 */
static __always_inline u64 filter__test(const volatile struct wire_test *test, u64 word)
{
	u64 masked = word & test->mask;
	u64 op = test->op;

	if (op == WIRE_OP_EQUAL)
		return is_zero(masked ^ test->value);
	if (op == WIRE_OP_AT_MOST)
		return at_most(masked, test->value);
	return at_most(masked ^ 1ULL << 63, test->value ^ 1ULL << 63);
}

static __always_inline u64 filter__word(u64 number, const u64 *event, const u64 *context)
{
	if (number < WIRE_WORDS_MAX)
		return event[number];
	return context[number - WIRE_WORDS_MAX];
}

/* What the tests so far have shown. */
struct findings {
	u64 facts;
	u64 row; /* 1 while all tests of this row held */
};

static __always_inline void filter__step(struct findings *f, const volatile struct wire_test *test,
					 const u64 *event, const u64 *context)
{
	u64 fact = test->fact;

	f->row &= filter__test(test, filter__word(test->word, event, context));
	hide(f->row);
	if (fact) {
		f->facts |= f->row << (fact - 1);
		f->row = 1;
	}
}

/* The first tests stand in a row, so that the verifier makes each what the plan says; what long
 * lists have more is a loop. */
static __always_inline u64 filter__facts(const volatile struct wire_filter *filter, u64 n,
					 const u64 *event, const u64 *context)
{
	struct findings f = {.row = 1};

	hide(event);
	hide(context);
#define FACT(i)                 \
	if ((i) >= n)           \
		return f.facts; \
	filter__step(&f, &filter->tests[i], event, context);
	UNROLL_8(FACT, 0)
#undef FACT
	LOOP(i, 8, WIRE_TESTS_MAX)
	{
		if (i >= n)
			break;
		filter__step(&f, &filter->tests[i], event, context);
	}
	return f.facts;
}

/* The bits of the metrics that have a `where` and accept these facts. */
static __always_inline u64 filter__metrics(const volatile struct wire_filter *filter, u64 facts)
{
	u64 n = filter->nterms;
	u64 bits = 0;

#define TERM(i)                                                                  \
	if ((i) >= n)                                                            \
		return bits;                                                     \
	bits |= is_zero((facts & filter->terms[i].mask) ^ filter->terms[i].want) \
		<< filter->terms[i].metric;
	UNROLL_8(TERM, 0)
#undef TERM
	LOOP(i, 8, WIRE_TERMS_MAX)
	{
		const volatile struct wire_term *term = &filter->terms[i];

		if (i >= n)
			break;
		bits |= is_zero((facts & term->mask) ^ term->want) << term->metric;
	}
	return bits;
}

/*
 * The most frequent filter: one metric, whose `where` is one test or its negation. Whether the
 * event goes on is what the test says, so here a jump costs nothing that would not be paid anyway.
 */
static __always_inline u64 filter__single(const volatile struct wire_filter *filter,
					  const u64 *event, const u64 *context)
{
	const volatile struct wire_test *test = &filter->tests[0];
	const volatile struct wire_term *term = &filter->terms[0];
	u64 op = test->op;
	u64 word;
	bool holds;

	hide(event);
	hide(context);
	word = filter__word(test->word, event, context) & test->mask;
	if (op == WIRE_OP_EQUAL)
		holds = word == test->value;
	else if (op == WIRE_OP_AT_MOST)
		holds = word <= test->value;
	else
		holds = (s64)word <= (s64)test->value;
	return holds == (term->want != 0) ? 1ULL << term->metric : 0;
}

/* The bits of the metrics that have a `where` and accept the event. */
static __always_inline u64 filter__accepting(const volatile struct wire_filter *filter, u64 ntests,
					     u64 others, const u64 *event, const u64 *context)
{
	if (ntests == 1 && !others && filter->nterms == 1)
		return filter__single(filter, event, context);
	return filter__metrics(filter, filter__facts(filter, ntests, event, context));
}

#endif
