/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/shipped.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/util.h"
#include "bench/bench.h"
#include "bench/emitter.h"
#include "bench/event_load.h"
#include "bench/pause.h"
#include "bench/peer.h"
#include "bench/random.h"
#include "bench/stub.h"
#include "bench/worker.h"
#include "pipeline/collector.h"
#include "pipeline/plan.h"

enum { PROGRAMS_MAX = 16, PAIRS = 100, QUICK_PAIRS = 12 };

/* One event of the config under measurement. */
struct shipped {
	const struct emitter *emitter;
	u32 event;
	const struct event_load *load;
	void *load_ctx;
	u32 load_cpu;
	struct stub *stubs[PROGRAMS_MAX];
	int programs[PROGRAMS_MAX];
	u32 nprograms;
	u32 xlated_bytes;
	struct worker *worker;
	u64 consumer_ns;
	size_t made; /* events, with the slots filled */
};

static int attach_stubs(struct shipped *s, struct err *err)
{
	const struct stub_filter all = {0};
	const char *hook;
	int fd, rc = 0;

	for (u32 i = 0; !rc && i < PROGRAMS_MAX; i++) {
		fd = emitter__program(s->emitter, s->event, i, &hook);
		if (fd < 0)
			break;
		if (!s->load)
			s->load = event_load_for(hook);
		s->xlated_bytes += program_xlated_bytes(fd);
		s->programs[i] = fd;
		rc = stub__attach(hook, all, &s->stubs[i], err);
		if (!rc)
			s->nprograms++;
	}
	return rc;
}

static void detach_stubs(struct shipped *s)
{
	for (u32 i = 0; i < s->nprograms; i++)
		stub__detach(s->stubs[i]);
}

static int fill(struct shipped *s, bool filled, struct err *err)
{
	int rc = 0;

	for (u32 i = 0; !rc && i < s->nprograms; i++) {
		if (filled)
			rc = stub__fill(s->stubs[i], s->programs[i], err);
		else
			stub__empty(s->stubs[i]);
	}
	return rc;
}

static void drain_job(void *ctx)
{
	struct shipped *s = ctx;
	u64 begin = thread_cpu_ns();

	emitter__drain(s->emitter);
	s->consumer_ns += thread_cpu_ns() - begin;
}

/* ns per event of one block. */
static int measure_block(struct shipped *s, bool filled, double *ret_ns, struct err *err)
{
	size_t events = s->load->events;
	u64 begin;
	int rc = fill(s, filled, err);

	if (!rc) /* what the switch has left cold */
		rc = s->load->make(s->load_ctx, events / 10, err);
	begin = pause_now_ns();
	if (!rc)
		rc = s->load->make(s->load_ctx, events, err);
	*ret_ns = (double)(pause_now_ns() - begin) / (double)events;
	if (filled) {
		s->made += events + events / 10;
		worker__start(s->worker, drain_job, s);
		worker__wait(s->worker);
	}
	return rc;
}

/* One sample: what the programs add to an event, from a block with and one without them. */
static int measure_pair(struct shipped *s, struct random *random, double *ret_ns, struct err *err)
{
	bool first = random__next(random) >> 63;
	double with = 0, without = 0;
	int rc = measure_block(s, first, first ? &with : &without, err);

	if (!rc)
		rc = measure_block(s, !first, first ? &without : &with, err);
	*ret_ns = with - without;
	return rc;
}

static u64 lost_of(const struct emitter *e, u32 event)
{
	struct ledger_totals *totals = calloc(e->collector->plan->nevents + 1, sizeof(*totals));
	u64 lost = 0;

	if (!totals)
		return 0;
	collector__totals(e->collector, totals);
	lost = ledger_lost(&totals[event]);
	free(totals);
	return lost;
}

static void put_row(const struct shipped *s, struct bench_row *row)
{
	row->xlated_bytes = s->xlated_bytes;
	row->consumer_ns = (double)s->consumer_ns / (double)s->made;
	row->events = s->made;
	row->counts = true;
	row->lost = lost_of(s->emitter, s->event);
	if (row->value.lo <= 0 && row->value.hi >= 0)
		snprintf(row->note, sizeof(row->note), "below noise; %s", s->load->help);
	else
		snprintf(row->note, sizeof(row->note), "%s", s->load->help);
}

static int measure_event(struct shipped *s, struct bench_options *options, const char *suite,
			 const char *subject, struct bench_report *report, struct err *err)
{
	size_t pairs = options->quick ? QUICK_PAIRS : PAIRS;
	double samples[PAIRS];
	struct random random = {0x9e3779b97f4a7c15ULL};
	int rc = s->load->start(s->load_cpu, &s->load_ctx, err);

	for (size_t i = 0; !rc && i < pairs; i++) {
		rc = measure_pair(s, &random, &samples[i], err);
		progress__step(&options->progress, i, pairs);
	}
	if (!rc)
		put_row(s, bench_report__row(report, suite, subject, "ns/event", samples, pairs));
	s->load->stop(s->load_ctx);
	return rc;
}

static void put_reason(struct bench_report *report, const char *suite, const char *subject,
		       const char *reason)
{
	struct bench_row *row = bench_report__row(report, suite, subject, "ns/event", NULL, 0);

	snprintf(row->note, sizeof(row->note), "%s", reason);
}

/* What keeps one event from being measured stands in its row, and the others are measured. */
static void measure_or_tell(struct shipped *s, struct bench_options *options, const char *suite,
			    struct bench_report *report)
{
	const struct collector *c = s->emitter->collector;
	const char *refusal = collector__refusal(c, s->event);
	char subject[SUBJECT_BYTES];
	struct err err = {0};

	snprintf(subject, sizeof(subject), "event/%s", c->plan->events[s->event].schema->name);
	progress__begin(&options->progress, subject);
	if (refusal) {
		put_reason(report, suite, subject, refusal);
		return;
	}
	attach_stubs(s, &err);
	if (!s->load)
		err__set(&err, -EOPNOTSUPP, "the bench has no work that fires it");
	if (!err.code && s->load)
		measure_event(s, options, suite, subject, report, &err);
	if (err.code)
		put_reason(report, suite, subject, err.msg);
	detach_stubs(s);
}

int shipped_measure(struct bench_options *options, const char *suite, u32 cpu,
		    struct worker *worker, struct bench_report *report, struct err *err)
{
	struct emitter emitter;
	int rc = emitter__open(&emitter, options->config, err);

	if (rc)
		return rc;
	for (u32 i = 0; i < emitter.collector->plan->nevents; i++) {
		struct shipped s = {
			.emitter = &emitter, .event = i, .worker = worker, .load_cpu = cpu};

		measure_or_tell(&s, options, suite, report);
	}
	emitter__close(&emitter);
	return 0;
}
