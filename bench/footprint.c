/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The suite `footprint`: what a running ringtally takes, and how soon it is of use, beside programs
 * that people run for the same ends. docs/overhead.md tells how to read it.
 *
 * Every program is started STARTS times, in rounds, in a random order per round, so that what the
 * machine does meanwhile meets all of them. Of each start:
 *   first_answer   exec until an answer of any kind was read from /metrics, asked every 0.5 ms
 *   first_scrape   exec until a scrape was read in which a configured metric (of node_exporter: any
 *                  node_ metric) has a live series above 0
 *   first_event    exec until bpftrace's first event is on its stdout (bench/contender_bpftrace.c)
 *   rss_anon, rss, rss_peak   from /proc/PID/status, some scrapes later
 *   bpf_maps       the kernel's memory for the maps it holds, as the kernel tells it
 *   kernel         the same as the daemon tells it: the whole, what is shared, and per event
 * and of some starts more:
 *   series/N          growth of RssAnon by N series, divided by N (bench/series_cost.c)
 *   series/N/scraped  the same after scrapes
 *   series/N/scrape_cpu  its CPU time for a scrape
 *
 * Children are asked over plain sockets from one thread, with the clock of this process, and are
 * killed with it. A peer that is not there has a row that says so in place of its first figure.
 * RINGTALLY_BENCH_STARTS=N (1 ... 1000) in the environment changes how often each
 * is started; below 10 it is a try, without the larger number of series, and the report says so.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/util.h"
#include "bench/bench.h"
#include "bench/contender.h"
#include "bench/pause.h"
#include "bench/random.h"
#include "bench/series_cost.h"

#define SUITE	   "footprint"
#define STARTS_ENV "RINGTALLY_BENCH_STARTS"

enum { STARTS = 12, STARTS_FULL = 10, STARTS_MAX = 1000 };
enum { SERIES_STARTS = 3 };
enum { BETWEEN_MS = 100 }; /* the kernel finishes taking down what the last one had attached */

static const struct contender_kind *const kinds[] = {
	&contender_ringtally, /* the first: see OURS */
	&contender_node_exporter,
	&contender_bpftrace,
};

enum { OURS = 0, NODE_EXPORTER = 1, BPFTRACE = 2, CONTENDERS = ARRAY_SIZE(kinds) };

static const u32 series_counts[] = {10000, 50000};

struct footprint {
	struct bench_options *options;
	u32 starts;
	size_t done;
	size_t all; /* steps, for the progress */
	struct contender contenders[CONTENDERS];
};

static int read_starts(u32 *ret_starts, struct err *err)
{
	const char *text = getenv(STARTS_ENV);
	unsigned long n;
	char *end;

	*ret_starts = STARTS;
	if (!text || !*text)
		return 0;
	n = strtoul(text, &end, 10);
	if (*end || n < 1 || n > STARTS_MAX)
		return err__set(err, -EINVAL, STARTS_ENV " is a number from 1 to %d", STARTS_MAX);
	*ret_starts = (u32)n;
	return 0;
}

static bool is_short(const struct footprint *f)
{
	return f->starts < STARTS_FULL;
}

static size_t series_kinds(const struct footprint *f)
{
	return is_short(f) ? 1 : ARRAY_SIZE(series_counts);
}

static u32 series_starts(const struct footprint *f)
{
	return MIN(f->starts, (u32)SERIES_STARTS);
}

static void step(struct footprint *f)
{
	progress__step(&f->options->progress, ++f->done, f->all);
}

/* Each once. A peer that fails is not measured any further; ours must not fail. */
static int run_round(struct footprint *f, struct random *random, struct err *err)
{
	size_t order[CONTENDERS];

	random__order(random, order, CONTENDERS);
	for (size_t i = 0; i < CONTENDERS; i++, step(f)) {
		struct contender *c = &f->contenders[order[i]];

		if (c->err.code)
			continue;
		if (c->kind->measure(c, f->options, &c->err) && order[i] == OURS)
			return err__set(err, c->err.code, "%s", c->err.msg);
		pause_ms(BETWEEN_MS);
	}
	return 0;
}

static int measure_series(struct footprint *f, struct err *err)
{
	for (u32 start = 0; start < series_starts(f); start++)
		for (size_t i = 0; i < series_kinds(f); i++, step(f))
			if (series_cost_measure(series_counts[i], &f->contenders[OURS].figures,
						err))
				return err->code;
	return 0;
}

static int measure(struct footprint *f, struct err *err)
{
	struct random random = RANDOM_FOR_ORDER;

	f->all = (size_t)f->starts * CONTENDERS + series_starts(f) * series_kinds(f);
	progress__begin(&f->options->progress, SUITE);
	for (u32 start = 0; start < f->starts; start++)
		if (run_round(f, &random, err))
			return err->code;
	return measure_series(f, err);
}

static void report_contender(const struct contender *c, struct bench_report *report)
{
	char subject[SUBJECT_BYTES];
	struct bench_row *row;

	figures__report(&c->figures, SUITE, report);
	if (!c->err.code)
		return;
	snprintf(subject, sizeof(subject), "%s/%s", c->kind->name,
		 c->figures.n ? "failed" : c->kind->headline);
	row = bench_report__row(report, SUITE, subject, "ms", NULL, 0);
	snprintf(row->note, sizeof(row->note), "%.*s", NOTE_BYTES - 1, c->err.msg);
}

/* Ours in parts of theirs. */
static const struct comparison {
	const char *ours;
	size_t peer;
	const char *theirs;
} comparisons[] = {
	{"first_scrape", NODE_EXPORTER, "first_scrape"},
	{"first_scrape", BPFTRACE, "first_event"},
	{"rss_anon", NODE_EXPORTER, "rss_anon"},
	{"rss_anon", BPFTRACE, "rss_anon"},
};

static void remark(const struct footprint *f, const struct comparison *c, struct bench_report *to)
{
	const struct contender *peer = &f->contenders[c->peer];
	double ours = figures__median(&f->contenders[OURS].figures, c->ours);
	double theirs = figures__median(&peer->figures, c->theirs);

	if (ours > 0 && theirs > 0)
		bench_report__remark(to, SUITE ", run %u: %s is %.2f x %s of %s%s%s", to->run,
				     c->ours, ours / theirs, c->theirs, peer->kind->name,
				     peer->version[0] ? " " : "", peer->version);
}

static void report(const struct footprint *f, struct bench_report *to)
{
	for (size_t i = 0; i < CONTENDERS; i++)
		report_contender(&f->contenders[i], to);
	for (size_t i = 0; i < ARRAY_SIZE(comparisons); i++)
		remark(f, &comparisons[i], to);
	if (is_short(f))
		bench_report__remark(to, SUITE ": %u starts are a try, not a measurement",
				     f->starts);
}

static int run(struct bench_options *options, struct bench_report *to, struct err *err)
{
	struct footprint f = {.options = options};

	if (read_starts(&f.starts, err))
		return err->code;
	for (size_t i = 0; i < CONTENDERS; i++)
		contender__init(&f.contenders[i], kinds[i]);
	if (!measure(&f, err))
		report(&f, to);
	for (size_t i = 0; i < CONTENDERS; i++)
		contender__fini(&f.contenders[i]);
	return err->code;
}

const struct bench_suite footprint_suite = {
	.name = SUITE,
	.help = "exec to first scrape, memory here and in the kernel, bytes per series, beside "
		"peers",
	.run = run,
};
