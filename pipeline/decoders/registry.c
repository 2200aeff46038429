/* SPDX-License-Identifier: Apache-2.0 */
/* The decoders there are: a new one is one line here. */
#include <errno.h>
#include <string.h>

#include "base/util.h"
#include "pipeline/decoders/dec_cgroup.h"
#include "pipeline/decoders/dec_device.h"
#include "pipeline/decoders/dec_enum.h"
#include "pipeline/decoders/dec_errno.h"
#include "pipeline/decoders/dec_ksym.h"
#include "pipeline/decoders/dec_number.h"
#include "pipeline/decoders/dec_signal.h"
#include "pipeline/decoders/dec_string.h"
#include "pipeline/decoders/dec_syscall.h"
#include "pipeline/decoders/decoder.h"

const struct decoder_ops *const decoder_kinds[] = {
	&dec_string_ops,  &dec_uint_ops,   &dec_int_ops,    &dec_enum_ops, &dec_errno_ops,
	&dec_syscall_ops, &dec_device_ops, &dec_cgroup_ops, &dec_ksym_ops, &dec_signal_ops,
};
const size_t decoder_kinds_count = ARRAY_SIZE(decoder_kinds);

const struct decoder_ops *decoder_kind(const char *name)
{
	for (size_t i = 0; i < decoder_kinds_count; i++)
		if (strcmp(decoder_kinds[i]->name, name) == 0)
			return decoder_kinds[i];
	return NULL;
}

/* NOLINTNEXTLINE(readability-non-const-parameter): the type is the slot's */
int decoder_no_encode(struct decoder *d, const char *text, u64 *ret_word)
{
	(void)d;
	(void)text;
	(void)ret_word;
	return -ENOTSUP;
}

void decoder_no_names(struct decoder *d, struct suggestion *suggestion)
{
	(void)d;
	(void)suggestion;
}
