/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The suite `pipeline`: what the daemon's thread takes to bring a record from a ring to its series,
 * beside a callback that does nothing. docs/overhead.md tells how to read it.
 *
 * In every round each kind of record is drained by all takers, in random order. Every record may be
 * of any series, which is as bad for caches as it can be.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/util.h"
#include "bench/bench.h"
#include "bench/flow.h"
#include "bench/goal.h"
#include "bench/machine.h"
#include "bench/random.h"
#include "bench/stats.h"
#include "bench/verdict.h"

#define SUITE "pipeline"

enum { ROUNDS = 50, QUICK_ROUNDS = 3 };

static const struct flow_kind kinds[] = {
	{"1e2", "100 series, {comm, tgid}", "[comm, tgid]", 100, false},
	{"1e3", "1000 series, {comm, tgid}", "[comm, tgid]", 1000, false},
	{"1e4", "10,000 series, {comm, tgid}", "[comm, tgid]", 10000, false},
	{"1e5", "100,000 series, {comm, tgid}", "[comm, tgid]", 100000, false},
	{"1e4/comm+cgroup", "10,000 series, {comm, cgroup}", "[comm, cgroup]", 10000, false},
	{"1e2/histogram", "100 series of 27 buckets, {tgid}", "[tgid]", 100, true},
	{"1e4/histogram", "10,000 series of 27 buckets, {tgid}", "[tgid]", 10000, true},
};

enum { FEW = 0, MANY = 3, KINDS = ARRAY_SIZE(kinds), TAKERS = FLOW_TAKERS, CELLS = KINDS * TAKERS };

static const char *const taker_names[TAKERS] = {"libbpf", "drain", "aggregate"};

struct pipeline {
	struct bench_options *options;
	struct flow flows[KINDS];
	double *samples[KINDS][TAKERS]; /* ns a record, of each round */
	size_t rounds;
};

/* ---- measuring ---- */

static int run_rounds(struct pipeline *p, struct err *err)
{
	struct random random = RANDOM_FOR_ORDER;
	size_t order[CELLS];

	for (size_t round = 0; round < p->rounds; round++) {
		random__order(&random, order, CELLS);
		for (u32 i = 0; i < CELLS; i++) {
			const u32 kind = (u32)order[i] / TAKERS, taker = (u32)order[i] % TAKERS;

			if (flow__run(&p->flows[kind], taker, &p->samples[kind][taker][round], err))
				return err->code;
		}
		progress__step(&p->options->progress, round + 1, p->rounds);
	}
	for (u32 i = 0; i < KINDS; i++)
		if (flow__check(&p->flows[i], err))
			return err->code;
	return 0;
}

/* ---- what came out ---- */

/* How many times as long as the bare drain, in pairs of the same round. */
static struct estimate times_drain(const struct pipeline *p, u32 kind)
{
	double *list = calloc(p->rounds, sizeof(*list));
	struct estimate e = estimate_none;

	for (size_t i = 0; list && i < p->rounds; i++)
		list[i] = p->samples[kind][FLOW_SERIES][i] / p->samples[kind][FLOW_NOBODY][i];
	if (list)
		e = stats_estimate(list, p->rounds);
	free(list);
	return e;
}

static void report_cell(const struct pipeline *p, u32 kind, u32 taker, struct bench_report *to)
{
	char subject[SUBJECT_BYTES];
	struct bench_row *row;

	snprintf(subject, sizeof(subject), "%s/%s", kinds[kind].name, taker_names[taker]);
	row = bench_report__row(to, SUITE, subject, "ns", p->samples[kind][taker], p->rounds);
	row->events = p->rounds * FLOW_RECORDS;
	if (taker == FLOW_SERIES)
		snprintf(row->note, sizeof(row->note), "%.1f M/s a core, %.2f x the bare drain: %s",
			 1000 / row->value.median, times_drain(p, kind).median, kinds[kind].help);
	else
		snprintf(row->note, sizeof(row->note), "%.1f M/s a core", 1000 / row->value.median);
}

static void judge(const struct pipeline *p, struct bench_report *to)
{
	struct goal few = {.what = "aggregating 100 keys, beside the bare drain",
			   .unit = " x",
			   .wanted = 4,
			   .at_most = true};
	struct goal many = {.what = "aggregating 100,000 keys, beside the bare drain",
			    .unit = " x",
			    .wanted = 9,
			    .at_most = true};

	goal__see(&few, times_drain(p, FEW).median, kinds[FEW].name);
	goal__see(&many, times_drain(p, MANY).median, kinds[MANY].name);
	goal__report(&few, SUITE, to);
	goal__report(&many, SUITE, to);
}

static void report(const struct pipeline *p, struct bench_report *to)
{
	for (u32 kind = 0; kind < KINDS; kind++)
		for (u32 taker = 0; taker < TAKERS; taker++)
			report_cell(p, kind, taker, to);
	judge(p, to);
}

/* ---- the suite ---- */

static int init(struct pipeline *p, struct err *err)
{
	p->rounds = p->options->quick ? QUICK_ROUNDS : ROUNDS;
	for (u32 i = 0; i < KINDS; i++) {
		for (u32 taker = 0; taker < TAKERS; taker++) {
			p->samples[i][taker] = calloc(p->rounds, sizeof(double));
			if (!p->samples[i][taker])
				return err__set_errno(err, -ENOMEM, SUITE);
		}
		if (flow__open(&p->flows[i], &kinds[i], err))
			return err->code;
	}
	return 0;
}

static void fini(struct pipeline *p)
{
	for (u32 i = 0; i < KINDS; i++) {
		flow__close(&p->flows[i]);
		for (u32 taker = 0; taker < TAKERS; taker++)
			free(p->samples[i][taker]);
	}
}

static int run(struct bench_options *options, struct bench_report *to, struct err *err)
{
	const struct cpu_pair cpus = machine_choose_cpus();
	const struct cpu_ticks before = machine_ticks(cpus.measured);
	struct pipeline p = {.options = options};
	int rc = machine_pin(cpus.measured, err);

	progress__begin(&options->progress, SUITE);
	if (!rc)
		rc = init(&p, err);
	if (!rc)
		rc = run_rounds(&p, err);
	machine_unpin(&cpus);
	if (!rc)
		report(&p, to);
	fini(&p);
	if (options->quick)
		bench_report__remark(to, SUITE ": --quick is a try, not a measurement");
	verdict_give(to, SUITE, cpus.measured, &before);
	return rc;
}

const struct bench_suite pipeline_suite = {
	.name = SUITE,
	.help = "the CPU time of bringing a record from a ring to its series, beside a bare drain",
	.run = run,
};
