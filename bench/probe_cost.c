/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The suite `probe-cost`: what a program costs per event, at each kind of hook, for each key,
 * beside the ways it is done today; then what each event of the config costs as shipped.
 *
 * Short keys are compared in batches of some hundred calls, thousands of rounds; keys from large
 * sets in turns long enough to meet them.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/util.h"
#include "bench/bench.h"
#include "bench/flush_cost.h"
#include "bench/hook.h"
#include "bench/key.h"
#include "bench/lineup.h"
#include "bench/machine.h"
#include "bench/planted.h"
#include "bench/rounds.h"
#include "bench/seed.h"
#include "bench/sequence.h"
#include "bench/shipped.h"
#include "bench/stub.h"
#include "bench/subject.h"
#include "bench/verdict.h"
#include "bench/worker.h"

#define SUITE "probe-cost"

enum {
	BATCH_CALLS = 500,
	WARM_CALLS = 256,
	TURN_CALLS = 200000,
	CHUNK_CALLS = 2000, /* their records fit into a ring */
	ROUNDS_MIN = 12,
	QUICK_DIVISOR = 20, /* of budgets and turns */
	BATCH_ROUNDS_MAX = 2000,
	TURN_ROUNDS_MAX = 25,
	SLOW_CALL_NS = 2000, /* of a hook whose turns would take too long */
};

/* How long a list of subjects is measured, if it takes no more than the smallest number of rounds.
 */
static const double batch_budget_ns = 6e9, turn_budget_ns = 12e9;

struct suite {
	struct bench_options *options;
	struct bench_report *report;
	struct rounds rounds;
	struct cpu_pair cpus;
	char what[64]; /* for the progress line */
};

static void begin(struct suite *s, const char *hook, const char *what)
{
	snprintf(s->what, sizeof(s->what), "%s: %s", hook, what);
	progress__begin(&s->options->progress, s->what);
}

/* How many rounds fit into the budget, from one round of each. */
static size_t count_rounds(const struct suite *s, struct subjects *subjects,
			   const struct batch *batch, double budget_ns, size_t most,
			   struct err *err)
{
	double round_ns = 0, rounds;

	for (size_t i = 0; i < subjects->n; i++) {
		double call_ns = rounds__measure(&s->rounds, &subjects->items[i], batch, err);

		round_ns += call_ns * (double)(batch->arguments->n + batch->warm);
	}
	rounds = (s->options->quick ? budget_ns / QUICK_DIVISOR : budget_ns) / round_ns;
	if (!(rounds > ROUNDS_MIN))
		return ROUNDS_MIN;
	return MIN((size_t)rounds, most);
}

static int measure(struct suite *s, struct subjects *subjects, const struct batch *batch,
		   double budget_ns, size_t most, struct err *err)
{
	size_t rounds = count_rounds(s, subjects, batch, budget_ns, most, err);
	int rc = err->code;

	if (!rc && subjects__prepare(subjects, rounds))
		rc = err__set_errno(err, -ENOMEM, "samples");
	if (!rc)
		rc = rounds__run(&s->rounds, subjects, batch, err);
	if (!rc)
		subjects__report(subjects, SUITE, s->report);
	return rc;
}

/* --- batches: keys that do not depend on many arguments --- */

static int line_up_short(const struct lineup *l)
{
	char twin[SUBJECT_BYTES];
	int empty = lineup__add_empty(l, NULL), rc = MIN(empty, 0);

	for (size_t i = 0; rc >= 0 && i < nshort_keys; i++)
		rc = lineup__add_key(l, &short_keys[i], short_keys[i].name, empty);
	if (rc >= 0)
		rc = lineup__add_rejected(l, empty);
	snprintf(twin, sizeof(twin), "%s/hash/pid+comm", l->hook->name);
	if (rc >= 0)
		rc = lineup__add_twin(l, lineup__find(l, twin));
	return MIN(rc, 0);
}

/* All short keys share one batch: those without a use for the argument do not look at it. */
static int draw_batch(struct sequence *arguments, size_t n, struct err *err)
{
	int rc = sequence__draw(SEQUENCE_LATENCIES, 0, n, 0, arguments);

	return rc ? err__set_errno(err, rc, "arguments") : 0;
}

static int run_short(struct suite *s, size_t calls, struct err *err)
{
	struct sequence arguments = {0};
	struct subjects subjects = {0};
	struct batch batch = {
		.arguments = &arguments, .warm = MIN(calls, (size_t)WARM_CALLS), .chunk = calls};
	int rc = draw_batch(&arguments, calls, err);

	begin(s, s->rounds.hook->name, "short keys");
	if (!rc)
		rc = line_up_short(&(struct lineup){&subjects, s->rounds.hook, err});
	if (!rc)
		rc = measure(s, &subjects, &batch, batch_budget_ns, BATCH_ROUNDS_MAX, err);
	subjects__fini(&subjects);
	sequence__fini(&arguments);
	return rc;
}

