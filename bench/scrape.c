/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The suite `scrape`: what a scrape takes of the daemon's thread, by the number of its lines,
 * beside a program that prints them itself and beside no work at all. docs/overhead.md tells how to
 * read it.
 *
 * All pages are written in all ways (bench/page.h) once in every round, in random order, so that
 * what the machine does meanwhile meets all of them, and that caches hold what others left in them,
 * as they do when a scrape arrives. A sample is the thread's CPU time; what is compared is compared
 * in the same round.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/util.h"
#include "bench/bench.h"
#include "bench/goal.h"
#include "bench/machine.h"
#include "bench/page.h"
#include "bench/pause.h"
#include "bench/random.h"
#include "bench/stats.h"
#include "bench/verdict.h"

#define SUITE "scrape"

enum { ROUNDS = 100, QUICK_ROUNDS = 3 };

static const size_t page_lines[] = {1000, 10000, 100000};

static const struct page_way *const ways[] = {
	&page_text, &page_gzip, &page_snapshot, &page_snprintf, &page_memcpy,
};

enum { TEXT = 0, SNPRINTF = 3, WAYS = ARRAY_SIZE(ways), PAGES = ARRAY_SIZE(page_lines) };
enum { CELLS = PAGES * WAYS };
enum { SOME = 1, MANY = 2 }; /* pages that are judged */

/* A page written in one way. */
struct cell {
	struct page *page;
	const struct page_way *way;
	size_t bytes;	 /* that it wrote */
	double *samples; /* us of each round */
};

struct scrape {
	struct bench_options *options;
	struct page pages[PAGES];
	struct cell cells[PAGES][WAYS];
	size_t rounds;
};

/* ---- measuring ---- */

static void measure(struct cell *c, size_t round)
{
	const u64 begin = pause_thread_ns();

	c->bytes = c->way->write(c->page);
	c->samples[round] = (double)(pause_thread_ns() - begin) / 1000;
}

static int run_rounds(struct scrape *s, struct err *err)
{
	struct random random = RANDOM_FOR_ORDER;
	size_t order[CELLS];

	for (size_t round = 0; round < s->rounds; round++) {
		random__order(&random, order, CELLS);
		for (size_t i = 0; i < CELLS; i++) {
			struct cell *c = &s->cells[order[i] / WAYS][order[i] % WAYS];

			measure(c, round);
			if (!c->bytes)
				return err__set_errno(err, -ENOMEM, "%zu lines, %s",
						      c->page->nlines, c->way->name);
		}
		progress__step(&s->options->progress, round + 1, s->rounds);
	}
	return 0;
}

/* ---- what came out ---- */

/* How many times as long as another cell, in pairs of the same round. */
static struct estimate ratio(const struct scrape *s, const struct cell *a, const struct cell *b)
{
	double *list = calloc(s->rounds, sizeof(*list));
	struct estimate e = estimate_none;

	for (size_t i = 0; list && i < s->rounds; i++)
		list[i] = a->samples[i] / b->samples[i];
	if (list)
		e = stats_estimate(list, s->rounds);
	free(list);
	return e;
}

static void report_cell(const struct scrape *s, const struct cell *c, const struct cell *snprintf_,
			struct bench_report *to)
{
	char subject[SUBJECT_BYTES];
	struct bench_row *row;

	snprintf(subject, sizeof(subject), "%zu/%s", c->page->nlines, c->way->name);
	row = bench_report__row(to, SUITE, subject, "us", c->samples, s->rounds);
	snprintf(row->note, sizeof(row->note), "%.3g ns a line, %.2f x snprintf, %zu bytes: %s",
		 row->value.median * 1000 / (double)c->page->nlines, ratio(s, c, snprintf_).median,
		 c->bytes, c->way->help);
}

static void judge(const struct scrape *s, struct bench_report *to)
{
	struct goal cheap = {.what = "text of a scrape, beside one snprintf per line",
			     .unit = " x",
			     .wanted = 0.25,
			     .at_most = true};
	struct goal linear = {.what = "100,000 lines, beside 10,000",
			      .unit = " x",
			      .wanted = 11,
			      .at_most = true};

	for (size_t i = SOME; i <= MANY; i++) {
		char where[SUBJECT_BYTES];

		snprintf(where, sizeof(where), "%zu lines", page_lines[i]);
		goal__see(&cheap, ratio(s, &s->cells[i][TEXT], &s->cells[i][SNPRINTF]).median,
			  where);
	}
	goal__see(&linear, ratio(s, &s->cells[MANY][TEXT], &s->cells[SOME][TEXT]).median, "text");
	goal__report(&cheap, SUITE, to);
	goal__report(&linear, SUITE, to);
}

static void report(const struct scrape *s, struct bench_report *to)
{
	for (size_t i = 0; i < PAGES; i++)
		for (size_t w = 0; w < WAYS; w++)
			report_cell(s, &s->cells[i][w], &s->cells[i][SNPRINTF], to);
	judge(s, to);
}

/* ---- the suite ---- */

static int init(struct scrape *s, struct err *err)
{
	s->rounds = s->options->quick ? QUICK_ROUNDS : ROUNDS;
	for (size_t i = 0; i < PAGES; i++) {
		if (page__init(&s->pages[i], page_lines[i], err))
			return err->code;
		for (size_t w = 0; w < WAYS; w++) {
			s->cells[i][w] = (struct cell){
				.page = &s->pages[i],
				.way = ways[w],
				.samples = calloc(s->rounds, sizeof(double)),
			};
			if (!s->cells[i][w].samples)
				return err__set_errno(err, -ENOMEM, SUITE);
		}
	}
	return 0;
}

static void fini(struct scrape *s)
{
	for (size_t i = 0; i < PAGES; i++) {
		page__fini(&s->pages[i]);
		for (size_t w = 0; w < WAYS; w++)
			free(s->cells[i][w].samples);
	}
}

static int run(struct bench_options *options, struct bench_report *to, struct err *err)
{
	const struct cpu_pair cpus = machine_choose_cpus();
	const struct cpu_ticks before = machine_ticks(cpus.measured);
	struct scrape s = {.options = options};
	int rc;

	progress__begin(&options->progress, SUITE);
	rc = init(&s, err);
	if (!rc)
		rc = machine_pin(cpus.measured, err);
	if (!rc)
		rc = run_rounds(&s, err);
	machine_unpin(&cpus);
	if (!rc)
		report(&s, to);
	fini(&s);
	if (options->quick)
		bench_report__remark(to, SUITE ": --quick is a try, not a measurement");
	verdict_give(to, SUITE, cpus.measured, &before);
	return rc;
}

const struct bench_suite scrape_suite = {
	.name = SUITE,
	.help = "the CPU time of a scrape of 1000 to 100,000 lines, beside one snprintf per line",
	.unprivileged = true,
	.run = run,
};
