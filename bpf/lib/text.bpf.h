/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Layer 1: texts of the kernel, which become fields of an event. */
#ifndef RINGTALLY_BPF_LIB_TEXT_H
#define RINGTALLY_BPF_LIB_TEXT_H

#include "bpf/lib/core.bpf.h"

#define TEXT_MAX 64 /* bytes of a text in a key */

/* One that does not fit ends in "...", in place of what would be its last bytes. */
static __always_inline void text__read(char (*to)[TEXT_MAX], const char *from)
{
	char past_the_end = 0;

	if (bpf_probe_read_kernel_str(to, TEXT_MAX, from) < TEXT_MAX)
		return;
	bpf_probe_read_kernel(&past_the_end, 1, from + TEXT_MAX - 1);
	if (past_the_end) {
		(*to)[TEXT_MAX - 4] = '.';
		(*to)[TEXT_MAX - 3] = '.';
		(*to)[TEXT_MAX - 2] = '.';
	}
}

#endif
