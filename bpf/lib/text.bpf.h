/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Layer 1: texts of the kernel, which become fields of an event. */
#ifndef RINGTALLY_BPF_LIB_TEXT_H
#define RINGTALLY_BPF_LIB_TEXT_H

#include "bpf/lib/core.bpf.h"

#define TEXT_MAX 64 /* bytes of a text in a key */

/* One that fills the field has no NUL; one that does not fit ends in "...". The kernel reads texts
 * with their NUL, so that what would take its place is looked at by itself. */
static __always_inline void text__read(char (*to)[TEXT_MAX], const char *from)
{
	char rest[2] = {};

	if (bpf_probe_read_kernel_str(to, TEXT_MAX, from) < TEXT_MAX)
		return;
	bpf_probe_read_kernel(rest, sizeof(rest), from + TEXT_MAX - 1);
	(*to)[TEXT_MAX - 1] = rest[0];
	if (rest[0] && rest[1]) {
		(*to)[TEXT_MAX - 3] = '.';
		(*to)[TEXT_MAX - 2] = '.';
		(*to)[TEXT_MAX - 1] = '.';
	}
}

#endif
