/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Layer 1: the books, and who may write where. A hook can interrupt another on the same CPU;
 * whoever finds `busy` taken must touch neither the first cache line nor the table (a plain add is
 * load, add, store, and would lose the other's), so it counts atomically in the second line and
 * sends its event as a record of its own.
 *
 * A plain flag is enough where programs cannot be preempted (raw_tp, tp_btf): interrupts, NMIs and
 * the flush nest like a stack, so whoever comes between our look at the flag and our taking it has
 * left before we go on, and left it as it was. Where they can be (uprobe, fentry, sleepable), two
 * programs may pass the same plain test: there plan.preemptible asks for an exchange.
 */
#ifndef RINGTALLY_BPF_LIB_LEDGER_H
#define RINGTALLY_BPF_LIB_LEDGER_H

#include "bpf/lib/maps.bpf.h"

/* The books of this CPU. The verifier knows their size: nothing else is looked up. */
static __always_inline struct wire_ledger *ledger__of_this_cpu(void *map)
{
	u32 cpu = bpf_get_smp_processor_id();

	return bpf_map_lookup_elem(map, &cpu);
}

static __always_inline void count_plain(u64 *counter)
{
	*(volatile u64 *)counter += 1;
}

static __always_inline void count_shared(u64 *counter, u64 n)
{
	__sync_fetch_and_add(counter, n);
}

/* Test builds leave the guard out, to show that they notice. */
#ifdef RINGTALLY_NO_GUARD
#define LEDGER_GUARDED 0
#else
#define LEDGER_GUARDED 1
#endif

static __always_inline bool ledger__take(struct wire_ledger *l,
					 const volatile struct wire_plan *plan)
{
	if (!LEDGER_GUARDED)
		return true;
	if (plan->preemptible)
		return __sync_lock_test_and_set(&l->busy, 1) == 0;
	if (*(volatile u64 *)&l->busy)
		return false;
	*(volatile u64 *)&l->busy = 1;
	return true;
}

/* True: the caller is the owner of the first line and of the table, until ledger__leave. clang
 * moves nothing across the two. */
static __always_inline bool ledger__enter(struct wire_ledger *l,
					  const volatile struct wire_plan *plan)
{
	bool owner = ledger__take(l, plan);

	if (!owner)
		count_shared(&l->nested_inside, 1);
	barrier();
	return owner;
}

static __always_inline void ledger__leave(struct wire_ledger *l, bool owner)
{
	barrier();
	if (owner)
		*(volatile u64 *)&l->busy = 0;
	else
		count_shared(&l->nested_inside, -1ULL);
}

static __always_inline void ledger__accepted(struct wire_ledger *l, bool owner)
{
	if (owner)
		count_plain(&l->accepted);
	else
		count_shared(&l->nested_accepted, 1);
}

static __always_inline void ledger__filtered(struct wire_ledger *l, bool owner)
{
	if (owner)
		count_plain(&l->filtered);
	else
		count_shared(&l->nested_filtered, 1);
}

#endif
