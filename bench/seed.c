/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/seed.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>

#include "base/err.h"
#include "base/util.h"
#include "bench/bench.h"
#include "bench/hook.h"
#include "bench/key.h"
#include "bench/lineup.h"
#include "bench/rounds.h"
#include "bench/sequence.h"
#include "bench/stub.h"
#include "bench/subject.h"
#include "bench/worker.h"

enum { TURNS = 16, QUICK_TURNS = 6, BATCHES = 60, CALLS = 500 };

/* The pid, and {pid_tgid, ktime % 1024, comm[32]}. */
static const struct bench_key keys[] = {
	{"pid", "pid", NULL, NULL, SEQUENCE_CONSTANT, 0, 10240, false},
	{"complex", "seed", NULL, NULL, SEQUENCE_CONSTANT, 0, 10240, false},
};

static const char *const notes[] = {
	"attached, but does nothing",
	"34 % in 2018",
	"105 % in 2018; key {pid_tgid, ktime % 1024, comm[32]}",
};

enum { NPROGRAMS = 1 + ARRAY_SIZE(keys) };

struct seed {
	struct rounds rounds;
	struct subjects subjects; /* empty, then a hash map for each key */
	struct sequence arguments;
	size_t turns;
	double none[TURNS];
	double slower[NPROGRAMS][TURNS]; /* in % */
};

static int line_up(struct seed *s, struct err *err)
{
	const struct lineup lineup = {&s->subjects, s->rounds.hook, err};
	int rc = lineup__add_empty(&lineup, "seed");

	for (size_t i = 0; rc >= 0 && i < ARRAY_SIZE(keys); i++)
		rc = lineup__add_hash(&lineup, &keys[i], 0, keys[i].name);
	return MIN(rc, 0);
}

/* The call without anything attached to it. */
static double measure_none(const struct seed *s)
{
	double samples[BATCHES];

	for (size_t i = 0; i < BATCHES; i++) {
		u64 begin = thread_cpu_ns();

		s->rounds.hook->fire(s->arguments.arguments, s->arguments.n);
		samples[i] = (double)(thread_cpu_ns() - begin) / (double)s->arguments.n;
	}
	return stats_median(samples, BATCHES);
}

static int measure_attached(struct seed *s, size_t turn, struct err *err)
{
	const struct batch batch = {.arguments = &s->arguments, .warm = CALLS / 2, .chunk = CALLS};
	double samples[NPROGRAMS][BATCHES];

	for (size_t i = 0; i < BATCHES; i++)
		for (size_t k = 0; k < NPROGRAMS; k++) {
			samples[k][i] =
				rounds__measure(&s->rounds, &s->subjects.items[k], &batch, err);
			if (err->code)
				return err->code;
		}
	for (size_t k = 0; k < NPROGRAMS; k++)
		s->slower[k][turn] = 100 * (stats_median(samples[k], BATCHES) / s->none[turn] - 1);
	return 0;
}

static int measure_turn(struct seed *s, size_t turn, struct err *err)
{
	const struct stub_filter filter = {.own = true, .call = true, .number = hook_call_number()};
	int rc;

	s->none[turn] = measure_none(s);
	rc = stub__attach(s->rounds.hook->target, filter, &s->rounds.stub, err);
	if (rc)
		return rc;
	rc = measure_attached(s, turn, err);
	stub__detach(s->rounds.stub);
	return rc;
}

static void put_rows(const struct seed *s, const char *suite, struct bench_report *report)
{
	struct estimate pid, complex;

	bench_report__row(report, suite, "none", "ns", s->none, s->turns);
	for (size_t k = 0; k < NPROGRAMS; k++) {
		struct bench_row *row;
		char subject[SUBJECT_BYTES];

		snprintf(subject, sizeof(subject), "seed/%s", k ? keys[k - 1].name : "empty");
		row = bench_report__row(report, suite, subject, "%", s->slower[k], s->turns);
		snprintf(row->note, sizeof(row->note), "%s", notes[k]);
	}
	pid = stats_estimate(s->slower[1], s->turns);
	complex = stats_estimate(s->slower[2], s->turns);
	bench_report__remark(report,
			     "getpid counted in a hash map by pid was 34 %% slower in 2018, by a "
			     "complex key 105 %%; here: %.0f %% and %.0f %%",
			     pid.median, complex.median);
}

int seed_measure(struct bench_options *options, const char *suite, const struct rounds *rounds,
		 struct bench_report *report, struct err *err)
{
	struct seed s = {.rounds = *rounds, .turns = options->quick ? QUICK_TURNS : TURNS};
	int rc = sequence__draw(SEQUENCE_CONSTANT, 0, CALLS, 0, &s.arguments);

	progress__begin(&options->progress, "getpid with and without a program");
	if (rc)
		err__set_errno(err, rc, "arguments");
	else
		rc = line_up(&s, err);
	for (size_t turn = 0; !rc && turn < s.turns; turn++) {
		rc = measure_turn(&s, turn, err);
		progress__step(&options->progress, turn, s.turns);
	}
	if (!rc)
		put_rows(&s, suite, report);
	subjects__fini(&s.subjects);
	sequence__fini(&s.arguments);
	return rc;
}
