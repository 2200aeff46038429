/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The suite `aggregators`: how fast a metric with limits takes its events, how much of them it
 * names, and what that takes. docs/overhead.md tells how to read it.
 *
 * Streams are generated (Zipf, uniform, a hot set that moves) or from life: the words of installed
 * texts, and the system calls of a compile, captured through our own probe at the beginning. On
 * each of them every way of counting takes part (bench/contest.h), and is held against the true
 * counts.
 */
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "base/util.h"
#include "bench/bench.h"
#include "bench/contest.h"
#include "bench/epoch_pause.h"
#include "bench/goal.h"
#include "bench/machine.h"
#include "bench/stream.h"
#include "bench/stream_calls.h"
#include "bench/stream_drawn.h"
#include "bench/stream_words.h"
#include "bench/truth.h"
#include "bench/verdict.h"
#include "pipeline/caps.h"

#define SUITE "aggregators"

enum {
	LIMIT = 1000,	      /* series of the counter */
	CALLS_LIMIT = 100,    /* ... by command and call: there are some hundred keys */
	TOP = 100,	      /* k, and of the recall */
	COUNTERS = 1536,      /* of the tracker that stands alone */
	WORD_COUNTERS = 3072, /* ... on words */
	DRAWN_EVENTS = 10000000,
	CALLS = 2000000,
	QUICK_DIVISOR = 20,
	EPOCH_LIMIT = 10000,
	EPOCHS = 500,
};

static const struct stream_draw draws[] = {
	{.name = "zipf1.0-1e6", .keys = 1000000, .exponent = 1.0, .n = DRAWN_EVENTS},
	{.name = "zipf1.2-1e6", .keys = 1000000, .exponent = 1.2, .n = DRAWN_EVENTS},
	{.name = "uniform-2e5", .keys = 200000, .n = DRAWN_EVENTS},
	{.name = "moving",
	 .keys = 200000,
	 .exponent = 1.0,
	 .hot = {.share = 0.6, .keys = 100, .stay = 1200000},
	 .n = DRAWN_EVENTS},
};

/* The table of docs/overhead.md, in its order. */
enum target {
	TARGET_SPEED,
	TARGET_RATIO,
	TARGET_RECALL_ZIPF,
	TARGET_RECALL_WORDS,
	TARGET_RECALL_CALLS,
	TARGET_NAMED,
	TARGET_NAMED_WORDS,
	TARGET_MEMORY,
	TARGET_ALLOCATIONS,
	TARGET_PAUSE,
	TARGETS,
};

static const struct goal targets[TARGETS] = {
	[TARGET_SPEED] = {.what = "events a second and core", .unit = " M", .wanted = 10},
	[TARGET_RATIO] = {.what = "as fast as a growing exact table", .unit = " x", .wanted = 0.7},
	[TARGET_RECALL_ZIPF] = {.what = "the tracker's recall of the heaviest 100, Zipf",
				.unit = "",
				.wanted = 1},
	[TARGET_RECALL_WORDS] = {.what = "the tracker's recall of the heaviest 100, words",
				 .unit = "",
				 .wanted = 0.97},
	[TARGET_RECALL_CALLS] = {.what = "the tracker's recall of the heaviest 100, system calls",
				 .unit = "",
				 .wanted = 0.98},
	[TARGET_NAMED] = {.what = "events in series of their own, in parts of what can be named "
				  "knowing the future",
			  .unit = "",
			  .wanted = 0.95},
	[TARGET_NAMED_WORDS] = {.what = "events in series of their own, beside first come, first "
					"served, words",
				.unit = " x",
				.wanted = 2},
	[TARGET_MEMORY] = {.what = "memory of a counter of 1000 series",
			   .unit = " KiB",
			   .wanted = 256,
			   .at_most = true},
	[TARGET_ALLOCATIONS] = {.what = "memory that a counter took after its start",
				.unit = " bytes",
				.wanted = 0,
				.at_most = true},
	[TARGET_PAUSE] = {.what = "CPU time of an epoch of a counter of 10,000 series, p99",
			  .unit = " us",
			  .wanted = 1000,
			  .at_most = true},
};

struct suite {
	struct bench_options *options;
	struct bench_report *report;
	struct cpu_pair cpus;
	struct goal goals[TARGETS];
};

/* What a stream is held to besides speed and memory. */
struct expectation {
	u32 limit;
	u32 counters;
	int recall; /* enum target; TARGETS: none */
	bool ratio;
	bool named;
	bool words;
};

static size_t shortened(const struct suite *s, size_t n)
{
	return s->options->quick ? n / QUICK_DIVISOR : n;
}

/* At the slow pace: at the usual one a stream is hardly longer than a series lingers, and while
 * those that linger keep their places nobody takes them. */
