/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/aggregators/agg_test.h"

#include <ctype.h>
#include <errno.h>

#include "aggregators/agg.h"
#include "base/err.h"
#include "base/util.h"
#include "tests/unit/aggregators/failing_alloc.h"

enum { ROWS = 4, NBOUNDS = 2 };

static const u64 bounds[NBOUNDS] = {1, 2};
static const struct agg_spec spec = {
	.max_rows = ROWS, .has_value = true, .bounds = bounds, .nbounds = NBOUNDS};

static void every_slot_is_there(void **state)
{
	(void)state;
	assert_true(agg_kinds_count > 0);
	for (size_t i = 0; i < agg_kinds_count; i++) {
		const struct agg_ops *ops = agg_kinds[i];

		assert_non_null(ops);
		assert_non_null(ops->kind);
		assert_non_null(ops->help);
		assert_non_null(ops->create);
		assert_non_null(ops->add);
		assert_non_null(ops->prefetch);
		assert_non_null(ops->weight);
		assert_non_null(ops->clear);
		assert_non_null(ops->copy);
		assert_non_null(ops->footprint);
		assert_non_null(ops->destroy);
	}
}

static void kinds_are_unique_keywords(void **state)
{
	(void)state;
	for (size_t i = 0; i < agg_kinds_count; i++) {
		const char *kind = agg_kinds[i]->kind;

		assert_true(*kind != '\0');
		for (const char *c = kind; *c; c++)
			if (!islower((unsigned char)*c) && !isdigit((unsigned char)*c) && *c != '_')
				fail_msg("kind \"%s\" has a '%c'", kind, *c);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(kind, agg_kinds[j]->kind);
	}
}

static void help_is_one_sentence(void **state)
{
	(void)state;
	for (size_t i = 0; i < agg_kinds_count; i++) {
		const char *help = agg_kinds[i]->help;

		if (strlen(help) < 20 || help[strlen(help) - 1] != '.' || strchr(help, '\n'))
			fail_msg("help of %s is \"%s\"", agg_kinds[i]->kind, help);
	}
}

static void kinds_are_found_by_keyword(void **state)
{
	static const char *const unknown[] = {"", "Counter", "counter ", "count", "no such kind"};

	(void)state;
	for (size_t i = 0; i < agg_kinds_count; i++)
		assert_ptr_equal(agg_kind(agg_kinds[i]->kind), agg_kinds[i]);
	for (size_t i = 0; i < ARRAY_SIZE(unknown); i++)
		assert_null(agg_kind(unknown[i]));
	assert_non_null(agg_kind("counter"));
	assert_non_null(agg_kind("histogram"));
	assert_non_null(agg_kind("topk"));
}

static void of_all_kinds_a_topk_is_ranked(void **state)
{
	(void)state;
	for (size_t i = 0; i < agg_kinds_count; i++)
		assert_int_equal(agg_kinds[i]->ranked, !strcmp(agg_kinds[i]->kind, "topk"));
}

static void every_kind_keeps_the_contract(void **state)
{
	(void)state;
	for (size_t i = 0; i < agg_kinds_count; i++) {
		const struct agg_ops *ops = agg_kinds[i];
		u64 buckets[ROWS * (NBOUNDS + 1)];
		struct err err = {0};
		struct agg *a = NULL;
		u128 sums[ROWS];

		assert_int_equal(ops->create(&spec, &a, &err), 0);
		assert_ptr_equal(a->ops, ops);
		ops->add(a, 1, &(struct agg_delta){.count = 2, .sum = 30, .bucket = 1});
		ops->copy(a, 0, ROWS, &(struct agg_rows){.sums = sums, .buckets = buckets});
		for (u32 row = 0; row < ROWS; row++)
			assert_u128_equal(sums[row], row == 1 ? 30 : 0);
		assert_true(ops->footprint(a, ROWS) > ops->footprint(a, 1));
		ops->destroy(a);
		ops->destroy(NULL);
	}
}

static void every_kind_reports_any_failed_allocation(void **state)
{
	(void)state;
	for (size_t i = 0; i < agg_kinds_count; i++) {
		unsigned int n = 0;
		int code;

		do {
			struct err err = {0};
			struct agg *a = NULL;

			alloc_fails_from(++n);
			code = agg_kinds[i]->create(&spec, &a, &err);
			alloc_works();
			assert_true(code == 0 || code == -ENOMEM);
			assert_int_equal(err.code, code);
			assert_true((a == NULL) == (code != 0));
			agg_kinds[i]->destroy(a);
		} while (code != 0);
		assert_true(n > 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_slot_is_there),
		cmocka_unit_test(kinds_are_unique_keywords),
		cmocka_unit_test(help_is_one_sentence),
		cmocka_unit_test(kinds_are_found_by_keyword),
		cmocka_unit_test(of_all_kinds_a_topk_is_ranked),
		cmocka_unit_test(every_kind_keeps_the_contract),
		cmocka_unit_test(every_kind_reports_any_failed_allocation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
