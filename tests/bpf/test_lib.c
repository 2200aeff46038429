/* SPDX-License-Identifier: Apache-2.0 */
/* The branchless parts of bpf/lib in the kernel, beside plain C: at all seams, and at random. */
#include "tests/bpf/test_emit.h"
#include "tests/bpf/ut_lib.h"
#include "tests/unit/pipeline/bound_sets.h"

#define OBJECT BPF_OBJECTS_DIR "/ut_lib.bpf.o"

static u64 seed = 20261122;

enum { LOG_BYTES = 1 << 20, LOG_STATISTICS = 4 };

static char verifier_log[LOG_BYTES];

static struct bpf_object *open_for(const char *program)
{
	struct bpf_object *object = bpf_object__open(OBJECT);
	struct bpf_program *p;

	assert_non_null(object);
	switch_programs_off(object);
	switch_on(object, program);
	p = bpf_object__find_program_by_name(object, program);
	bpf_program__set_log_level(p, LOG_STATISTICS);
	bpf_program__set_log_buf(p, verifier_log, sizeof(verifier_log));
	return object;
}

/* 0, the largest, and for all k 2^k - 1, 2^k and 2^k + 1. */
static u32 all_seams(u64 ret_seams[SEAMS_MAX])
{
	static const struct bound_set none;

	return bound_set__seams(&none, ret_seams);
}

/* --- comparisons --- */

struct compared {
	u64 *a, *b, *at_most, *is_zero, *bit_length;
};

static void compare_pairs(const struct bpf_object *object, const struct compared *c, u32 n)
{
	call(object, "ut_compare");
	for (u32 i = 0; i < n; i++) {
		if (c->at_most[i] != (c->a[i] <= c->b[i]))
			fail_msg("at_most(%#llx, %#llx) is %llu", c->a[i], c->b[i], c->at_most[i]);
		if (c->is_zero[i] != !c->a[i])
			fail_msg("is_zero(%#llx) is %llu", c->a[i], c->is_zero[i]);
		if (c->bit_length[i] != model_bit_length(c->a[i]))
			fail_msg("bit_length(%#llx) is %llu", c->a[i], c->bit_length[i]);
	}
}

static void comparisons_are_those_of_c(void **state)
{
	struct bpf_object *object = open_for("ut_compare");
	const size_t bytes = UT_PAIRS * sizeof(u64);
	u64 seams[SEAMS_MAX];
	u32 nseams = all_seams(seams), n = 0;
	struct compared c;

	(void)state;
	assert_int_equal(bpf_object__load(object), 0);
	c = (struct compared){global(object, "ut_a", bytes), global(object, "ut_b", bytes),
			      global(object, "ut_at_most", bytes),
			      global(object, "ut_is_zero", bytes),
			      global(object, "ut_bit_length", bytes)};
	for (u32 i = 0; i < nseams * nseams; i++) {
		c.a[n] = seams[i / nseams];
		c.b[n++] = seams[i % nseams];
		if (n == UT_PAIRS || i + 1 == nseams * nseams) {
			compare_pairs(object, &c, n);
			n = 0;
		}
	}
	for (u32 round = 0; round < 100; round++) {
		for (u32 i = 0; i < UT_PAIRS; i++) {
			c.a[i] = model_random_any(&seed);
			c.b[i] = i % 8 ? model_random_any(&seed) : c.a[i];
		}
		compare_pairs(object, &c, UT_PAIRS);
	}
	bpf_object__close(object);
}

/* --- buckets --- */

static struct bpf_object *load_table(const struct bound_set *set)
{
	u64 steps = bucket_table_steps(set->bounds, set->n);
	u64 slots = bucket_table_slots(set->bounds, set->n);
	struct bpf_object *object = open_for("ut_find");
	struct bpf_map *map = bpf_object__find_map_by_name(object, "ut_table");
	struct wire_buckets *table = calloc(1, bucket_table_bytes((u32)slots));
	u32 zero = 0;

