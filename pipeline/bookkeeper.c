/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/bookkeeper.h"

#include <errno.h>
#include <stdlib.h>

#include "aggregators/books.h"
#include "pipeline/collector.h"
#include "pipeline/plan.h"
#include "pipeline/route.h"

static void copy_totals(struct event_books *to, const struct ledger_totals *from)
{
	to->unpaired = from->unpaired;
	to->filtered = from->filtered;
	to->accepted = from->accepted;
	to->consumed = from->consumed;
	to->pending = from->pending;
	to->lost_ring_full = from->lost_ring_full;
	to->lost_no_ring = from->lost_no_ring;
	to->starts_refused = from->starts_refused;
	to->evictions = from->evictions;
	to->clock_skew = from->clock_skew;
}

static void copy_marks(struct event_books *to, const struct collector *c, u32 event)
{
	struct route_mark mark;

	to->marks = route__marks(c->route, event);
	to->marks_off = route__marks_off(c->route, event);
	for (u32 cpu = 0; cpu < c->ncpus; cpu++)
		if (route__mark(c->route, event, cpu, &mark))
			to->cpus[to->ncpus++] =
				(struct books_mark){cpu, mark.accepted, mark.consumed, mark.lost};
}

static void fill_event(struct event_books *to, const struct collector *c, u32 event,
		       const struct ledger_totals *totals)
{
	to->event = c->plan->events[event].schema->name;
	to->refusal = c->quiet ? collector__refusal(c, event) : "not loaded yet";
	to->skipped = collector__skipped(c, event);
	copy_totals(to, totals);
	copy_marks(to, c, event);
}

static void fill_metric(struct metric_books *to, const struct collector *c, u32 event, u32 metric)
{
	struct family_stats stats;

	family__stats(route__family(c->route, event, metric), &stats);
	*to = (struct metric_books){
		.event = event,
		.complete = event_plan__counts_all(&c->plan->events[event], metric),
		.counted = route__counted(c->route, event),
		.lost = route__lost(c->route, event),
		.retired = stats.retired,
	};
}

static void fill(struct books *b, const struct collector *c, const struct ledger_totals *totals)
{
	u32 n = 0;

	for (u32 e = 0; e < c->plan->nevents; e++) {
		fill_event(&b->events[e], c, e, &totals[e]);
		for (u32 m = 0; m < c->plan->events[e].nmetrics; m++)
			fill_metric(&b->metrics[n++], c, e, m);
	}
}

static u32 count_metrics(const struct plan *plan)
{
	u32 n = 0;

	for (u32 i = 0; i < plan->nevents; i++)
		n += plan->events[i].nmetrics;
	return n;
}

int bookkeeper_books(const struct collector *c, struct books *ret_books)
{
	const struct plan *plan = c->plan;
	struct ledger_totals *totals = calloc((size_t)plan->nevents + 1, sizeof(*totals));
	struct books books;
	int rc = totals ? books__init(&books, plan->nevents, count_metrics(plan), c->ncpus)
			: -ENOMEM;

	if (!rc) {
		collector__totals(c, totals);
		fill(&books, c, totals);
		*ret_books = books;
	}
	free(totals);
	return rc;
}
