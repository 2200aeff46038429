/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Layer 4: the flush, which moves what a CPU's tables count into its ring. User space runs it there
 * (BPF_PROG_TEST_RUN with BPF_F_TEST_RUN_ON_CPU), in the place of an interrupt.
 *
 *   FLUSH_PROGRAMS(block_io, runq_wait)
 *
 * once per object makes its programs; the loader refuses an object without them, or with an event
 * that they leave out. One call serves all events. Each event's part is a global function, so that
 * the object which calls them need not be the one that defines them (the shipped probes are linked
 * together); of events that the plan does not use next to nothing is left.
 *
 * A flush never loses: without room a slot stays in the list, and the caller comes again. Moved
 * slots keep their key, so a warm table costs no record until the next flush.
 *
 * A mark follows as soon as the table is empty: see struct wire_mark. Nobody adds to the owner's
 * counters meanwhile, as the flush holds the guard; one who is nested counts first and sends
 * afterwards, so when no count moved while the mark was made, all that is counted stands before it.
 *
 * An event may have a hook that runs before its flush, to emit what goes on just then (a slice that
 * is still running): FLUSH_HOOK behind EVENT, the function declared before EVENT_DEFINE and defined
 * behind it, where it can emit:
 *
 *   struct sched_oncpu { ... } EVENT("...") FLUSH_HOOK;
 *   OVERLOAD void flush_hook(const struct sched_oncpu *none);
 *   EVENT_DEFINE(sched_oncpu);
 *   OVERLOAD void flush_hook(const struct sched_oncpu *none) { ... emit_part(&ev, task); }
 *
 * Every flush runs it on every CPU, whether its table was touched or not, but where the probe said
 * flush_hook_rests(&ev, true): the CPU is idle, the hook has nothing to tell. Of an event with a
 * REST_OF a field the hook is there to tell parts: it is not called when no metric takes any.
 */
#ifndef RINGTALLY_BPF_LIB_FLUSH_H
#define RINGTALLY_BPF_LIB_FLUSH_H

#include "bpf/lib/combine.bpf.h"
#include "bpf/lib/for_each.bpf.h"

#define OVERLOAD static __always_inline __attribute__((overloadable, unused))

/* Of events without a hook: one for the event's own type is preferred. */
OVERLOAD void flush_hook(const void *none)
{
}

/* How often a mark is tried in one call, before the caller has to come again. */
#define MARK_ATTEMPTS 4

/* One event's flush on its way. */
struct flush {
	struct wire_ledger *ledger;
	void *ring;
	u64 moved;
	u64 status; /* enum wire_flush */
};

static __always_inline void slot__clear(u64 *slot, const volatile struct wire_plan *plan)
{
	u64 *sums = slot__sums(slot, plan);
	u64 n = plan->nsums;

	slot[0] = 0;
#define CLEAR(i)        \
	if ((i) >= n)   \
		return; \
	sums[i] = 0;
	UNROLL_8(CLEAR, 0)
#undef CLEAR
}

/* Moves the slot at the end of the list. False: there is none, or no room for it. */
static __always_inline bool flush__move(struct flush *f, const volatile struct wire_plan *plan)
{
	struct wire_ledger *l = f->ledger;
	struct wire_partial *record;
	u64 n = l->touched;
	u64 *slot;

	if (!n)
		return false;
	slot = slot__at(l, plan, *table__touched(l, plan, n - 1) & (plan->slots - 1));
	record = bpf_ringbuf_reserve(f->ring, plan->record_bytes, 0);
	if (!record) {
		f->status |= WIRE_FLUSH_FULL;
		return false;
	}
	record->head = record__head(plan, WIRE_PARTIAL);
	slot__copy(&record->count, slot, plan);
	slot__clear(slot, plan);
	l->touched = n - 1;
	f->moved++;
	bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
	return true;
}

static __always_inline u64 books_accepted(const struct wire_ledger *l)
{
	return l->accepted + *(const volatile u64 *)&l->nested_accepted;
}

static __always_inline void mark__fill(struct wire_mark *mark, const struct wire_ledger *l,
				       const volatile struct wire_plan *plan, u64 accepted)
{
	mark->head = record__head(plan, WIRE_MARK);
	mark->accepted = accepted;
	mark->lost =
		*(const volatile u64 *)&l->lost_ring_full + *(const volatile u64 *)&l->lost_no_ring;
}

static __always_inline bool mark__holds(const struct wire_ledger *l, u64 accepted)
{
	return !*(const volatile u64 *)&l->nested_inside && books_accepted(l) == accepted;
}

/* The table is empty: says so, unless the last mark still holds. What kept it from that. */
static __always_inline u64 flush__mark(struct flush *f, const volatile struct wire_plan *plan)
{
	LOOP(attempt, 0, MARK_ATTEMPTS)
	{
		u64 accepted = books_accepted(f->ledger);
		struct wire_mark *mark;

		if (accepted == f->ledger->marked)
			return 0;
		mark = bpf_ringbuf_reserve(f->ring, sizeof(*mark), 0);
		if (!mark)
			return WIRE_FLUSH_FULL;
		mark__fill(mark, f->ledger, plan, accepted);
		if (mark__holds(f->ledger, accepted)) {
			f->ledger->marked = accepted;
			bpf_ringbuf_submit(mark, BPF_RB_NO_WAKEUP);
			return 0;
		}
		bpf_ringbuf_discard(mark, BPF_RB_NO_WAKEUP);
	}
	return WIRE_FLUSH_BUSY;
}

