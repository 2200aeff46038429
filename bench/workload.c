/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The suite `workload`: what the config's probes cost a command of the user's. docs/overhead.md
 * tells how to read it.
 *
 * A daemon of our own has the config, and everything attached, all the time. In a turn `without`,
 * the slot of each program holds an empty one (bench/slots.h). Turns come in pairs, one of each
 * kind in random order, so that what the machine does meanwhile meets both. Every turn ends with a
 * scrape, which brings in what the kernel still holds: so the daemon's time is that of its own
 * turn. While the programs are off the daemon must see no event, or the run fails.
 */
#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "base/err.h"
#include "base/util.h"
#include "bench/bench.h"
#include "bench/command.h"
#include "bench/exposition.h"
#include "bench/pause.h"
#include "bench/random.h"
#include "bench/slots.h"
#include "bench/stats.h"
#include "bench/target.h"

#define SUITE "workload"

enum { PAIRS = 10, PAIRS_MAX = 100, QUICK_PAIRS = 3 };
enum { ENOUGH_MS = 20000 }; /* pairs of a short command go on until then */

enum side { WITHOUT, WITH, SIDES };
enum figure { WALL, CPU, DAEMON, FIGURES };

static const char *const figure_names[FIGURES] = {"wall", "cpu", "daemon"};

struct workload {
	struct bench_options *options;
	struct target daemon;
	clockid_t daemon_clock;
	struct slots *slots;
	size_t pairs;
	double ms[FIGURES][SIDES][PAIRS_MAX];
	double events[PAIRS_MAX]; /* of the turns with the programs */
};

/* ---- turns ---- */

/* That the programs have seen so far, all told. */
static int count_events(struct workload *w, double *ret_events, struct err *err)
{
	struct exposition_sample s;
	const char *at;

	if (target__scrape(&w->daemon, err))
		return err->code;
	*ret_events = 0;
	for (at = w->daemon.body; exposition_next(&at, &s);)
		if (span__is(&s.name, "ringtally_self_events_seen_total"))
			*ret_events += s.value;
	return 0;
}

static int switch_to(struct workload *w, enum side side, struct err *err)
{
	return side == WITH ? slots__switch_on(w->slots, err) : slots__switch_off(w->slots, err);
}

static int take_turn(struct workload *w, enum side side, size_t pair, struct err *err)
{
	double before = 0, after = 0;
	struct command_cost cost;
	u64 daemon_ns;

	if (switch_to(w, side, err) || count_events(w, &before, err))
		return err->code;
	daemon_ns = pause_clock_ns(w->daemon_clock);
	if (command_run(w->options->command, &cost, err) || count_events(w, &after, err))
		return err->code;
	daemon_ns = pause_clock_ns(w->daemon_clock) - daemon_ns;
	w->ms[WALL][side][pair] = (double)cost.wall_ns / 1e6;
	w->ms[CPU][side][pair] = (double)cost.cpu_ns / 1e6;
	w->ms[DAEMON][side][pair] = (double)daemon_ns / 1e6;
	if (side == WITH)
		w->events[pair] = after - before;
	else if (after > before)
		return err__set(err, -EIO, "%.0f events were counted while the programs were off",
				after - before);
	return 0;
}

static int take_pair(struct workload *w, size_t pair, struct random *random, struct err *err)
{
	const enum side first = random__next(random) >> 63 ? WITH : WITHOUT;

	if (take_turn(w, first, pair, err))
		return err->code;
	return take_turn(w, first == WITH ? WITHOUT : WITH, pair, err);
}

static size_t choose_pairs(const struct workload *w, u64 pair_ns)
{
	const u64 affordable = ENOUGH_MS * 1000000ULL / MAX(pair_ns, 1ULL);

	if (w->options->quick)
		return QUICK_PAIRS;
	return (size_t)MIN(MAX(affordable, (u64)PAIRS), (u64)PAIRS_MAX);
}

/* The first pair shows what a pair takes. */
static int take_pairs(struct workload *w, struct err *err)
{
	struct random random = RANDOM_FOR_ORDER;
	const u64 begin = pause_now_ns();

	for (size_t i = 0; i == 0 || i < w->pairs; i++) {
		if (take_pair(w, i, &random, err))
			return err->code;
		if (i == 0)
			w->pairs = choose_pairs(w, pause_now_ns() - begin);
		progress__step(&w->options->progress, i + 1, w->pairs);
	}
	return 0;
}

