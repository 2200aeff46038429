/* SPDX-License-Identifier: Apache-2.0 */
#include "aggregators/books.h"

#include <errno.h>
#include <stdlib.h>

int books__init(struct books *b, u32 nevents, u32 nmetrics, u32 ncpus)
{
	*b = (struct books){
		.events = calloc((size_t)nevents + 1, sizeof(*b->events)),
		.metrics = calloc((size_t)nmetrics + 1, sizeof(*b->metrics)),
		.marks = calloc((size_t)nevents * ncpus + 1, sizeof(*b->marks)),
		.nevents = nevents,
		.nmetrics = nmetrics,
	};
	if (!b->events || !b->metrics || !b->marks) {
		books__fini(b);
		return -ENOMEM;
	}
	for (u32 i = 0; i < nevents; i++)
		b->events[i].cpus = &b->marks[(size_t)i * ncpus];
	return 0;
}

void books__fini(struct books *b)
{
	free(b->events);
	free(b->metrics);
	free(b->marks);
	*b = (struct books){0};
}

u64 event_books__lost(const struct event_books *e)
{
	return e->lost_ring_full + e->lost_no_ring;
}

u64 event_books__seen(const struct event_books *e)
{
	return e->filtered + e->accepted;
}

u64 event_books__fired(const struct event_books *e)
{
	return event_books__seen(e) + e->unpaired + e->skipped;
}

struct books_mark event_books__mark(const struct event_books *e)
{
	struct books_mark sum = {0};

	for (u32 i = 0; i < e->ncpus; i++) {
		sum.accepted += e->cpus[i].accepted;
		sum.consumed += e->cpus[i].consumed;
		sum.lost += e->cpus[i].lost;
	}
	return sum;
}

bool books_mark_balances(const struct books_mark *m)
{
	return m->accepted == m->consumed + m->lost;
}

bool event_books__balance(const struct event_books *e)
{
	for (u32 i = 0; i < e->ncpus; i++)
		if (!books_mark_balances(&e->cpus[i]))
			return false;
	return e->marks_off == 0;
}
