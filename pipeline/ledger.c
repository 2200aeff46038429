/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/ledger.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/err.h"
#include "base/util.h"
#include "bpf/wire.h"
#include "pipeline/plan.h"

struct ledger {
	const char *books; /* ncpus values of value_bytes each */
	size_t value_bytes;
	size_t map_bytes;
	size_t slots_at; /* in a CPU's books, as struct wire_plan has it */
	size_t touched_at;
	size_t slot_bytes;
	u32 slots;
	u32 ncpus;
	u32 lost_words; /* of one CPU's lost cells */
	u64 *taken;	/* [cpu][lost_words]: lost cells as last seen */
};

int ledger__new(int map_fd, u32 ncpus, const struct event_plan *event, struct ledger **ret_ledger,
		struct err *err)
{
	struct ledger *l = calloc(1, sizeof(*l));
	void *books;

	if (!l)
		return err__set_errno(err, -ENOMEM, "ledger");
	l->ncpus = ncpus;
	l->value_bytes = event->ledger_bytes;
	l->lost_words = event->lost_words;
	l->slots = event->slots;
	l->slots_at = event->wire.slots_at;
	l->touched_at = event->wire.touched_at;
	l->slot_bytes = event->wire.slot_bytes;
	l->map_bytes = ROUND_UP(l->value_bytes * ncpus, (size_t)sysconf(_SC_PAGESIZE));
	l->taken = calloc((size_t)ncpus * l->lost_words + 1, sizeof(*l->taken));
	if (!l->taken) {
		ledger__free(l);
		return err__set_errno(err, -ENOMEM, "ledger");
	}
	books = mmap(NULL, l->map_bytes, PROT_READ, MAP_SHARED, map_fd, 0);
	if (books == MAP_FAILED) {
		int code = -errno;

		ledger__free(l);
		return err__set_errno(err, code, "mapping the ledger");
	}
	l->books = books;
	*ret_ledger = l;
	return 0;
}

void ledger__free(struct ledger *l)
{
	if (!l)
		return;
	if (l->books)
		munmap((void *)l->books, l->map_bytes);
	free(l->taken);
	free(l);
}

/* The kernel adds to these words while we read. */
static u64 read_word(const u64 *word)
{
	return __atomic_load_n(word, __ATOMIC_RELAXED);
}

static const struct wire_ledger *book(const struct ledger *l, u32 cpu)
{
	return (const struct wire_ledger *)(l->books + cpu * l->value_bytes);
}

/* What the table of one CPU counts. The list and the counts move while we read: numbers that make
 * no sense are of a moment between two states. */
static u64 table_pending(const struct ledger *l, u32 cpu)
{
	const char *books = (const char *)book(l, cpu);
	const u32 *touched = (const u32 *)(books + l->touched_at);
	u64 n = MIN(read_word(&book(l, cpu)->touched), (u64)l->slots);
	u64 pending = 0;

	for (u64 i = 0; i < n; i++) {
		u32 slot = __atomic_load_n(&touched[i], __ATOMIC_RELAXED);

		if (slot < l->slots)
			pending += read_word(
				(const u64 *)(books + l->slots_at + slot * l->slot_bytes));
	}
	return pending;
}

struct ledger_totals ledger__totals(const struct ledger *l)
{
	struct ledger_totals t = {0};

	for (u32 cpu = 0; cpu < l->ncpus; cpu++) {
		const struct wire_ledger *b = book(l, cpu);

		t.accepted += read_word(&b->accepted) + read_word(&b->nested_accepted);
		t.filtered += read_word(&b->filtered) + read_word(&b->nested_filtered);
		t.lost_ring_full += read_word(&b->lost_ring_full);
		t.lost_no_ring += read_word(&b->lost_no_ring);
		t.unpaired += read_word(&b->unpaired);
		t.starts_refused += read_word(&b->starts_refused);
		t.clock_skew += read_word(&b->clock_skew);
		t.evictions += read_word(&b->evictions);
		t.pending += table_pending(l, cpu);
	}
	return t;
}

bool ledger__needs_flush(const struct ledger *l, u32 cpu)
{
	const struct wire_ledger *b = book(l, cpu);

	return read_word(&b->touched) ||
	       read_word(&b->accepted) + read_word(&b->nested_accepted) != read_word(&b->marked);
}

bool ledger__hook_rests(const struct ledger *l, u32 cpu)
{
	return read_word(&book(l, cpu)->hook_rests);
}

u64 ledger__take_lost(struct ledger *l, u32 word)
{
	u64 gained = 0;

	for (u32 cpu = 0; cpu < l->ncpus; cpu++) {
		const u64 *cells = (const u64 *)(book(l, cpu) + 1);
		u64 *taken = &l->taken[(size_t)cpu * l->lost_words + word];
		u64 now = read_word(&cells[word]);

		gained += now - *taken;
		*taken = now;
	}
	return gained;
}

u64 ledger__lost(const struct ledger *l)
{
	u64 lost = 0;

	for (u32 cpu = 0; cpu < l->ncpus; cpu++) {
		const struct wire_ledger *b = book(l, cpu);

		lost += read_word(&b->lost_ring_full) + read_word(&b->lost_no_ring);
	}
	return lost;
}

u64 ledger_seen(const struct ledger_totals *t)
{
	return t->filtered + t->accepted;
}

u64 ledger_lost(const struct ledger_totals *t)
{
	return t->lost_ring_full + t->lost_no_ring;
}

bool ledger_balances(const struct ledger_totals *t)
{
	return t->accepted == t->consumed + t->pending + ledger_lost(t);
}
