/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/aggregators/agg_test.h"

#include "aggregators/family.h"
#include "aggregators/fold.h"
#include "base/util.h"

/* Labels are bits: 1 is the first one. */
static const struct {
	u16 nlabels;
	u16 nfold;
	u16 fold_order[4];
	u32 max_values[4];
	u32 n;
	u16 masks[8];
} cases[] = {
	{.nlabels = 3, .n = 0},
	{.nlabels = 3, .nfold = 1, .fold_order = {1}, .n = 1, .masks = {2}},
	{.nlabels = 3, .nfold = 2, .fold_order = {2, 0}, .n = 2, .masks = {4, 5}},
	/* all of them: that is SERIES_OTHER */
	{.nlabels = 3, .nfold = 3, .fold_order = {2, 0, 1}, .n = 2, .masks = {4, 5}},
	{.nlabels = 3, .max_values = {0, 9, 0}, .n = 1, .masks = {2}},
	{.nlabels = 1, .max_values = {9}, .n = 0},
	{.nlabels = 3, .max_values = {9, 9, 0}, .n = 3, .masks = {1, 2, 3}},
	{.nlabels = 2, .max_values = {9, 9}, .n = 2, .masks = {1, 2}},
	/* the steps come before others that are as long */
	{.nlabels = 4,
	 .nfold = 2,
	 .fold_order = {3, 1},
	 .max_values = {9, 9, 0, 0},
	 .n = 5,
	 .masks = {8, 1, 2, 10, 3}},
};

static void folds_are_steps_and_limited_labels(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct family_limits limits = {
			.fold_order = cases[i].fold_order,
			.nfold = cases[i].nfold,
			.max_values = cases[i].max_values,
		};
		struct folds f;

		folds__init(&f, cases[i].nlabels, &limits);
		assert_int_equal(f.n, cases[i].n);
		for (u32 j = 0; j < f.n; j++)
			assert_int_equal(f.masks[j], cases[i].masks[j]);
	}
}

static void labels_fold_into_the_smallest_fold_that_has_them(void **state)
{
	const u16 order[] = {0, 1};
	const u32 max_values[] = {9, 0, 9, 0};
	const struct family_limits limits = {
		.fold_order = order, .nfold = 2, .max_values = max_values};
	struct folds f;

	(void)state;
	folds__init(&f, 4, &limits); /* 1, 4, 3, 5 */
	assert_int_equal(folds__widen(&f, 1), 1);
	assert_int_equal(folds__widen(&f, 4), 4);
	assert_int_equal(folds__widen(&f, 5), 5);
	assert_true(folds__widens(&f, 2, 1));
	assert_false(folds__widens(&f, 0, 1));
	assert_false(folds__widens(&f, 1, 1));
	folds__init(&f, 1, &(struct family_limits){.max_values = max_values});
	assert_int_equal(folds__widen(&f, 1), f.all);
}

static void folded_texts_are_special(void **state)
{
	struct label_builder b, folded;
	u16 pos = 0;
	const char *text = "";
	size_t len = 0;

	(void)state;
	build(&b, 3, (const char *[]){"a", "__other__", ""});
	label_builder__fold(&folded, &b, 5);
	assert_int_equal(folded.n, 3);
	assert_true(label_builder__next(&folded, &pos, &text, &len));
	assert_memory_equal(text, "__other__", len);
	assert_true(label_builder__next(&folded, &pos, &text, &len));
	assert_int_equal(len, strlen("___other__"));
	assert_memory_equal(text, "___other__", len);
	assert_true(label_builder__next(&folded, &pos, &text, &len));
	assert_memory_equal(text, "__other__", len);
	assert_false(label_builder__next(&folded, &pos, &text, &len));
}

/* The longest set there can be, all its short texts folded. */
static void every_label_set_can_fold(void **state)
{
	static char text[LABELS_MAX_BYTES];
	struct label_builder b, folded;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	label_builder__reset(&b);
	label_builder__append(&b, text, strlen(text));
	for (int i = 1; i < LABELS_MAX; i++)
		label_builder__append(&b, "", 0);
	label_builder__fold(&folded, &b, 0xfffe);
	assert_int_equal(folded.n, LABELS_MAX);
	assert_int_equal(folded.nbytes, b.nbytes + (LABELS_MAX - 1) * strlen("__other__"));
	assert_true(folded.nbytes <= sizeof(folded.bytes));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(folds_are_steps_and_limited_labels),
		cmocka_unit_test(labels_fold_into_the_smallest_fold_that_has_them),
		cmocka_unit_test(folded_texts_are_special),
		cmocka_unit_test(every_label_set_can_fold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