/* --- two CPUs on one key --- */

static int run_contended(struct suite *s, size_t calls, struct err *err)
{
	struct sequence arguments = {0};
	struct subjects subjects = {0};
	struct batch batch = {.arguments = &arguments,
			      .company = &arguments,
			      .warm = MIN(calls, (size_t)WARM_CALLS),
			      .chunk = calls,
			      .with = COMPANY_RIVAL};
	const struct lineup lineup = {&subjects, s->rounds.hook, err};
	int rc = draw_batch(&arguments, calls, err);

	begin(s, s->rounds.hook->name, "contended");
	if (!rc)
		rc = lineup__add_empty(&lineup, "contended");
	if (rc >= 0)
		rc = lineup__add_key(&lineup, &short_keys[0], "contended", rc);
	if (!rc)
		rc = measure(s, &subjects, &batch, batch_budget_ns / 2, BATCH_ROUNDS_MAX, err);
	subjects__fini(&subjects);
	sequence__fini(&arguments);
	return rc;
}

/* --- turns: keys from large sets --- */

struct turn {
	const struct bench_key *key;
	const char *label; /* in subjects */
	enum company with;
	bool full_hash; /* also one that is too small */
};

static int line_up_turn(const struct lineup *l, const struct turn *turn)
{
	int empty = lineup__add_empty(l, turn->label), rc = MIN(empty, 0);

	if (rc >= 0)
		rc = lineup__add_key(l, turn->key, turn->label, empty);
	if (rc >= 0 && turn->full_hash)
		rc = lineup__add_full_hash(l, turn->key, empty);
	return MIN(rc, 0);
}

struct turn_arguments {
	struct sequence all;
	struct sequence drawn;
	struct sequence company;
};

static int draw_turn(const struct bench_key *key, size_t calls, struct turn_arguments *a,
		     struct err *err)
{
	int rc = sequence__all(key->keys, &a->all);

	if (!rc)
		rc = sequence__draw(key->sequence, key->keys, calls, 0, &a->drawn);
	if (!rc)
		rc = sequence__draw(key->sequence, key->keys, calls, 1, &a->company);
	return rc ? err__set_errno(err, rc, "arguments") : 0;
}

static int run_turn(struct suite *s, const struct turn *turn, size_t calls, struct err *err)
{
	struct turn_arguments a = {0};
	struct subjects subjects = {0};
	struct batch batch = {.arguments = &a.drawn,
			      .company = &a.company,
			      .chunk = CHUNK_CALLS,
			      .with = turn->with};
	int rc = draw_turn(turn->key, calls, &a, err);

	begin(s, s->rounds.hook->name, turn->label);
	if (!rc)
		rc = line_up_turn(&(struct lineup){&subjects, s->rounds.hook, err}, turn);
	if (!rc)
		rc = rounds__pass(&s->rounds, &subjects, &a.all, err);
	if (!rc)
		rc = measure(s, &subjects, &batch, turn_budget_ns / (double)nlong_keys,
			     TURN_ROUNDS_MAX, err);
	subjects__fini(&subjects);
	sequence__fini(&a.all);
	sequence__fini(&a.drawn);
	sequence__fini(&a.company);
	return rc;
}

static int run_turns(struct suite *s, size_t calls, struct err *err)
{
	const struct bench_key *uniform = &long_keys[nlong_keys - 1];
	const struct turn both = {uniform, "uniform-2e5-2cpu", COMPANY_PRODUCER, false};
	int rc = 0;

	for (size_t i = 0; !rc && i < nlong_keys; i++) {
		const struct turn turn = {&long_keys[i], long_keys[i].name, COMPANY_NONE,
					  &long_keys[i] == uniform};

		rc = run_turn(s, &turn, calls, err);
	}
	if (!rc && s->cpus.helper != s->cpus.measured)
		rc = run_turn(s, &both, calls, err);
	return rc;
}

/* --- does it measure what it says? --- */

