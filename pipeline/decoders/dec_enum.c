/* SPDX-License-Identifier: Apache-2.0 */
/* Names come from outside, as objects do: repaired. Enums are short, so lookups walk them. */
#include "pipeline/decoders/dec_enum.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/suggest.h"
#include "base/util.h"
#include "pipeline/decoders/dec_number.h"
#include "pipeline/decoders/decoded.h"

struct dec_enum {
	struct decoder base;
	const struct named_value *names;
	u32 nnames;
};

static int create(const struct decoder_env *env, struct decoder **ret_decoder, struct err *err)
{
	struct dec_enum *e = calloc(1, sizeof(*e));

	if (!e)
		return err__set_errno(err, -ENOMEM, "decoder enum");
	e->base.ops = &dec_enum_ops;
	e->names = env->names;
	e->nnames = env->nnames;
	*ret_decoder = &e->base;
	return 0;
}

static void decode(struct decoder *d, const u64 *words, u32 n, struct decoded *ret)
{
	const struct dec_enum *e = container_of(d, struct dec_enum, base);

	(void)n;
	for (u32 i = 0; i < e->nnames; i++) {
		const struct named_value *value = &e->names[i];

		if (value->value == words[0]) {
			decoded__repair(ret, value->name, strlen(value->name), DECODED_MAX);
			return;
		}
	}
	decoded__format(ret, "%lld", (s64)words[0]);
}

static int encode(struct decoder *d, const char *text, u64 *ret_word)
{
	const struct dec_enum *e = container_of(d, struct dec_enum, base);

	for (u32 i = 0; i < e->nnames; i++) {
		if (strcmp(e->names[i].name, text) == 0) {
			*ret_word = e->names[i].value;
			return 0;
		}
	}
	return decimal_encode(text, ret_word);
}

static void offer_names(struct decoder *d, struct suggestion *suggestion)
{
	const struct dec_enum *e = container_of(d, struct dec_enum, base);

	for (u32 i = 0; i < e->nnames; i++)
		suggestion__offer(suggestion, e->names[i].name);
}

static void destroy(struct decoder *d)
{
	if (d)
		free(container_of(d, struct dec_enum, base));
}

const struct decoder_ops dec_enum_ops = {
	.name = "enum",
	.help = "The name that the event gives to the value; the number in decimal when it has "
		"none.",
	.text = false,
	.own_names = true,
	.no_where = NULL,
	.create = create,
	.decode = decode,
	.encode = encode,
	.offer_names = offer_names,
	.destroy = destroy,
};
