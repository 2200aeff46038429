/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The slots of a running daemon's attached programs (bpf/lib/program.bpf.h), found from outside: an
 * empty program in each of them takes over, so that the events still go there and nobody counts
 * them. The kernel empties the slots when this process lets go of them, however that comes about.
 */
#ifndef RINGTALLY_BENCH_SLOTS_H
#define RINGTALLY_BENCH_SLOTS_H

#include <sys/types.h>

#include "base/types.h"

struct err;
struct slots;

/* Of all programs that the process has links to. -EPERM, or what else the kernel says; -ENOENT:
 * there are none. */
int slots__open(pid_t pid, struct slots **ret_slots, struct err *err);
void slots__close(struct slots *s); /* empties them; NULL is fine */

u32 slots__n(const struct slots *s);

/* The daemon counts, or nobody does. */
int slots__switch_on(struct slots *s, struct err *err);
int slots__switch_off(struct slots *s, struct err *err);

#endif