static void see_named(struct suite *s, const struct contest *c, const struct truth *truth,
		      const struct expectation *what)
{
	const double named = contest__named(c, &tally_family_slow);
	const char *where = c->stream->name;

	if (what->named)
		goal__see(&s->goals[TARGET_NAMED], named / truth__oracle_share(truth, what->limit),
			  where);
	if (what->words)
		goal__see(&s->goals[TARGET_NAMED_WORDS],
			  named / truth__first_come_share(truth, what->limit), where);
}

static void see_memory(struct suite *s, const struct contest *c)
{
	const struct contest_entry *e = contest__entry(c, &tally_family);
	const char *where = c->stream->name;

	if (!e || !e->heap_begin)
		return;
	if (e->spec.limit == LIMIT)
		goal__see(&s->goals[TARGET_MEMORY], (double)(e->heap_begin + e->heap_grown) / 1024,
			  where);
	goal__see(&s->goals[TARGET_ALLOCATIONS], (double)e->heap_grown, where);
}

static void judge(struct suite *s, const struct contest *c, const struct truth *truth,
		  const struct expectation *what)
{
	const char *where = c->stream->name;

	goal__see(&s->goals[TARGET_SPEED], contest__speed(c, &tally_family), where);
	if (what->ratio)
		goal__see(&s->goals[TARGET_RATIO], contest__ratio(c, &tally_family), where);
	if (what->recall < TARGETS)
		goal__see(&s->goals[what->recall], contest__recall(c, truth, &tally_tracker, TOP),
			  where);
	see_named(s, c, truth, what);
	see_memory(s, c);
}

static void put_oracle(const struct suite *s, const struct contest *c, const struct truth *truth,
		       u32 limit)
{
	const double share = 100 * truth__oracle_share(truth, limit);
	char subject[SUBJECT_BYTES];
	struct bench_row *row;

	snprintf(subject, sizeof(subject), "%s/oracle/named", c->stream->name);
	row = bench_report__row(s->report, SUITE, subject, "%", &share, 1);
	row->events = c->stream->n;
	snprintf(row->note, sizeof(row->note),
		 "of the events have one of the %u heaviest keys, out of %u", limit,
		 c->stream->nkeys);
}

static int hold(struct suite *s, struct contest *c, const struct truth *truth,
		const struct expectation *what, struct err *err)
{
	int rc = machine_pin(s->cpus.measured, err);

	contest__enter(c, &tally_exact, &tally_exact, 0, 0);
	contest__enter(c, &tally_exact_labels, &tally_exact, 0, 0);
	contest__enter(c, &tally_first_come, &tally_exact, what->limit, 0);
	contest__enter(c, &tally_family, &tally_exact, what->limit, 0);
	contest__enter(c, &tally_family_labels, &tally_exact_labels, what->limit, 0);
	contest__enter(c, &tally_family_slow, &tally_exact, what->limit, 0);
	contest__enter(c, &tally_topk, &tally_exact, TOP, 0);
	contest__enter(c, &tally_tracker, &tally_exact, TOP, what->counters);
	contest__enter(c, &tally_tracker_small, &tally_exact, TOP, what->counters);
	progress__begin(&s->options->progress, c->stream->name);
	if (!rc)
		rc = contest__run(c, &s->options->progress, err);
	machine_unpin(&s->cpus);
	if (rc)
		return rc;
	put_oracle(s, c, truth, what->limit);
	contest__report(c, truth, TOP, SUITE, s->report);
	judge(s, c, truth, what);
	return 0;
}

static int run_stream(struct suite *s, const struct stream *stream, const struct expectation *what,
		      struct err *err)
{
	struct contest contest;
	struct truth truth;
	int rc = truth__init(&truth, stream);

	if (rc)
		return err__set_errno(err, rc, "%s", stream->name);
	contest__init(&contest, stream);
	rc = hold(s, &contest, &truth, what, err);
	contest__fini(&contest);
	truth__fini(&truth);
	return rc;
}

static void put_pause(const struct suite *s, const char *subject, const double *us, size_t n)
{
	struct bench_row *row = bench_report__row(s->report, SUITE, subject, "us", us, n);

	snprintf(row->note, sizeof(row->note),
		 "the longest tick of each of %zu epochs: p99 %.0f us, at most %.0f us", n,
		 stats_quantile(us, n, 0.99), stats_quantile(us, n, 1));
}

/* The target is for CPU time: what others take of a shared machine is no pause of ours. */
static int measure_pause(struct suite *s, const struct stream *stream, struct err *err)
{
	struct epoch_pause pause;
	double p99;
	int rc = machine_pin(s->cpus.measured, err);

	progress__begin(&s->options->progress, "epoch");
	if (!rc)
		rc = epoch_pause__measure(&pause, stream, EPOCH_LIMIT, shortened(s, EPOCHS),
					  &s->options->progress, err);
	machine_unpin(&s->cpus);
	if (rc)
		return rc;
	p99 = stats_quantile(pause.cpu_us, pause.n, 0.99);
	goal__see(&s->goals[TARGET_PAUSE], p99, stream->name);
	put_pause(s, "epoch/10000", pause.cpu_us, pause.n);
	put_pause(s, "epoch/10000/wall", pause.wall_us, pause.n);
	epoch_pause__fini(&pause);
	return 0;
}

