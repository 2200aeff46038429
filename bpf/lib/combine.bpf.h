/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Layer 3: the combining table, a CPU's write-back cache of partial aggregates. Only the holder of
 * the books' guard is here.
 *
 * A key's hash leads to a pair of slots. One of them has the key: its count and sums grow. Else the
 * one that counted less leaves for the ring and the new key takes its place; room in the ring is
 * reserved first, so that a full ring costs the new event its labels and leaves the table as it is.
 *
 * Layout and sizes are plan constants, so every offset is known to the verifier, and an index that
 * comes from the top bits of a hash needs no bounds check.
 */
#ifndef RINGTALLY_BPF_LIB_COMBINE_H
#define RINGTALLY_BPF_LIB_COMBINE_H

#include "bpf/lib/record.bpf.h"

enum combined {
	COMBINED,
	COMBINE_NO_ROOM, /* in the ring, for the partial aggregate that would have to leave */
	COMBINE_WRAPS,	 /* a sum of the slot would not fit its word */
};

/* What is added to a slot: the words of an event, which counts as 1, or of a part, as 0. */
struct tally {
	const u64 *event;
	u64 count;
};

/* A pair of slots. */
struct table_pair {
	u64 number;
	u64 *first;
	u64 *second;
};

/* n * constant. Kernels before 6.9 know the bounds of a product only when it is the factor on the
 * right that is a constant; which one that is clang would not let us say. */
static __always_inline u64 times(u64 n, u64 constant)
{
	asm volatile("%0 *= %1" : "+r"(n) : "r"(constant));
	return n;
}

static __always_inline u64 *slot__at(struct wire_ledger *l, const volatile struct wire_plan *plan,
				     u64 number)
{
	return (u64 *)((char *)l + plan->slots_at + times(number, plan->slot_bytes));
}

static __always_inline u64 *slot__key(u64 *slot)
{
	return slot + 1;
}

static __always_inline u64 *slot__sums(u64 *slot, const volatile struct wire_plan *plan)
{
	return slot + 1 + plan->key_words;
}

/* What the hash leads to waits for the hash only: the rest of the sum is done before. */
static __always_inline struct table_pair
table__pair(struct wire_ledger *l, const volatile struct wire_plan *plan, u64 hash)
{
	struct table_pair pair = {.number = hash >> plan->hash_shift};
	u64 slot_bytes = plan->slot_bytes;
	char *slots = (char *)l + plan->slots_at;

	hide(slots);
	pair.first = (u64 *)(slots + times(pair.number, 2 * slot_bytes));
	pair.second = (u64 *)((char *)pair.first + slot_bytes);
	return pair;
}

/* The list of slots that hold something. There are never more of them than slots. */
static __always_inline u32 *table__touched(struct wire_ledger *l,
					   const volatile struct wire_plan *plan, u64 n)
{
	return (u32 *)((char *)l + plan->touched_at) + (n & (plan->slots - 1));
}

/* Is any of the first n sums not 0? */
static __always_inline bool sums__any(const u64 *sums, u64 n)
{
	u64 together = 0;

#define COLLECT(i)               \
	if ((i) >= n)            \
		return together; \
	together |= sums[i];
	UNROLL_8(COLLECT, 0)
#undef COLLECT
	return together;
}

/* Does the slot hold anything? With parts, sums can be without a count. */
static __always_inline bool slot__is_empty(u64 *slot, const volatile struct wire_plan *plan)
{
	return !slot[0] && (!plan->parts || !sums__any(slot__sums(slot, plan), plan->nsums));
}

/* A slot is empty no longer. */
static __always_inline void table__touch(struct wire_ledger *l,
					 const volatile struct wire_plan *plan, u64 slot)
{
	*table__touched(l, plan, l->touched) = (u32)slot;
	l->touched++;
}

