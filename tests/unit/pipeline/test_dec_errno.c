/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/pipeline/decoder_test.h"

#include <errno.h>

#include "pipeline/decoders/dec_errno.h"

static void numbers_and_names_stand_for_each_other(void **state)
{
	static const struct {
		u64 word;
		const char *text;
	} cases[] = {
		{0, "0"},
		{1, "EPERM"},
		{5, "EIO"},
		{11, "EAGAIN"},
		{28, "ENOSPC"},
		{32, "EPIPE"},
		{35, "EDEADLK"},
		{52, "EBADE"},
		{61, "ENODATA"},
		{67, "ENOLINK"},
		{84, "EILSEQ"},
		{95, "ENOTSUP"},
		{110, "ETIMEDOUT"},
		{121, "EREMOTEIO"},
		{133, "EHWPOISON"},
		/* without a name */
		{41, "41"},
		{58, "58"},
		{134, "134"},
		{512, "512"},
		{4096, "4096"},
		{4294967301, "4294967301"}, /* 5 in its low 32 bits */
		{(u64)-5, "-5"},
	};
	const struct decoder_env env = {0};
	struct decoder *d = create_decoder(&dec_errno_ops, &env);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_word_is(d, cases[i].word, cases[i].text);
		assert_encodes_to(d, cases[i].text, cases[i].word);
	}
	d->ops->destroy(d);
}

static void every_text_leads_back(void **state)
{
	const struct decoder_env env = {0};
	struct decoder *d = create_decoder(&dec_errno_ops, &env);

	(void)state;
	for (u64 word = 0; word < 600; word++)
		assert_encodes_to(d, decode_words(d, &word, 1).text, word);
	d->ops->destroy(d);
}

static void other_names_and_numbers_lead_back_too(void **state)
{
	static const char *const unknown[] = {"", "eio", "EIO ", "IO", "ENOSUCH", "5x", "E5"};
	const struct decoder_env env = {0};
	struct decoder *d = create_decoder(&dec_errno_ops, &env);

	(void)state;
	assert_encodes_to(d, "5", 5);
	assert_encodes_to(d, "EWOULDBLOCK", 11);
	assert_encodes_to(d, "EDEADLOCK", 35);
	assert_encodes_to(d, "EOPNOTSUPP", 95);
	for (size_t i = 0; i < ARRAY_SIZE(unknown); i++)
		assert_no_word(d, unknown[i], -ENOENT);
	d->ops->destroy(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_and_names_stand_for_each_other),
		cmocka_unit_test(every_text_leads_back),
		cmocka_unit_test(other_names_and_numbers_lead_back_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
