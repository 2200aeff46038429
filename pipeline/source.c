/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What has been shown to whom is written here, into the collector's exposure: numbers when
 * snapshots are taken, how far scrapers have come when their answers were sent, and at every tick,
 * as some may have stopped coming.
 */
#include "pipeline/source.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <uv.h>

#include "aggregators/books.h"
#include "aggregators/family.h"
#include "aggregators/snapshot.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "base/util.h"
#include "exporters/scrapers.h"
#include "pipeline/bookkeeper.h"
#include "pipeline/collector.h"
#include "pipeline/drain.h"
#include "pipeline/flush.h"
#include "pipeline/plan.h"
#include "pipeline/process_stats.h"
#include "pipeline/selfstats.h"

/* /healthz: older than this many of the longest intervals between drains is not healthy. */
enum { HEALTHY_INTERVALS = 10, NS_PER_MS = 1000000 };

/* Ticks ride on flushes, which come a little early or late: one that is nearly due is due. */
#define TICK_MIN_NS (FAMILY_TICK_NS * 3 / 4)

struct source {
	struct metric_source metrics;
	struct collector *collector;
	struct drain *drain;
	struct flush *flush;
	struct flush_waiter flushed;
	bool flush_requested;
	struct collect_request *waiting; /* for the next flush */
	struct collect_request *served;	 /* by the one that was requested */
	struct scrape_stats scrapes;
	struct scrapers scrapers;
	u64 ticked_ns;
	u64 started_ms;
	bool ready;
};

static struct source *source_of(struct metric_source *metrics)
{
	return container_of(metrics, struct source, metrics);
}

static void show_self(struct source *s, struct snapshot *snapshot)
{
	const struct selfstats self = {
		.collector = s->collector,
		.drain = s->drain,
		.flush = s->flush,
		.scrapes = &s->scrapes,
		.started_ms = s->started_ms,
	};

	selfstats_snapshot(&self, snapshot);
	process_stats_snapshot(snapshot);
}

static void add_books(struct source *s, struct snapshot *snapshot)
{
	struct books *books = calloc(1, sizeof(*books));

	if (books && bookkeeper_books(s->collector, books) == 0) {
		snapshot->books = books;
		return;
	}
	free(books);
	snapshot->failed = true;
}

static struct snapshot *take_snapshot(struct source *s, const struct collect_request *req)
{
	struct snapshot *snapshot;

	if (snapshot__new(&snapshot))
		return NULL;
	snapshot->number = ++s->collector->exposure.taken;
	if (collector__snapshot(s->collector, snapshot) == 0) {
		if (!req->without_self)
			show_self(s, snapshot);
		if (req->with_books)
			add_books(s, snapshot);
		if (!snapshot__failed(snapshot))
			return snapshot;
	}
	snapshot__free(snapshot);
	return NULL;
}

static void request_flush(struct source *s)
{
	if (s->flush_requested || !s->waiting)
		return;
	s->served = s->waiting;
	s->waiting = NULL;
	s->flush_requested = true;
	flush__request(s->flush, &s->flushed);
}

static void pass_time(struct source *s)
{
	const u64 now_ns = uv_hrtime();

	if (now_ns - s->ticked_ns < TICK_MIN_NS)
		return;
	s->ticked_ns = now_ns;
	scrapers__expose(&s->scrapers, now_ns, &s->collector->exposure);
	collector__tick(s->collector, now_ns);
}

/* Time passes first: no series ends while a snapshot is out, and where scrapes are all the flushes
 * there are, one is out whenever a flush has ended. */
static void on_flushed(struct flush_waiter *waiter)
{
	struct source *s = container_of(waiter, struct source, flushed);

	s->flush_requested = false;
	pass_time(s);
	while (s->served) {
		struct collect_request *req = s->served;

		s->served = req->next;
		req->done(req, take_snapshot(s, req));
	}
	request_flush(s);
}

static void collect(struct metric_source *metrics, struct collect_request *req)
{
	struct source *s = source_of(metrics);

	req->next = s->waiting;
	s->waiting = req;
	request_flush(s);
}

static bool unlink_request(struct collect_request **list, const struct collect_request *req)
{
	for (; *list; list = &(*list)->next) {
		if (*list == req) {
			*list = req->next;
			return true;
		}
	}
	return false;
}

static void cancel(struct metric_source *metrics, struct collect_request *req)
{
	struct source *s = source_of(metrics);

	if (!unlink_request(&s->waiting, req))
		unlink_request(&s->served, req);
}

static void scraped(struct metric_source *metrics, int code, u64 duration_ns)
{
	scrape_stats__add(&source_of(metrics)->scrapes, code, duration_ns);
}

static void shown(struct metric_source *metrics, const struct scrape *scrape)
{
	struct source *s = source_of(metrics);

	scrapers__add(&s->scrapers, scrape);
	scrapers__expose(&s->scrapers, uv_hrtime(), &s->collector->exposure);
}

static void on_flush_ended(void *ctx)
{
	pass_time(ctx);
}

static int healthz(struct metric_source *metrics, struct strbuf *body)
{
	const struct source *s = source_of(metrics);
	u64 age_ms = (uv_hrtime() - drain__last_ns(s->drain)) / NS_PER_MS;

	if (age_ms > HEALTHY_INTERVALS * drain__idle_ms(s->drain)) {
		strbuf__printf(body, "the last drain was %llu ms ago\n", age_ms);
		return 503;
	}
	strbuf__puts(body, "ok\n");
	return 200;
}

static int readyz(struct metric_source *metrics, struct strbuf *body)
{
	const struct source *s = source_of(metrics);
	const struct plan *plan = s->collector->plan;

	if (!s->ready) {
		strbuf__puts(body, "loading\n");
		return 503;
	}
	strbuf__puts(body, "ready\n");
	for (u32 i = 0; i < plan->nevents; i++) {
		const char *refusal = collector__refusal(s->collector, i);

		if (refusal)
			strbuf__printf(body, "not attached: %s: %s\n", plan->events[i].schema->name,
				       refusal);
	}
	return 200;
}

static u64 wall_clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (u64)now.tv_sec * 1000 + (u64)now.tv_nsec / NS_PER_MS;
}

int source__new(struct collector *c, struct drain *d, struct flush *f, struct source **ret_source,
		struct err *err)
{
	struct source *s = calloc(1, sizeof(*s));

	if (!s)
		return err__set_errno(err, -ENOMEM, "source");
	*s = (struct source){
		.metrics = {collect, cancel, scraped, shown, healthz, readyz},
		.collector = c,
		.drain = d,
		.flush = f,
		.flushed = {.done = on_flushed},
		.started_ms = wall_clock_ms(),
	};
	scrapers__init(&s->scrapers);
	flush__listen(f, on_flush_ended, s);
	*ret_source = s;
	return 0;
}

void source__free(struct source *s)
{
	free(s);
}

struct metric_source *source__metrics(struct source *s)
{
	return &s->metrics;
}

void source__set_ready(struct source *s)
{
	s->ready = true;
}
