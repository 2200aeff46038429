/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Layer 3: records in this CPU's ring. Room comes first, what goes into it second: whoever finds
 * none still has everything in hand.
 */
#ifndef RINGTALLY_BPF_LIB_RECORD_H
#define RINGTALLY_BPF_LIB_RECORD_H

#include "bpf/lib/key.bpf.h"
#include "bpf/lib/ledger.bpf.h"

/* Consumers sleep between paced drains, and are woken only when a ring fills up. To look at that is
 * worth its time once in so many records. */
#define WAKE_INTERVAL 64

static __always_inline void *ring__of_this_cpu(void)
{
	u32 cpu = bpf_get_smp_processor_id();

	return bpf_map_lookup_elem(&m_rings, &cpu);
}

static __always_inline struct wire_head record__head(const volatile struct wire_plan *plan, u8 type)
{
	return (struct wire_head){
		.type = type,
		.generation = (u8)plan->generation,
		.event = (u16)plan->event,
		.cpu = bpf_get_smp_processor_id(),
	};
}

/* Room for a record of the plan, whose head is filled in; NULL: there is none, and so many `events`
 * are lost. */
static __always_inline void *record__reserve(const volatile struct wire_plan *plan, u8 type,
					     struct wire_ledger *l, u64 events, void **ret_ring)
{
	struct wire_head *record;
	void *ring = ring__of_this_cpu();

	if (!ring) {
		count_shared(&l->lost_no_ring, events);
		return NULL;
	}
	record = bpf_ringbuf_reserve(ring, plan->record_bytes, 0);
	if (!record) {
		count_shared(&l->lost_ring_full, events);
		return NULL;
	}
	*record = record__head(plan, type);
	*ret_ring = ring;
	return record;
}

static __always_inline u64 record__wakeup(const volatile struct wire_plan *plan, void *ring)
{
	if (bpf_ringbuf_query(ring, BPF_RB_AVAIL_DATA) < plan->wake_bytes)
		return BPF_RB_NO_WAKEUP;
	return BPF_RB_FORCE_WAKEUP;
}

/* `number`: of this record among those of the CPU. */
static __always_inline void record__submit(const volatile struct wire_plan *plan, void *ring,
					   void *record, u64 number)
{
	u64 flags = BPF_RB_NO_WAKEUP;

	if (number % WAKE_INTERVAL == 0)
		flags = record__wakeup(plan, ring);
	bpf_ringbuf_submit(record, flags);
}

/* The words of the event that are added up, one behind the other. */
static __always_inline void sums__set(u64 *sums, const u64 *event,
				      const volatile struct wire_plan *plan)
{
	u64 n = plan->nsums;

	hide(event);
#define SET(i)          \
	if ((i) >= n)   \
		return; \
	sums[i] = word_at(event, plan->sums[i]);
	UNROLL_8(SET, 0)
#undef SET
}

/* Do the words that are added up add anything? */
static __always_inline bool sums__grow(const u64 *event, const volatile struct wire_plan *plan)
{
	u64 n = plan->nsums;
	u64 together = 0;

	hide(event);
#define COLLECT(i)               \
	if ((i) >= n)            \
		return together; \
	together |= word_at(event, plan->sums[i]);
	UNROLL_8(COLLECT, 0)
#undef COLLECT
	return together;
}

#endif
