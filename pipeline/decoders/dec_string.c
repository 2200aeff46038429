/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The length is measured after the repair, so that it bounds what a series costs. An array without
 * a NUL is a text that fills it.
 */
#include "pipeline/decoders/dec_string.h"

#include <string.h>

#include "pipeline/decoders/decoded.h"

static int create(const struct decoder_env *env, struct decoder **ret_decoder, struct err *err)
{
	static struct decoder string_decoder = {.ops = &dec_string_ops};

	(void)env;
	(void)err;
	*ret_decoder = &string_decoder;
	return 0;
}

static void decode(struct decoder *d, const u64 *words, u32 n, struct decoded *ret)
{
	const char *text = (const char *)words;

	(void)d;
	decoded__repair(ret, text, strnlen(text, n * sizeof(*words)), DEC_STRING_MAX);
}

static void destroy(struct decoder *d)
{
	(void)d;
}

const struct decoder_ops dec_string_ops = {
	.name = DECODER_TEXT,
	.help = "The text as it is; bytes that are not UTF-8 become U+FFFD, more than 64 bytes end "
		"in "
		"\"...\".",
	.text = true,
	.own_names = false,
	.no_where = NULL,
	.create = create,
	.decode = decode,
	.encode = decoder_no_encode,
	.offer_names = decoder_no_names,
	.destroy = destroy,
};
