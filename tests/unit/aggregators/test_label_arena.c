/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/aggregators/agg_test.h"

#include <stdio.h>

#include "aggregators/label_arena.h"
#include "tests/unit/aggregators/failing_alloc.h"
#include "tests/unit/aggregators/random.h"

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
	/* sizes are a quarter apart, and a chunk of 16 KiB may have just been begun */
	assert_in_range(a.nbytes, used, used + used / 4 + 16384);
	label_arena__fini(&a);
}

/* Sets come and go, of all lengths; those that are there keep their texts. */
static void what_is_given_back_is_used_again(void **state)
{
	enum { LIVE = 200, STEPS = 100000 };
	static const struct labels *sets[LIVE];
	static char want[LIVE][LABELS_MAX_BYTES];
	struct label_arena a = {0};
	struct label_builder b;
	u64 rng = any_seed();

	(void)state;
	memset(sets, 0, sizeof(sets));
	for (u32 i = 0; i < STEPS; i++) {
		const u32 at = (u32)(random_u64(&rng) % LIVE);
		const size_t len = (size_t)(random_u64(&rng) % (i < STEPS / 2 ? 4000 : 100));

		if (sets[at]) {
			assert_int_equal(sets[at]->nbytes, strlen(want[at]) + 2);
			assert_memory_equal(sets[at]->bytes + 2, want[at], strlen(want[at]));
			label_arena__give_back(&a, sets[at]);
		}
		memset(want[at], 'a' + (int)(i % 26), len);
		want[at][len] = '\0';
		build(&b, 1, (const char *[]){want[at]});
		sets[at] = label_arena__copy(&a, &b);
	}
	assert_true(a.nbytes < (size_t)7 * LIVE * (sizeof(struct labels) + LABELS_MAX_BYTES));
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
		cmocka_unit_test(what_is_given_back_is_used_again),
		cmocka_unit_test(out_of_memory_is_no_copy_and_passes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
