/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/aggregators/agg_test.h"

#include <stdio.h>

#include "aggregators/label_arena.h"
#include "tests/unit/aggregators/failing_alloc.h"

enum { SETS = 5000 };

static void build_numbered(struct label_builder *b, int i)
{
	char text[32];

	snprintf(text, sizeof(text), "%0*d", 1 + i % 20, i);
	build(b, 1, (const char *[]){text});
}

static void copies_stay_where_they_are(void **state)
{
	static const struct labels *sets[SETS];
	struct label_arena a = {0};
	struct label_builder b;

	(void)state;
	for (int i = 0; i < SETS; i++) {
		build_numbered(&b, i);
		sets[i] = label_arena__copy(&a, &b);
	}
	for (int i = 0; i < SETS; i++) {
		build_numbered(&b, i);
		assert_int_equal(sets[i]->n, 1);
		assert_int_equal(sets[i]->nbytes, b.nbytes);
		assert_memory_equal(sets[i]->bytes, b.bytes, b.nbytes);
	}
	label_arena__fini(&a);
}

static void memory_is_accounted_for(void **state)
{
	struct label_arena a = {0};
	struct label_builder b;
	size_t used = 0;

	(void)state;
	assert_int_equal(a.nbytes, 0);
	for (int i = 0; i < SETS; i++) {
		build_numbered(&b, i);
		label_arena__copy(&a, &b);
		used += sizeof(struct labels) + b.nbytes;
	}
	/* a chunk of 16 KiB may have just been begun */
	assert_in_range(a.nbytes, used, used + used / 100 + 16384);
	label_arena__fini(&a);
}

static void out_of_memory_is_no_copy_and_passes(void **state)
{
	struct label_arena a = {0};
	struct label_builder b;

	(void)state;
	build_numbered(&b, 1);
	alloc_fails_from(1);
	const struct labels *l = label_arena__copy(&a, &b);
	alloc_works();
	assert_null(l);
	assert_int_equal(a.nbytes, 0);
	assert_non_null(label_arena__copy(&a, &b));
	label_arena__fini(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(copies_stay_where_they_are),
		cmocka_unit_test(memory_is_accounted_for),
		cmocka_unit_test(out_of_memory_is_no_copy_and_passes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
