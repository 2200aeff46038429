/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/flush_cost.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/util.h"
#include "bench/bench.h"
#include "bench/emitter.h"
#include "bench/hook.h"
#include "bench/key.h"
#include "bench/pause.h"
#include "bench/rounds.h"
#include "bench/sequence.h"
#include "bench/stub.h"
#include "bench/worker.h"
#include "bpf/wire.h"
#include "pipeline/collector.h"
#include "pipeline/plan.h"

/* Keys for a full call: so many that two of them hardly ever share a slot and 512 are touched. */
enum { FULL_KEYS = 700, FEW_KEYS = 16, CALLS = 1000, QUICK_CALLS = 50 };

struct flush_case {
	const char *subject;
	u32 slots; /* of the table */
	u32 keys;  /* that are counted before each flush */
	bool other_cpu;
};

static const struct flush_case cases[] = {
	{"flush/512-of-16384", 16384, FULL_KEYS, false},
	{"flush/512-of-16384/other-cpu", 16384, FULL_KEYS, true},
	{"flush/16-of-1024", 1024, FEW_KEYS, false},
	{"flush/16-of-16384", 16384, FEW_KEYS, false},
};

struct flush_run {
	const struct flush_case *what;
	const struct rounds *rounds;
	struct emitter emitter;
	struct sequence keys;
	u32 object;
	u32 cpu; /* whose table is flushed */
	double samples[CALLS];
	size_t n;
};

static void make_calls(void *ctx)
{
	const struct flush_run *run = ctx;

	run->rounds->hook->fire(run->keys.arguments, run->keys.n);
}

/* Counts the keys on the CPU that is to be flushed. */
static void touch(struct flush_run *run)
{
	if (!run->what->other_cpu) {
		make_calls(run);
		return;
	}
	worker__start(run->rounds->worker, make_calls, run);
	worker__wait(run->rounds->worker);
}

/* What a full call has left, and what it has put into the ring. */
static int clean_up(struct flush_run *run, struct err *err)
{
	const struct collector *c = run->emitter.collector;
	int rc = 0;

	while (rc >= 0 && collector__needs_flush(c, run->object, run->cpu)) {
		rc = collector__flush(c, run->object, run->cpu);
		emitter__drain(&run->emitter);
	}
	return rc < 0 ? err__set_errno(err, rc, "flush") : 0;
}

static int measure_call(struct flush_run *run, double *ret_us, struct err *err)
{
	const struct collector *c = run->emitter.collector;
	u64 begin;
	int rc;

	touch(run);
	begin = pause_now_ns();
	rc = collector__flush(c, run->object, run->cpu);
	*ret_us = (double)(pause_now_ns() - begin) / 1000;
	if (rc < 0)
		return err__set_errno(err, rc, "flush");
	emitter__drain(&run->emitter);
	return clean_up(run, err);
}

static int measure(struct flush_run *run, struct progress *progress, struct err *err)
{
	const int fd = emitter__program(&run->emitter, 0, 0, NULL);
	int rc = stub__fill(run->rounds->stub, fd, err);

	if (!rc) { /* the first call is cold */
		touch(run);
		rc = clean_up(run, err);
	}
	for (size_t i = 0; !rc && i < run->n; i++) {
		rc = measure_call(run, &run->samples[i], err);
		progress__step(progress, i, run->n);
	}
	return rc;
}

static void put_row(const struct flush_run *run, const char *suite, struct bench_report *report)
{
	struct bench_row *row =
		bench_report__row(report, suite, run->what->subject, "us", run->samples, run->n);

	snprintf(row->note, sizeof(row->note), "p99 %.1f us; a call moves at most %d slots",
		 stats_quantile(run->samples, run->n, 0.99), WIRE_FLUSH_SLOTS);
}

static int open_run(struct flush_run *run, struct err *err)
{
	char settings[64];
	int rc = sequence__all(run->what->keys, &run->keys);

	if (rc)
		return err__set_errno(err, rc, "arguments");
	snprintf(settings, sizeof(settings), "delivery: combine, slots: %u", run->what->slots);
	rc = emitter__open_call(&run->emitter, run->rounds->hook, &long_keys[0], settings, NULL,
				err);
	if (!rc)
		run->object = run->emitter.collector->plan->events[0].object;
	return rc;
}

static int run_case(struct flush_run *run, const char *suite, struct bench_options *options,
		    struct bench_report *report, struct err *err)
{
	int rc = open_run(run, err);

	progress__begin(&options->progress, run->what->subject);
	if (!rc)
		rc = measure(run, &options->progress, err);
	if (!rc)
		put_row(run, suite, report);
	stub__empty(run->rounds->stub);
	emitter__close(&run->emitter);
	sequence__fini(&run->keys);
	return rc;
}

int flush_cost_measure(struct bench_options *options, const char *suite,
		       const struct rounds *rounds, const struct cpu_pair *cpus,
		       struct bench_report *report, struct err *err)
{
	struct flush_run *run = calloc(1, sizeof(*run));
	int rc = 0;

	if (!run)
		return err__set_errno(err, -ENOMEM, "flush");
	for (size_t i = 0; !rc && i < ARRAY_SIZE(cases); i++) {
		const struct flush_case *what = &cases[i];

		if (what->other_cpu && cpus->helper == cpus->measured)
			continue;
		*run = (struct flush_run){
			.what = what,
			.rounds = rounds,
			.emitter.object_fd = -1,
			.cpu = what->other_cpu ? cpus->helper : cpus->measured,
			.n = options->quick ? QUICK_CALLS : CALLS,
		};
		rc = run_case(run, suite, options, report, err);
	}
	free(run);
	return rc;
}
