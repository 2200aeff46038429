/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/pipeline/decoder_test.h"

#include <errno.h>

#include "pipeline/decoders/dec_number.h"

static void words_are_decimal_with_or_without_a_sign(void **state)
{
	static const struct {
		u64 word;
		const char *want_uint;
		const char *want_int;
	} cases[] = {
		{0, "0", "0"},
		{1, "1", "1"},
		{4294967296, "4294967296", "4294967296"},
		{~0ULL >> 1, "9223372036854775807", "9223372036854775807"},
		{1ULL << 63, "9223372036854775808", "-9223372036854775808"},
		{~0ULL, "18446744073709551615", "-1"},
	};
	const struct decoder_env env = {0};
	struct decoder *u = create_decoder(&dec_uint_ops, &env);
	struct decoder *i = create_decoder(&dec_int_ops, &env);

	(void)state;
	for (size_t c = 0; c < ARRAY_SIZE(cases); c++) {
		assert_word_is(u, cases[c].word, cases[c].want_uint);
		assert_word_is(i, cases[c].word, cases[c].want_int);
	}
	u->ops->destroy(u);
	i->ops->destroy(i);
}

static void numbers_are_not_tested_by_name(void **state)
{
	const struct decoder_env env = {0};
	struct decoder *u = create_decoder(&dec_uint_ops, &env);
	struct decoder *i = create_decoder(&dec_int_ops, &env);

	(void)state;
	assert_no_word(u, "5", -ENOTSUP);
	assert_no_word(i, "-5", -ENOTSUP);
	u->ops->destroy(u);
	i->ops->destroy(i);
}

static void decimals_lead_back_to_the_words_that_int_shows_so(void **state)
{
	static const struct {
		const char *text;
		int want;
		u64 want_word;
	} cases[] = {
		{"0", 0, 0},
		{"5", 0, 5},
		{"-1", 0, ~0ULL},
		{"9223372036854775807", 0, ~0ULL >> 1},
		{"-9223372036854775808", 0, 1ULL << 63},
		{"9223372036854775808", -ENOENT, 0},
		{"-9223372036854775809", -ENOENT, 0},
		{"", -ENOENT, 0},
		{"-", -ENOENT, 0},
		{"+5", -ENOENT, 0},
		{" 5", -ENOENT, 0},
		{"5 ", -ENOENT, 0},
		{"--5", -ENOENT, 0},
		{"0x5", -ENOENT, 0},
		{"5s", -ENOENT, 0},
		{"five", -ENOENT, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		u64 word = 0;

		if (decimal_encode(cases[i].text, &word) != cases[i].want)
			fail_msg("\"%s\": not %d", cases[i].text, cases[i].want);
		assert_int_equal(word, cases[i].want_word);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_decimal_with_or_without_a_sign),
		cmocka_unit_test(numbers_are_not_tested_by_name),
		cmocka_unit_test(decimals_lead_back_to_the_words_that_int_shows_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
