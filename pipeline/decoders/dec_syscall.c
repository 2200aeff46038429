/* SPDX-License-Identifier: Apache-2.0 */
/* Two tables by number, with holes, generated at build time (cmake/SyscallNames.cmake). */
#include "pipeline/decoders/dec_syscall.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "base/suggest.h"
#include "base/util.h"
#include "pipeline/decoders/dec_number.h"
#include "pipeline/decoders/decoded.h"

static const char *const native_names[] = {
#include "pipeline/decoders/syscall_native.inc"
};

static const char *const compat_names[] = {
#include "pipeline/decoders/syscall_compat.inc"
};

#define UNNAMED "syscall_"

/* By what stands above the low 32 bits. */
static const struct syscall_table {
	const char *prefix;
	const char *const *names;
	size_t n;
} tables[] = {
	{"", native_names, ARRAY_SIZE(native_names)},
	{"compat:", compat_names, ARRAY_SIZE(compat_names)},
};

static int create(const struct decoder_env *env, struct decoder **ret_decoder, struct err *err)
{
	static struct decoder syscall_decoder = {.ops = &dec_syscall_ops};

	(void)env;
	(void)err;
	*ret_decoder = &syscall_decoder;
	return 0;
}

static void decode(struct decoder *d, const u64 *words, u32 n, struct decoded *ret)
{
	const u64 word = words[0];
	const u32 number = (u32)word;

	(void)d;
	(void)n;
	if (word >> 32 >= ARRAY_SIZE(tables)) {
		decoded__fail(ret, "invalid_syscall:%#llx", word);
		return;
	}

	const struct syscall_table *table = &tables[word >> 32];
	const char *name = number < table->n ? table->names[number] : NULL;

	if (name)
		decoded__format(ret, "%s%s", table->prefix, name);
	else
		decoded__format(ret, "%s" UNNAMED "%d", table->prefix, (s32)number);
}

/* A number is taken also where this build has a name: configs outlive builds. */
static int encode_unnamed(const char *text, u32 *ret_number)
{
	u64 word;

	if (strncmp(text, UNNAMED, strlen(UNNAMED)) != 0 ||
	    decimal_encode(text + strlen(UNNAMED), &word) < 0)
		return -ENOENT;
	if ((s64)word < INT32_MIN || (s64)word > INT32_MAX)
		return -ENOENT;
	*ret_number = (u32)word;
	return 0;
}

static int encode_in(const struct syscall_table *table, const char *text, u32 *ret_number)
{
	for (u32 i = 0; i < table->n; i++) {
		if (table->names[i] && strcmp(table->names[i], text) == 0) {
			*ret_number = i;
			return 0;
		}
	}
	return encode_unnamed(text, ret_number);
}

static int encode(struct decoder *d, const char *text, u64 *ret_word)
{
	(void)d;
	for (u64 i = 0; i < ARRAY_SIZE(tables); i++) {
		const size_t prefix = strlen(tables[i].prefix);
		u32 number;

		if (strncmp(text, tables[i].prefix, prefix) == 0 &&
		    encode_in(&tables[i], text + prefix, &number) == 0) {
			*ret_word = i << 32 | number;
			return 0;
		}
	}
	return -ENOENT;
}

/* Of the calls people write about: those of the kernel's own width. */
static void offer_names(struct decoder *d, struct suggestion *suggestion)
{
	(void)d;
	for (size_t i = 0; i < ARRAY_SIZE(native_names); i++)
		if (native_names[i])
			suggestion__offer(suggestion, native_names[i]);
}

static void destroy(struct decoder *d)
{
	(void)d;
}

const struct decoder_ops dec_syscall_ops = {
	.name = "syscall",
	.help = "The name of the system call; compat:NAME for 32-bit calls, syscall_NNN for calls "
		"newer "
		"than this build.",
	.text = false,
	.own_names = false,
	.no_where = NULL,
	.create = create,
	.decode = decode,
	.encode = encode,
	.offer_names = offer_names,
	.destroy = destroy,
};