static int run_drawn(struct suite *s, const struct stream_draw *draw, struct err *err)
{
	const bool zipf = draw->exponent > 0 && !(draw->hot.share > 0);
	const bool first = draw == &draws[0];
	const struct expectation what = {
		.limit = LIMIT,
		.counters = COUNTERS,
		.recall = zipf ? TARGET_RECALL_ZIPF : TARGETS,
		.ratio = first,
	};
	struct stream_draw shorter = *draw;
	struct stream stream;
	int rc;

	progress__begin(&s->options->progress, draw->name);
	shorter.n = shortened(s, draw->n);
	if (stream_draw(&shorter, &stream))
		return err__set_errno(err, -ENOMEM, "%s", draw->name);
	rc = run_stream(s, &stream, &what, err);
	if (!rc && first)
		rc = measure_pause(s, &stream, err);
	stream__fini(&stream);
	return rc;
}

static void leave_out(const struct suite *s, const char *stream, const struct err *why)
{
	struct bench_row *row = bench_report__row(s->report, SUITE, stream, "ns", NULL, 0);

	snprintf(row->note, sizeof(row->note), "left out: %.*s", NOTE_BYTES - 16, why->msg);
}

static int run_words(struct suite *s, struct err *err)
{
	static const char *const folders[] = {"/usr/include", "/usr/share/doc", NULL};
	static const struct expectation what = {
		.limit = LIMIT,
		.counters = WORD_COUNTERS,
		.recall = TARGET_RECALL_WORDS,
		.named = true,
		.words = true,
	};
	const size_t most = s->options->quick ? DRAWN_EVENTS / QUICK_DIVISOR : SIZE_MAX;
	struct err refusal = {0};
	struct stream stream;
	int rc;

	progress__begin(&s->options->progress, "words");
	if (stream_read_words(folders, most, &stream, &refusal)) {
		leave_out(s, "words", &refusal);
		return 0;
	}
	rc = run_stream(s, &stream, &what, err);
	stream__fini(&stream);
	return rc;
}

/* By command and call, and by process besides: there a key is as short-lived as its process. */
static int run_both_calls(struct suite *s, const struct stream *by_process, struct err *err)
{
	static const struct expectation few = {
		.limit = CALLS_LIMIT,
		.counters = COUNTERS,
		.recall = TARGET_RECALL_CALLS,
		.named = true,
	};
	static const struct expectation many = {
		.limit = LIMIT,
		.counters = COUNTERS,
		.recall = TARGET_RECALL_CALLS,
	};
	struct stream by_command;
	int rc = stream_drop_labels(by_process, "calls", 2, &by_command);

	if (rc)
		return err__set_errno(err, rc, "calls");
	rc = run_stream(s, &by_command, &few, err);
	stream__fini(&by_command);
	return rc ? rc : run_stream(s, by_process, &many, err);
}

static int run_calls(struct suite *s, struct err *err)
{
	struct err refusal = {0};
	struct stream stream;
	u64 lost = 0;
	int rc;

	progress__begin(&s->options->progress, "capturing the calls of a compile");
	if (caps_check(NULL, &refusal) ||
	    stream_capture_calls(shortened(s, CALLS), &s->options->progress, &stream, &lost,
				 &refusal)) {
		leave_out(s, "calls", &refusal);
		return 0;
	}
	bench_report__remark(
		s->report,
		SUITE ": captured %zu system calls of a compile by %s; %llu found the ring full",
		stream.n, "delivery: stream", lost);
	rc = run_both_calls(s, &stream, err);
	stream__fini(&stream);
	return rc;
}

static int run_all(struct suite *s, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < ARRAY_SIZE(draws); i++)
		rc = run_drawn(s, &draws[i], err);
	if (!rc)
		rc = run_words(s, err);
	return rc ? rc : run_calls(s, err);
}

static int run(struct bench_options *options, struct bench_report *report, struct err *err)
{
	struct suite s = {.options = options, .report = report, .cpus = machine_choose_cpus()};
	const struct cpu_ticks before = machine_ticks(s.cpus.measured);
	int rc;

	for (size_t i = 0; i < TARGETS; i++)
		s.goals[i] = targets[i];
	rc = run_all(&s, err);
	if (rc)
		return rc;
	for (size_t i = 0; i < TARGETS; i++)
		goal__report(&s.goals[i], SUITE, report);
	if (options->quick)
		bench_report__remark(report, SUITE ": --quick is a try, not a measurement");
	verdict_give(report, SUITE, s.cpus.measured, &before);
	return 0;
}

const struct bench_suite aggregators_suite = {
	.name = SUITE,
	.help = "how fast a limited metric counts, what it names, what it takes, on streams from "
		"life too",
	.unprivileged = true,
	.run = run,
};
