/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/sequence.h"

enum { DRAWN = 200000 };

static int compare(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return (x > y) - (x < y);
}

/* Runs of equal numbers, the longest first; returns how many. */
static size_t count_runs(struct sequence *s, size_t *counts)
{
	size_t n = 0;

	qsort(s->arguments, s->n, sizeof(u64), compare);
	for (size_t i = 0; i < s->n; n++) {
		size_t begin = i;

		while (i < s->n && s->arguments[i] == s->arguments[begin])
			i++;
		counts[n] = i - begin;
	}
	qsort(counts, n, sizeof(size_t), compare);
	return n;
}

static void zipf_draws_the_kth_key_one_kth_as_often(void **state)
{
	static size_t counts[DRAWN];
	struct sequence s;
	size_t n;

	(void)state;
	assert_int_equal(sequence__draw(SEQUENCE_ZIPF, 100, DRAWN, 0, &s), 0);
	n = count_runs(&s, counts);
	assert_int_equal(n, 100);
	/* 1 / H(100) = 0.1928 */
	assert_true(fabs((double)counts[n - 1] / DRAWN - 0.1928) < 0.005);
	assert_true(fabs((double)counts[n - 2] / DRAWN - 0.1928 / 2) < 0.005);
	assert_true(fabs((double)counts[n - 10] / DRAWN - 0.01928) < 0.002);
	sequence__fini(&s);
}

static void uniform_draws_all_alike(void **state)
{
	static size_t counts[DRAWN];
	struct sequence s;
	size_t n;

	(void)state;
	assert_int_equal(sequence__draw(SEQUENCE_UNIFORM, 100, DRAWN, 0, &s), 0);
	n = count_runs(&s, counts);
	assert_int_equal(n, 100);
	assert_in_range(counts[0], 1700, 2000);
	assert_in_range(counts[n - 1], 2000, 2300);
	sequence__fini(&s);
}

/* A full pass: the keys that are drawn are among them. */
static void all_is_each_key_once(void **state)
{
	static size_t counts[DRAWN];
	struct sequence all, drawn;

	(void)state;
	assert_int_equal(sequence__all(1000, &all), 0);
	assert_int_equal(count_runs(&all, counts), 1000); /* sorts */
	assert_int_equal(counts[999], 1);
	assert_int_equal(sequence__draw(SEQUENCE_ZIPF, 1000, DRAWN, 0, &drawn), 0);
	for (size_t i = 0; i < drawn.n; i++)
		assert_non_null(
			bsearch(&drawn.arguments[i], all.arguments, all.n, sizeof(u64), compare));
	sequence__fini(&all);
	sequence__fini(&drawn);
}

static void latencies_lie_between_1_us_and_64_s(void **state)
{
	struct sequence s;
	size_t below_1_ms = 0;

	(void)state;
	assert_int_equal(sequence__draw(SEQUENCE_LATENCIES, 0, DRAWN, 0, &s), 0);
	for (size_t i = 0; i < s.n; i++) {
		assert_in_range(s.arguments[i], 1000, 68000000000);
		below_1_ms += s.arguments[i] < 1024000;
	}
	/* 10 of 26 octaves */
	assert_true(fabs((double)below_1_ms / DRAWN - 10.0 / 26) < 0.01);
	sequence__fini(&s);
}

static void a_seed_always_draws_the_same_and_another_stream_others(void **state)
{
	struct sequence a, b, c;

	(void)state;
	assert_int_equal(sequence__draw(SEQUENCE_UNIFORM, 1000, 100, 0, &a), 0);
	assert_int_equal(sequence__draw(SEQUENCE_UNIFORM, 1000, 100, 0, &b), 0);
	assert_int_equal(sequence__draw(SEQUENCE_UNIFORM, 1000, 100, 1, &c), 0);
	assert_memory_equal(a.arguments, b.arguments, 100 * sizeof(u64));
	assert_memory_not_equal(a.arguments, c.arguments, 100 * sizeof(u64));
	sequence__fini(&a);
	sequence__fini(&b);
	sequence__fini(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(zipf_draws_the_kth_key_one_kth_as_often),
		cmocka_unit_test(uniform_draws_all_alike),
		cmocka_unit_test(all_is_each_key_once),
		cmocka_unit_test(latencies_lie_between_1_us_and_64_s),
		cmocka_unit_test(a_seed_always_draws_the_same_and_another_stream_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