/* ---- what came out ---- */

/* In pairs. */
static struct estimate percent_added(const struct workload *w, enum figure figure)
{
	double list[PAIRS_MAX];

	for (size_t i = 0; i < w->pairs; i++)
		list[i] = 100 * (w->ms[figure][WITH][i] / w->ms[figure][WITHOUT][i] - 1);
	return stats_estimate(list, w->pairs);
}

static struct bench_row *put_row(const struct workload *w, enum figure figure, const char *name,
				 const double *ms, struct bench_report *to)
{
	char subject[SUBJECT_BYTES];

	snprintf(subject, sizeof(subject), "%s/%s", figure_names[figure], name);
	return bench_report__row(to, SUITE, subject, "ms", ms, w->pairs);
}

static void note_added(const struct workload *w, enum figure figure, struct bench_row *row)
{
	const struct estimate percent = percent_added(w, figure);
	const bool noise = row->value.lo <= 0 && row->value.hi >= 0;
	const double events = stats_median(w->events, w->pairs);
	int n = 0;

	if (figure != DAEMON)
		n = snprintf(row->note, NOTE_BYTES, "%s%+.2f %% [%+.2f .. %+.2f]",
			     noise ? "below noise; " : "", percent.median, percent.lo, percent.hi);
	if (figure != WALL && events > 0 && n < NOTE_BYTES)
		snprintf(row->note + n, NOTE_BYTES - (size_t)n, "%s%.0f events a run, %.3g ns each",
			 n ? "; " : "", events, row->value.median * 1e6 / events);
}

static void note_share(const struct workload *w, struct bench_row *row)
{
	double share[PAIRS_MAX];

	for (size_t i = 0; i < w->pairs; i++)
		share[i] = 100 * w->ms[DAEMON][WITH][i] / w->ms[WALL][WITH][i];
	snprintf(row->note, NOTE_BYTES, "%.2f %% of a core while the command runs, with a scrape",
		 stats_median(share, w->pairs));
}

static void report_figure(const struct workload *w, enum figure figure, struct bench_report *to)
{
	double added[PAIRS_MAX];
	struct bench_row *row;

	for (size_t i = 0; i < w->pairs; i++)
		added[i] = w->ms[figure][WITH][i] - w->ms[figure][WITHOUT][i];
	put_row(w, figure, "without", w->ms[figure][WITHOUT], to);
	row = put_row(w, figure, "with", w->ms[figure][WITH], to);
	if (figure == DAEMON)
		note_share(w, row);
	note_added(w, figure, put_row(w, figure, "added", added, to));
}

static void report(const struct workload *w, struct bench_report *to)
{
	for (u32 figure = 0; figure < FIGURES; figure++)
		report_figure(w, figure, to);
	bench_report__remark(to, SUITE ": %zu pairs of runs, with %u programs attached", w->pairs,
			     slots__n(w->slots));
	if (w->options->quick)
		bench_report__remark(to, SUITE ": --quick is a try, not a measurement");
}

/* ---- the suite ---- */

/* The command first: it is known to work before anything is attached, and its files are cached. */
static int start(struct workload *w, struct err *err)
{
	const char *const built_in[] = {"run", NULL};
	const char *const file[] = {"run", "--config.file", w->options->config_file, NULL};
	struct command_cost first;
	struct target_times times;

	if (command_run(w->options->command, &first, err))
		return err->code;
	if (target__start(&w->daemon, "ringtally", "/proc/self/exe",
			  w->options->config_file ? file : built_in, err) ||
	    target__wait(&w->daemon, target_is_attached, NULL, &times, err))
		return err->code;
	if (clock_getcpuclockid(w->daemon.child.pid, &w->daemon_clock))
		return err__set_errno(err, -ESRCH, "the daemon's clock");
	return slots__open(w->daemon.child.pid, &w->slots, err);
}

static int run(struct bench_options *options, struct bench_report *to, struct err *err)
{
	struct workload w = {.options = options};

	progress__begin(&options->progress, SUITE);
	if (!start(&w, err) && !take_pairs(&w, err)) {
		report(&w, to);
		target__stop(&w.daemon, err);
	}
	slots__close(w.slots);
	target__fini(&w.daemon);
	return err->code ? err__wrap(err, SUITE) : 0;
}

const struct bench_suite workload_suite = {
	.name = SUITE,
	.help = "what the config's probes cost a command of yours: workload -- COMMAND...",
	.takes_command = true,
	.run = run,
};
