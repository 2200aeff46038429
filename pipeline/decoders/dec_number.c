/* SPDX-License-Identifier: Apache-2.0 */
/* Every word is a number, so nothing here can fail. Decoders without state are one object each. */
#include "pipeline/decoders/dec_number.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "pipeline/decoders/decoded.h"

static int create_uint(const struct decoder_env *env, struct decoder **ret_decoder, struct err *err)
{
	static struct decoder uint_decoder = {.ops = &dec_uint_ops};

	(void)env;
	(void)err;
	*ret_decoder = &uint_decoder;
	return 0;
}

static int create_int(const struct decoder_env *env, struct decoder **ret_decoder, struct err *err)
{
	static struct decoder int_decoder = {.ops = &dec_int_ops};

	(void)env;
	(void)err;
	*ret_decoder = &int_decoder;
	return 0;
}

static void decode_uint(struct decoder *d, const u64 *words, u32 n, struct decoded *ret)
{
	(void)d;
	(void)n;
	decoded__format(ret, "%llu", words[0]);
}

static void decode_int(struct decoder *d, const u64 *words, u32 n, struct decoded *ret)
{
	(void)d;
	(void)n;
	decoded__format(ret, "%lld", (s64)words[0]);
}

static void destroy(struct decoder *d)
{
	(void)d;
}

int decimal_encode(const char *text, u64 *ret_word)
{
	char *end;
	s64 number;

	if (!isdigit((unsigned char)text[text[0] == '-']))
		return -ENOENT;
	errno = 0;
	number = strtoll(text, &end, 10);
	if (errno || *end)
		return -ENOENT;
	*ret_word = (u64)number;
	return 0;
}

const struct decoder_ops dec_uint_ops = {
	.name = DECODER_UNSIGNED,
	.help = "The number in decimal, never negative.",
	.text = false,
	.own_names = false,
	.no_where = NULL,
	.create = create_uint,
	.decode = decode_uint,
	.encode = decoder_no_encode,
	.offer_names = decoder_no_names,
	.destroy = destroy,
};

const struct decoder_ops dec_int_ops = {
	.name = DECODER_SIGNED,
	.help = "The number in decimal, with a minus sign when it is negative.",
	.text = false,
	.own_names = false,
	.no_where = NULL,
	.create = create_int,
	.decode = decode_int,
	.encode = decoder_no_encode,
	.offer_names = decoder_no_names,
	.destroy = destroy,
};