	assert_non_null(table);
	set_knob(object, "ut_slots", &slots, sizeof(slots));
	set_knob(object, "ut_steps", &steps, sizeof(steps));
	assert_int_equal(bpf_map__set_value_size(map, (u32)bucket_table_bytes((u32)slots)), 0);
	if (bpf_object__load(object))
		fail_msg("%s: refused: %s", set->what, verifier_log);
	bucket_table_fill(table, (u32)slots, set->bounds, set->n);
	assert_int_equal(bpf_map_update_elem(bpf_map__fd(map), &zero, table, BPF_ANY), 0);
	free(table);
	return object;
}

static void find_values(const struct bpf_object *object, const struct bound_set *set,
			const u64 *values, const u64 *buckets, u32 n)
{
	call(object, "ut_find");
	for (u32 i = 0; i < n; i++)
		if (buckets[i] != bounds_bucket(set->bounds, set->n, values[i]))
			fail_msg("%s: %#llx is in bucket %llu, not %u", set->what, values[i],
				 buckets[i], bounds_bucket(set->bounds, set->n, values[i]));
}

static void values_are_found_in_their_buckets(void **state)
{
	static struct bound_set sets[BOUND_SETS];
	u64 seams[SEAMS_MAX];

	(void)state;
	printf("seed %llu\n", seed);
	bound_sets__make(sets, &seed);
	for (u32 s = 0; s < BOUND_SETS; s++) {
		struct bpf_object *object = load_table(&sets[s]);
		u64 *values = global(object, "ut_values", UT_VALUES * sizeof(u64));
		u64 *buckets = global(object, "ut_buckets", UT_VALUES * sizeof(u64));
		u32 nseams = bound_set__seams(&sets[s], seams), n;

		for (u32 from = 0; from < nseams; from += n) {
			n = MIN(nseams - from, (u32)UT_VALUES);
			memcpy(values, seams + from, n * sizeof(u64));
			find_values(object, &sets[s], values, buckets, n);
		}
		for (u32 round = 0; round < 20; round++) {
			for (u32 i = 0; i < UT_VALUES; i++)
				values[i] = model_random_any(&seed);
			find_values(object, &sets[s], values, buckets, UT_VALUES);
		}
		bpf_object__close(object);
	}
}

/* --- filters --- */

struct decided {
	u64 (*event)[WIRE_WORDS_MAX], (*context)[WIRE_WORDS_MAX];
	u64 *facts, *metrics;
};

static struct bpf_object *load_filter(const struct wire_filter *filter, struct decided *ret)
{
	struct bpf_object *object = open_for("ut_decide");

	set_knob(object, "ut_filter", filter, sizeof(*filter));
	if (bpf_object__load(object))
		fail_msg("a filter of %llu tests and %llu terms is refused: %s", filter->ntests,
			 filter->nterms, verifier_log);
	ret->event = global(object, "ut_event", UT_ROUNDS * sizeof(*ret->event));
	ret->context = global(object, "ut_context", UT_ROUNDS * sizeof(*ret->context));
	ret->facts = global(object, "ut_facts", UT_ROUNDS * sizeof(u64));
	ret->metrics = global(object, "ut_metrics", UT_ROUNDS * sizeof(u64));
	return object;
}

static void decide(const struct bpf_object *object, const struct wire_filter *filter,
		   const struct decided *d)
{
	call(object, "ut_decide");
	for (u32 i = 0; i < UT_ROUNDS; i++) {
		u64 facts = model_facts(filter, d->event[i], d->context[i]);

		if (d->facts[i] != facts)
			fail_msg("facts are %#llx, not %#llx", d->facts[i], facts);
		if (d->metrics[i] != model_metrics(filter, facts))
			fail_msg("metrics are %#llx, not %#llx", d->metrics[i],
				 model_metrics(filter, facts));
	}
}

