/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/pipeline/decoder_test.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "pipeline/decoders/dec_signal.h"

static void numbers_and_names_stand_for_each_other(void **state)
{
	static const struct {
		u64 word;
		const char *text;
	} cases[] = {
		{1, "SIGHUP"},
		{6, "SIGABRT"},
		{9, "SIGKILL"},
		{11, "SIGSEGV"},
		{15, "SIGTERM"},
		{16, "SIGSTKFLT"},
		{17, "SIGCHLD"},
		{29, "SIGIO"},
		{31, "SIGSYS"},
		{34, "SIGRTMIN"},
		{35, "SIGRTMIN+1"},
		{49, "SIGRTMIN+15"},
		{63, "SIGRTMIN+29"},
		{64, "SIGRTMAX"},
		/* without a name */
		{0, "0"},
		{32, "32"},
		{33, "33"},
		{65, "65"},
		{127, "127"},
		{4294967305, "4294967305"}, /* 9 in its low 32 bits */
		{(u64)-9, "-9"},
	};
	const struct decoder_env env = {0};
	struct decoder *d = create_decoder(&dec_signal_ops, &env);

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
	struct decoder *d = create_decoder(&dec_signal_ops, &env);

	(void)state;
	for (u64 word = 0; word < 130; word++)
		assert_encodes_to(d, decode_words(d, &word, 1).text, word);
	d->ops->destroy(d);
}

static void other_names_and_numbers_lead_back_too(void **state)
{
	static const char *const unknown[] = {"",	 "sigkill", "SIGKILL ",	  "KILL",
					      "SIGNONE", "9x",	    "SIGRTMIN+0", "SIGRTMIN+30"};
	const struct decoder_env env = {0};
	struct decoder *d = create_decoder(&dec_signal_ops, &env);

	(void)state;
	assert_encodes_to(d, "9", 9);
	assert_encodes_to(d, "SIGIOT", 6);
	assert_encodes_to(d, "SIGCLD", 17);
	assert_encodes_to(d, "SIGPOLL", 29);
	for (size_t i = 0; i < ARRAY_SIZE(unknown); i++)
		assert_no_word(d, unknown[i], -ENOENT);
	d->ops->destroy(d);
}

/* A libc of another kind would number them otherwise. */
static void names_are_those_of_libc(void **state)
{
	const struct decoder_env env = {0};
	struct decoder *d = create_decoder(&dec_signal_ops, &env);

	(void)state;
	for (int number = 1; number < SIGRTMIN; number++) {
		const char *name = sigabbrev_np(number);
		char text[32];

		if (!name)
			continue;
		snprintf(text, sizeof(text), "SIG%s", name);
		assert_encodes_to(d, text, (u64)number);
	}
	assert_encodes_to(d, "SIGRTMIN", (u64)SIGRTMIN);
	assert_encodes_to(d, "SIGRTMAX", (u64)SIGRTMAX);
	d->ops->destroy(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_and_names_stand_for_each_other),
		cmocka_unit_test(every_text_leads_back),
		cmocka_unit_test(other_names_and_numbers_lead_back_too),
		cmocka_unit_test(names_are_those_of_libc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
