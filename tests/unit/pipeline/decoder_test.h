/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of decoders share: cmocka, a decoder's life, its answers. */
#ifndef RINGTALLY_TESTS_DECODER_TEST_H
#define RINGTALLY_TESTS_DECODER_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/util.h"
#include "pipeline/decoders/decoder.h"

static inline struct decoder *create_decoder(const struct decoder_ops *ops,
					     const struct decoder_env *env)
{
	struct err err = {0};
	struct decoder *d = NULL;

	if (ops->create(env, &d, &err) != 0)
		fail_msg("%s: %s", ops->name, err.msg);
	assert_ptr_equal(d->ops, ops);
	return d;
}

/* Decodes into an answer full of garbage, which has to be a whole one after. */
static inline struct decoded decode_words(struct decoder *d, const u64 *words, u32 n)
{
	struct decoded answer;

	memset(&answer, 1, sizeof(answer));
	d->ops->decode(d, words, n, &answer);
	assert_true(answer.len <= DECODED_ROOM);
	assert_int_equal(answer.len, strlen(answer.text));
	return answer;
}

static inline void assert_word_is(struct decoder *d, u64 word, const char *want)
{
	const struct decoded answer = decode_words(d, &word, 1);

	assert_string_equal(answer.text, want);
	assert_false(answer.error);
	assert_false(answer.provisional);
}

static inline void assert_encodes_to(struct decoder *d, const char *text, u64 want)
{
	u64 word = ~want;
	const int code = d->ops->encode(d, text, &word);

	if (code != 0)
		fail_msg("\"%s\": %s", text, strerror(-code));
	if (word != want)
		fail_msg("\"%s\": %llu, not %llu", text, word, want);
}

/* Fails with this code, and leaves the word alone. */
static inline void assert_no_word(struct decoder *d, const char *text, int want)
{
	u64 word = 4711;
	const int code = d->ops->encode(d, text, &word);

	if (code != want)
		fail_msg("\"%s\": %d, not %d", text, code, want);
	assert_int_equal(word, 4711);
}

#endif