/* Each op with each seam as its value, for each seam as the word. */
static void tests_hold_at_the_seams_as_in_c(void **state)
{
	u64 seams[SEAMS_MAX];
	u32 nseams = all_seams(seams);

	(void)state;
	for (u32 first = 0; first < 3 * nseams; first += WIRE_FACTS_MAX) {
		struct wire_filter filter = {0};
		struct bpf_object *object;
		struct decided d;

		for (u32 i = first; i < MIN(first + WIRE_FACTS_MAX, 3 * nseams); i++)
			filter.tests[filter.ntests++] =
				(struct wire_test){.word = i % 2 ? 5 : WIRE_CONTEXT_WORD(7),
						   .op = i % 3,
						   .mask = ~0ULL,
						   .value = seams[i / 3],
						   .fact = i - first + 1};
		object = load_filter(&filter, &d);
		for (u32 from = 0; from < nseams; from += UT_ROUNDS) {
			for (u32 i = 0; i < UT_ROUNDS; i++) {
				d.event[i][5] = seams[(from + i) % nseams];
				d.context[i][7] = seams[(from + i) % nseams];
			}
			decide(object, &filter, &d);
		}
		bpf_object__close(object);
	}
}

static u32 below(u32 n)
{
	return (u32)(model_random(&seed) % n);
}

static u64 seam(void)
{
	u64 seams[SEAMS_MAX] = {0};

	return seams[below(all_seams(seams))];
}

/* Any that user space could make: facts have numbers, and terms ask for facts that there are. */
static struct wire_filter random_filter(u32 ntests, u32 nterms)
{
	struct wire_filter filter = {.ntests = ntests, .nterms = nterms};
	u64 facts = 0;

	for (u32 i = 0; i < ntests; i++) {
		struct wire_test *test = &filter.tests[i];
		bool last = i + 1 == ntests;

		*test = (struct wire_test){.word = below(2) ? below(4)
							    : WIRE_CONTEXT_WORD(below(4)),
					   .op = below(3),
					   .mask = below(3) ? ~0ULL : ~0ULL >> 8 * below(8),
					   .value = seam()};
		test->value &= test->mask;
		if (last || below(3))
			test->fact = (facts && below(4) == 0) || facts == WIRE_FACTS_MAX ? facts
											 : ++facts;
	}
	for (u32 i = 0; facts && i < nterms; i++) {
		filter.terms[i].metric = below(WIRE_METRICS_MAX);
		for (u32 n = 1 + below(4); n > 0; n--)
			filter.terms[i].mask |= 1ULL << below((u32)facts);
		filter.terms[i].want = filter.terms[i].mask & model_random(&seed);
	}
	return filter;
}

static void run_filter(const struct wire_filter *filter)
{
	struct decided d;
	struct bpf_object *object = load_filter(filter, &d);

	for (u32 round = 0; round < 20; round++) {
		for (u32 i = 0; i < UT_ROUNDS; i++) {
			for (u32 w = 0; w < 4; w++) {
				d.event[i][w] = below(2) ? seam() : model_random_any(&seed);
				d.context[i][w] = below(2) ? seam() : model_random_any(&seed);
			}
			/* What a test asks for is rare by chance. */
			if (filter->ntests)
				d.event[i][below(4)] =
					filter->tests[below((u32)filter->ntests)].value;
		}
		decide(object, filter, &d);
	}
	bpf_object__close(object);
}

static void random_filters_decide_as_in_c(void **state)
{
	static const struct {
		u32 ntests;
		u32 nterms;
	} sizes[] = {{0, 0}, {1, 1}, {2, 2},   {4, 4},	 {7, 7},
		     {8, 8}, {9, 9}, {16, 10}, {40, 20}, {WIRE_TESTS_MAX, WIRE_TERMS_MAX}};

	(void)state;
	printf("seed %llu\n", seed);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		for (u32 n = 0; n < 4; n++) {
			struct wire_filter filter = random_filter(sizes[i].ntests, sizes[i].nterms);

			run_filter(&filter);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comparisons_are_those_of_c),
		cmocka_unit_test(values_are_found_in_their_buckets),
		cmocka_unit_test(tests_hold_at_the_seams_as_in_c),
		cmocka_unit_test(random_filters_decide_as_in_c),
	};

	if (bpf_is_refused())
		return EXIT_SKIP;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
