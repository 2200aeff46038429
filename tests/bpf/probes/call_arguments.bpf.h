/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* The first three arguments of a system call, as an initialiser. */
#ifndef RINGTALLY_TESTS_BPF_PROBES_CALL_ARGUMENTS_H
#define RINGTALLY_TESTS_BPF_PROBES_CALL_ARGUMENTS_H

#include "tests/bpf/test_call.h"

#ifdef __TARGET_ARCH_x86
struct pt_regs {
	unsigned long di;
	unsigned long si;
	unsigned long dx;
} __attribute__((preserve_access_index));
#define CALL_ARGUMENTS(of)             \
	{                              \
		of->di, of->si, of->dx \
	}
#else
struct pt_regs {
	u64 regs[31];
} __attribute__((preserve_access_index));
#define CALL_ARGUMENTS(of)                            \
	{                                             \
		of->regs[0], of->regs[1], of->regs[2] \
	}
#endif

#endif
