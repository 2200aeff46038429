/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One attached program with a tail-call slot, at any hook. Subjects are compared by putting one
 * after the other into the slot: what is attached, and thus what the kernel does to get there, is
 * the same for all of them.
 */
#ifndef RINGTALLY_BENCH_STUB_H
#define RINGTALLY_BENCH_STUB_H

#include "base/types.h"

struct err;
struct stub;

/* Which events get into the slot. */
struct stub_filter {
	bool own;  /* only those of this process */
	bool call; /* only those of one system call; the hook is a sys_enter */
	u32 number;
};

/* `target` as in a section: "tp_btf/sched_switch". The kernel's refusal is told in err as
 * elsewhere, the target with it. Detaching may take a tenth of a second. */
int stub__attach(const char *target, struct stub_filter filter, struct stub **ret_stub,
		 struct err *err);
void stub__detach(struct stub *s); /* NULL is fine */

/* The program must be of the same type, for the same hook. Both are a matter of microseconds. */
int stub__fill(struct stub *s, int program_fd, struct err *err);
void stub__empty(struct stub *s);

#endif
