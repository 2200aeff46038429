/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Layer 1: the books. A hook can interrupt another on the same CPU; whoever finds `busy` taken must
 * not touch the first cache line (a plain add is load, add, store, and would lose the other's), so
 * it counts atomically in the second.
 *
 * A plain flag is enough where programs cannot be preempted (raw_tp, tp_btf: interrupts and NMIs
 * nest like a stack, each leaves the flag as it found it). Where they can (uprobe, fentry,
 * sleepable), two programs may pass the same plain test: there plan.preemptible asks for an
 * exchange.
 */
#ifndef RINGTALLY_BPF_LIB_LEDGER_H
#define RINGTALLY_BPF_LIB_LEDGER_H

#include "bpf/lib/maps.bpf.h"

static __always_inline void count_plain(u64 *counter)
{
	*(volatile u64 *)counter += 1;
}

static __always_inline void count_shared(u64 *counter, u64 n)
{
	__sync_fetch_and_add(counter, n);
}

/* True: the caller is the owner of the first line until ledger__leave. */
static __always_inline bool ledger__enter(struct wire_ledger *l,
					  const volatile struct wire_plan *plan)
{
	if (plan->preemptible)
		return __sync_lock_test_and_set(&l->busy, 1) == 0;
	if (*(volatile u64 *)&l->busy)
		return false;
	*(volatile u64 *)&l->busy = 1;
	return true;
}

static __always_inline void ledger__leave(struct wire_ledger *l, bool owner)
{
	if (owner)
		*(volatile u64 *)&l->busy = 0;
}

static __always_inline void ledger__seen(struct wire_ledger *l, bool owner)
{
	if (owner)
		count_plain(&l->seen);
	else
		count_shared(&l->nested_seen, 1);
}

static __always_inline void ledger__filtered(struct wire_ledger *l, bool owner)
{
	if (owner)
		count_plain(&l->filtered);
	else
		count_shared(&l->nested_filtered, 1);
}

#endif