static int run_planted(struct suite *s, struct err *err)
{
	struct sequence arguments = {0};
	struct subjects subjects = {0};
	struct batch batch = {.arguments = &arguments, .warm = WARM_CALLS, .chunk = BATCH_CALLS};
	int rc = draw_batch(&arguments, BATCH_CALLS, err);

	begin(s, s->rounds.hook->name, "planted cost");
	if (!rc)
		rc = planted__add(&subjects, err);
	if (!rc)
		rc = measure(s, &subjects, &batch, batch_budget_ns / 2, BATCH_ROUNDS_MAX, err);
	if (!rc)
		planted__judge(&subjects, s->report);
	subjects__fini(&subjects);
	sequence__fini(&arguments);
	return rc;
}

/* --- one kind of hook --- */

/* What a call with the empty program takes, roughly: how long batches can be. */
static double estimate_call_ns(const struct suite *s)
{
	enum { CALLS = 50 };
	static const u64 arguments[CALLS];
	u64 begin_ns;

	s->rounds.hook->fire(arguments, CALLS);
	begin_ns = thread_cpu_ns();
	s->rounds.hook->fire(arguments, CALLS);
	return (double)(thread_cpu_ns() - begin_ns) / CALLS;
}

static int run_attached(struct suite *s, struct err *err)
{
	bool slow = estimate_call_ns(s) > SLOW_CALL_NS;
	size_t calls = slow ? BATCH_CALLS / 10 : BATCH_CALLS;
	size_t turn = slow || s->options->quick ? TURN_CALLS / 20 : TURN_CALLS;
	int rc = run_short(s, calls, err);

	if (!rc && !strcmp(s->rounds.hook->name, PLANTED_HOOK))
		rc = run_planted(s, err);
	if (!rc && s->rounds.hook == &hooks[0])
		rc = flush_cost_measure(s->options, SUITE, &s->rounds, &s->cpus, s->report, err);
	if (!rc && s->cpus.helper != s->cpus.measured)
		rc = run_contended(s, calls, err);
	return rc ? rc : run_turns(s, turn, err);
}

static void report_refusal(struct suite *s, const struct hook *hook, const char *reason)
{
	struct bench_row *row = bench_report__row(s->report, SUITE, hook->name, "ns", NULL, 0);

	snprintf(row->note, sizeof(row->note), "%s", reason);
}

static int run_hook(struct suite *s, const struct hook *hook, struct err *err)
{
	const struct stub_filter filter = {
		.own = true, .call = hook->every_call, .number = hook_call_number()};
	struct err refusal = {0};
	int rc;

	s->rounds.hook = hook;
	if (stub__attach(hook->target, filter, &s->rounds.stub, &refusal)) {
		report_refusal(s, hook, refusal.msg);
		return 0;
	}
	rc = run_attached(s, &refusal);
	stub__detach(s->rounds.stub);
	if (rc == -ENOMEM)
		return err__set(err, rc, "%s", refusal.msg);
	if (rc) /* a subject was refused: what was measured before stands */
		report_refusal(s, hook, refusal.msg);
	return 0;
}

/* Against no program at all: where the first kind of hook is refused there is nothing to say. */
static int run_seed(struct suite *s, struct err *err)
{
	struct err refusal = {0};
	int rc;

	s->rounds.hook = &hooks[0];
	rc = seed_measure(s->options, SUITE, &s->rounds, s->report, &refusal);
	if (rc == -ENOMEM)
		return err__set(err, rc, "%s", refusal.msg);
	if (rc)
		bench_report__remark(s->report, "no comparison with no program: %s", refusal.msg);
	return 0;
}

static int run_all(struct suite *s, struct err *err)
{
	int rc = run_seed(s, err);

	for (size_t i = 0; !rc && i < nhooks; i++)
		rc = run_hook(s, &hooks[i], err);
	if (!rc)
		rc = shipped_measure(s->options, SUITE, s->cpus.measured, s->rounds.worker,
				     s->report, err);
	return rc;
}

static int run(struct bench_options *options, struct bench_report *report, struct err *err)
{
	struct suite s = {
		.options = options,
		.report = report,
		.cpus = machine_choose_cpus(),
		.rounds.progress = &options->progress,
	};
	struct cpu_ticks before = machine_ticks(s.cpus.measured);
	bool stats_were_on = machine_stop_bpf_stats();
	int rc = machine_pin(s.cpus.measured, err);

	if (!rc)
		rc = worker__new(s.cpus.helper, &s.rounds.worker, err);
	if (!rc)
		rc = run_all(&s, err);
	if (!rc)
		verdict_give(report, SUITE, s.cpus.measured, &before);
	worker__free(s.rounds.worker);
	machine_unpin(&s.cpus);
	if (stats_were_on)
		machine_restore_bpf_stats();
	return rc;
}

const struct bench_suite probe_cost_suite = {
	.name = SUITE,
	.help = "what a program costs per event, beside hash maps; each event of the config",
	.run = run,
};