/* Copies a slot to a record, word by word as far as the plan's slots go. */
static __always_inline void slot__copy(u64 *to, const u64 *slot,
				       const volatile struct wire_plan *plan)
{
	u64 bytes = plan->slot_bytes;

#define COPY(i)                         \
	if ((i) * sizeof(u64) >= bytes) \
		return;                 \
	to[i] = slot[i];
	UNROLL_32(COPY, 0)
#undef COPY
}

/* Words below 2^63 on both sides cannot wrap; others are too rare to be looked at more closely. */
static __always_inline bool slot__would_wrap(u64 *slot, const u64 *event,
					     const volatile struct wire_plan *plan)
{
	const u64 *sums = slot__sums(slot, plan);
	u64 n = plan->nsums;
	u64 together = 0;

#define COLLECT(i)                     \
	if ((i) >= n)                  \
		return together >> 63; \
	together |= sums[i] | word_at(event, plan->sums[i]);
	UNROLL_8(COLLECT, 0)
#undef COLLECT
	return together >> 63;
}

static __always_inline void slot__add_sums(u64 *slot, const u64 *event,
					   const volatile struct wire_plan *plan)
{
	u64 *sums = slot__sums(slot, plan);
	u64 n = plan->nsums;

#define ADD(i)          \
	if ((i) >= n)   \
		return; \
	sums[i] += word_at(event, plan->sums[i]);
	UNROLL_8(ADD, 0)
#undef ADD
}

/* The slot `number` has the event's key. */
static __always_inline enum combined slot__add(u64 *slot, u64 number, struct wire_ledger *l,
					       const volatile struct wire_plan *plan,
					       const struct tally *tally)
{
	const u64 *event = tally->event;

	hide(event);
	if (plan->nsums && slot__would_wrap(slot, event, plan))
		return COMBINE_WRAPS;
	if (slot__is_empty(slot, plan))
		table__touch(l, plan, number);
	if (plan->nsums)
		slot__add_sums(slot, event, plan);
	slot[0] += tally->count;
	return COMBINED;
}

/* Sends what the slot holds. False: there is no room for it, and `tally` is lost. */
static __always_inline bool slot__evict(const u64 *slot, struct wire_ledger *l,
					const volatile struct wire_plan *plan,
					const struct tally *tally)
{
	void *ring;
	struct wire_partial *record = record__reserve(plan, WIRE_PARTIAL, l, tally->count, &ring);

	if (!record)
		return false;
	slot__copy(&record->count, slot, plan);
	l->evictions++;
	record__submit(plan, ring, record, l->evictions);
	return true;
}

/* No slot of the pair has the key: the one that counted less gets it. Without a jump to find it, as
 * no prediction would help. */
static __always_inline enum combined table__replace(const struct table_pair *pair,
						    struct wire_ledger *l,
						    const volatile struct wire_plan *plan,
						    const struct key *key,
						    const struct tally *tally)
{
	u64 way = above(pair->first[0], pair->second[0]);
	u64 *slot = (u64 *)((char *)pair->first + times(way, plan->slot_bytes));

	if (slot__is_empty(slot, plan))
		table__touch(l, plan, 2 * pair->number + way);
	else if (!slot__evict(slot, l, plan, tally))
		return COMBINE_NO_ROOM;
	slot[0] = tally->count;
	key__copy(slot__key(slot), key, plan->key_words);
	if (plan->nsums)
		sums__set(slot__sums(slot, plan), tally->event, plan);
	return COMBINED;
}

/* Counts the event in the table. */
static __always_inline enum combined table__count(struct wire_ledger *l,
						  const volatile struct wire_plan *plan,
						  const struct key *key, u64 hash,
						  const struct tally *tally)
{
	struct table_pair pair = table__pair(l, plan, hash);

	if (key__is(key, slot__key(pair.first), plan->key_words))
		return slot__add(pair.first, 2 * pair.number, l, plan, tally);
	if (key__is(key, slot__key(pair.second), plan->key_words))
		return slot__add(pair.second, 2 * pair.number + 1, l, plan, tally);
	return table__replace(&pair, l, plan, key, tally);
}

#endif
