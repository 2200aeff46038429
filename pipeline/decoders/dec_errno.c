/* SPDX-License-Identifier: Apache-2.0 */
/* The names are libc's, which has one for each number. */
#include "pipeline/decoders/dec_errno.h"

#include <errno.h>
#include <string.h>

#include "base/suggest.h"
#include "base/util.h"
#include "pipeline/decoders/dec_number.h"
#include "pipeline/decoders/decoded.h"

enum { ERRNO_MAX = 4095 }; /* of the kernel: IS_ERR */

/* The names that are not shown. */
static const struct named_value aliases[] = {
	{"EWOULDBLOCK", EWOULDBLOCK},
	{"EDEADLOCK", EDEADLOCK},
	{"EOPNOTSUPP", EOPNOTSUPP},
};

static int create(const struct decoder_env *env, struct decoder **ret_decoder, struct err *err)
{
	static struct decoder errno_decoder = {.ops = &dec_errno_ops};

	(void)env;
	(void)err;
	*ret_decoder = &errno_decoder;
	return 0;
}

/* NULL: it has none. */
static const char *name_of(u64 number)
{
	if (number == 0 || number > ERRNO_MAX)
		return NULL;
	if (number == ENOTSUP)
		return "ENOTSUP"; /* libc says EOPNOTSUPP */
	return strerrorname_np((int)number);
}

static void decode(struct decoder *d, const u64 *words, u32 n, struct decoded *ret)
{
	const char *name = name_of(words[0]);

	(void)d;
	(void)n;
	if (name)
		decoded__format(ret, "%s", name);
	else
		decoded__format(ret, "%lld", (s64)words[0]);
}

static int encode(struct decoder *d, const char *text, u64 *ret_word)
{
	(void)d;
	for (u64 i = 1; i <= ERRNO_MAX; i++) {
		const char *name = name_of(i);

		if (name && strcmp(name, text) == 0) {
			*ret_word = i;
			return 0;
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(aliases); i++) {
		if (strcmp(aliases[i].name, text) == 0) {
			*ret_word = aliases[i].value;
			return 0;
		}
	}
	return decimal_encode(text, ret_word);
}

static void offer_names(struct decoder *d, struct suggestion *suggestion)
{
	(void)d;
	for (u64 i = 1; i <= ERRNO_MAX; i++)
		if (name_of(i))
			suggestion__offer(suggestion, name_of(i));
}

static void destroy(struct decoder *d)
{
	(void)d;
}

const struct decoder_ops dec_errno_ops = {
	.name = "errno",
	.help = "The name of the error, EIO; 0 when there is none, the number when it has no name.",
	.text = false,
	.own_names = false,
	.no_where = NULL,
	.create = create,
	.decode = decode,
	.encode = encode,
	.offer_names = offer_names,
	.destroy = destroy,
};
