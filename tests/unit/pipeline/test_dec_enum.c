/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/pipeline/decoder_test.h"

#include <errno.h>

#include "base/utf8.h"
#include "pipeline/decoders/dec_enum.h"

#define TEN   "0123456789"
#define FIFTY TEN TEN TEN TEN TEN

static const struct named_value names[] = {
	{"read", 0},	       {"write", 1},   {"also_write", 1},
	{"negative", (u64)-5}, {"caf\xe9", 7}, {FIFTY FIFTY FIFTY FIFTY FIFTY TEN, 8},
};
static const struct decoder_env env = {.names = names, .nnames = ARRAY_SIZE(names)};

static void values_have_the_names_that_the_object_gives_them(void **state)
{
	static const struct {
		u64 word;
		const char *want;
	} cases[] = {
		{0, "read"},
		{1, "write"},
		{(u64)-5, "negative"},
		{7, "caf" UTF8_REPLACEMENT},
		{8, FIFTY FIFTY FIFTY FIFTY FIFTY "012..."},
		{2, "2"},
		{4294967295, "4294967295"},
		{(u64)-1, "-1"},
	};
	struct decoder *d = create_decoder(&dec_enum_ops, &env);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_word_is(d, cases[i].word, cases[i].want);
	d->ops->destroy(d);
}

static void names_and_numbers_lead_back(void **state)
{
	static const struct {
		const char *text;
		u64 want;
	} cases[] = {
		{"read", 0}, {"write", 1}, {"also_write", 1}, {"negative", (u64)-5},
		{"1", 1},    {"2", 2},	   {"-1", (u64)-1},
	};
	static const char *const unknown[] = {"", "Read", "rea", "read ", "2x"};
	struct decoder *d = create_decoder(&dec_enum_ops, &env);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_encodes_to(d, cases[i].text, cases[i].want);
	for (size_t i = 0; i < ARRAY_SIZE(unknown); i++)
		assert_no_word(d, unknown[i], -ENOENT);
	d->ops->destroy(d);
}

static void each_decoder_has_its_own_names(void **state)
{
	static const struct named_value other_names[] = {{"other", 0}};
	const struct decoder_env other = {.names = other_names, .nnames = 1};
	const struct decoder_env none = {0};
	struct decoder *a = create_decoder(&dec_enum_ops, &env);
	struct decoder *b = create_decoder(&dec_enum_ops, &other);
	struct decoder *c = create_decoder(&dec_enum_ops, &none);

	(void)state;
	assert_word_is(a, 0, "read");
	assert_word_is(b, 0, "other");
	assert_word_is(c, 0, "0");
	assert_no_word(c, "read", -ENOENT);
	a->ops->destroy(a);
	b->ops->destroy(b);
	c->ops->destroy(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_have_the_names_that_the_object_gives_them),
		cmocka_unit_test(names_and_numbers_lead_back),
		cmocka_unit_test(each_decoder_has_its_own_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
