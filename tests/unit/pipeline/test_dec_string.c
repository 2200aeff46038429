/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/pipeline/decoder_test.h"

#include <errno.h>

#include "base/utf8.h"
#include "pipeline/decoders/dec_string.h"

#define R     UTF8_REPLACEMENT
#define TEN   "0123456789"
#define FIFTY TEN TEN TEN TEN TEN

enum { WORDS_MAX = 16 };

/* The array is filled up with NULs to a whole number of words. */
struct string_case {
	const char *bytes;
	u32 words;
	const char *want;
};

static void check(const struct string_case *cases, size_t n)
{
	const struct decoder_env env = {0};
	struct decoder *d = create_decoder(&dec_string_ops, &env);

	for (size_t i = 0; i < n; i++) {
		u64 words[WORDS_MAX] = {0};

		memcpy(words, cases[i].bytes, strlen(cases[i].bytes));
		const struct decoded answer = decode_words(d, words, cases[i].words);

		assert_string_equal(answer.text, cases[i].want);
		assert_false(answer.error);
		assert_false(answer.provisional);
	}
	d->ops->destroy(d);
}

static void text_ends_at_the_first_nul_or_the_end_of_the_array(void **state)
{
	static const struct string_case cases[] = {
		{"", 1, ""},
		{"nginx", 2, "nginx"},
		{"kworker/0:1-eve", 2, "kworker/0:1-eve"},
		{"sixteen bytes ok", 2, "sixteen bytes ok"},
		{"sixteen bytes ok", 1, "sixteen "},
		{"", 0, ""},
	};

	(void)state;
	check(cases, ARRAY_SIZE(cases));
}

static void bytes_after_the_nul_do_not_count(void **state)
{
	const struct decoder_env env = {0};
	struct decoder *d = create_decoder(&dec_string_ops, &env);
	u64 words[2];

	(void)state;
	memcpy(words,
	       "bash\0\xff"
	       "garbage..",
	       sizeof(words));
	assert_string_equal(decode_words(d, words, ARRAY_SIZE(words)).text, "bash");
	d->ops->destroy(d);
}

static void bytes_that_are_not_utf8_are_replaced(void **state)
{
	static const struct string_case cases[] = {
		{"caf\xc3\xa9", 1, "caf\xc3\xa9"},
		{"caf\xe9", 1, "caf" R},
		{"\xf0\x9f\x98", 1, R},
		{"seven__\xc3\xa9", 1, "seven__" R},
	};

	(void)state;
	check(cases, ARRAY_SIZE(cases));
}

static void more_than_64_bytes_of_text_end_in_dots(void **state)
{
	static const struct string_case cases[] = {
		{FIFTY TEN "abcd", 8, FIFTY TEN "abcd"},
		{FIFTY TEN "abcde", 9, FIFTY TEN "a..."},
		{FIFTY FIFTY TEN TEN "abcdefgh", WORDS_MAX, FIFTY TEN "0..."},
		{FIFTY TEN "\xc3\xa9"
			   "cde",
		 9, FIFTY TEN "..."},
		{FIFTY TEN "a\xff"
			   "b",
		 8, FIFTY TEN "a..."},
		{FIFTY TEN "a\xff", 8, FIFTY TEN "a" R},
	};

	(void)state;
	check(cases, ARRAY_SIZE(cases));
}

static void texts_are_not_words(void **state)
{
	const struct decoder_env env = {0};
	struct decoder *d = create_decoder(&dec_string_ops, &env);

	(void)state;
	assert_no_word(d, "nginx", -ENOTSUP);
	d->ops->destroy(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_ends_at_the_first_nul_or_the_end_of_the_array),
		cmocka_unit_test(bytes_after_the_nul_do_not_count),
		cmocka_unit_test(bytes_that_are_not_utf8_are_replaced),
		cmocka_unit_test(more_than_64_bytes_of_text_end_in_dots),
		cmocka_unit_test(texts_are_not_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