/* True: the books are taken, slots may be moved. */
static __always_inline bool flush__begin(struct flush *f, const volatile struct wire_plan *plan,
					 void *books)
{
	*f = (struct flush){.ring = ring__of_this_cpu()};
	if (!f->ring)
		return false;
	f->ledger = ledger__of_this_cpu(books);
	if (!f->ledger)
		return false;
	if (ledger__take(f->ledger, plan)) {
		barrier();
		return true;
	}
	f->status = WIRE_FLUSH_BUSY;
	return false;
}

/* What the event's function returns: the status, and above it how many slots were moved. */
#define FLUSH_STATUS_BITS 8

static __always_inline u64 flush__end(struct flush *f, const volatile struct wire_plan *plan)
{
	if (!f->ledger->touched)
		f->status |= flush__mark(f, plan);
	else if (!f->status)
		f->status = WIRE_FLUSH_MORE;
	ledger__leave(f->ledger, true);
	return f->moved << FLUSH_STATUS_BITS | f->status;
}

/*
 * The flush of one event. Its hook comes before the books are taken, as it emits. Two forms:
 * flush_EVENT, which needs bpf_loop (kernel 5.17), and flush_loopless_EVENT, for which the verifier
 * has to follow a loop turn by turn. Both move at most `budget` slots.
 */
/* clang-format off */
#define FLUSH_DEFINE(event)                                                                 \
	static long flush_step_##event(u32 turn, struct flush *f)                           \
	{                                                                                   \
		return !flush__move(f, &plan_##event);                                      \
	}                                                                                   \
	__attribute__((noinline)) u64 flush_##event(u64 budget)                             \
	{                                                                                   \
		struct flush f;                                                             \
                                                                                            \
		if (!plan_##event.enabled)                                                  \
			return 0;                                                           \
		flush_hook((const struct event *)0);                                        \
		if (!flush__begin(&f, &plan_##event, &m_##event))                           \
			return f.status;                                                    \
		if (plan_##event.slots)                                                     \
			bpf_loop(budget, flush_step_##event, &f, 0);                        \
		return flush__end(&f, &plan_##event);                                       \
	}                                                                                   \
	__attribute__((noinline)) u64 flush_loopless_##event(u64 budget)                    \
	{                                                                                   \
		struct flush f;                                                             \
                                                                                            \
		if (!plan_##event.enabled)                                                  \
			return 0;                                                           \
		flush_hook((const struct event *)0);                                        \
		if (!flush__begin(&f, &plan_##event, &m_##event))                           \
			return f.status;                                                    \
		if (plan_##event.slots)                                                     \
			LOOP(i, 0, WIRE_FLUSH_SLOTS_LOOPLESS)                               \
				if (i >= budget || !flush__move(&f, &plan_##event))         \
					break;                                              \
		return flush__end(&f, &plan_##event);                                       \
	}

#define FLUSH_DECLARE(event)                        \
	u64 flush_##event(u64 budget);              \
	u64 flush_loopless_##event(u64 budget);

#define FLUSHES(event)	       TAG("flushes:" #event)
#define FLUSH_CALL(event)      flush_calls__add(&calls, flush_##event(calls.budget));
#define FLUSH_CALL_LOOPLESS(event) flush_calls__add(&calls, flush_loopless_##event(calls.budget));

struct flush_calls {
	u64 budget;
	u64 status;
};

static __always_inline void flush_calls__add(struct flush_calls *calls, u64 returned)
{
	u64 moved = returned >> FLUSH_STATUS_BITS;

	calls->budget -= moved < calls->budget ? moved : calls->budget;
	calls->status |= returned & ((1 << FLUSH_STATUS_BITS) - 1);
}

#define FLUSH_PROGRAMS(...)                                                                 \
	FOR_EACH(FLUSH_DECLARE, __VA_ARGS__)                                                \
                                                                                            \
	SEC("?raw_tp")                                                                      \
	FOR_EACH(FLUSHES, __VA_ARGS__)                                                      \
	int flush_tables(void *ctx)                                                         \
	{                                                                                   \
		struct flush_calls calls = {.budget = WIRE_FLUSH_SLOTS};                    \
                                                                                            \
		FOR_EACH(FLUSH_CALL, __VA_ARGS__)                                           \
		return (int)calls.status;                                                   \
	}                                                                                   \
	SEC("?raw_tp")                                                                      \
	int flush_tables_loopless(void *ctx)                                                \
	{                                                                                   \
		struct flush_calls calls = {.budget = WIRE_FLUSH_SLOTS_LOOPLESS};           \
                                                                                            \
		FOR_EACH(FLUSH_CALL_LOOPLESS, __VA_ARGS__)                                  \
		return (int)calls.status;                                                   \
	}
/* clang-format on */

#endif
