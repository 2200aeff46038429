/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/contest.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "aggregators/family.h"
#include "base/util.h"
#include "bench/heap.h"
#include "bench/pause.h"
#include "bench/progress.h"
#include "bench/random.h"
#include "bench/report.h"
#include "bench/stats.h"
#include "bench/stream.h"
#include "bench/truth.h"

static const size_t piece_events = CONTEST_PIECE_EVENTS;

void contest__init(struct contest *c, const struct stream *stream)
{
	*c = (struct contest){
		.stream = stream,
		.npieces = (stream->n + piece_events - 1) / piece_events,
	};
}

void contest__fini(struct contest *c)
{
	for (size_t i = 0; i < c->n; i++) {
		struct contest_entry *e = &c->entries[i];

		if (e->tally)
			e->ops->destroy(e->tally);
		free(e->samples);
		free(e->outcome.is_shown);
	}
	*c = (struct contest){0};
}

void contest__enter(struct contest *c, const struct tally_ops *ops,
		    const struct tally_ops *baseline, u32 limit, u32 counters)
{
	assert(c->n < CONTEST_ENTRIES_MAX);
	c->entries[c->n++] = (struct contest_entry){
		.ops = ops,
		.baseline = baseline,
		.spec = {c->stream, limit, counters},
	};
}

static int create(struct contest *c, struct contest_entry *e, struct err *err)
{
	u64 before;
	int rc;

	e->samples = calloc(c->npieces + 1, sizeof(*e->samples));
	e->outcome.is_shown = calloc((size_t)c->stream->nkeys + 1, sizeof(bool));
	if (!e->samples || !e->outcome.is_shown)
		return err__set_errno(err, -ENOMEM, "%s", e->ops->name);
	before = heap_bytes();
	rc = e->ops->create(&e->spec, &e->tally, &e->refusal);
	if (rc && rc != -EOPNOTSUPP)
		return err__set(err, rc, "%s", e->refusal.msg);
	e->heap_begin = heap_bytes() - before;
	return 0;
}

static void add_piece(struct contest_entry *e, size_t piece, const struct tally_keys *keys)
{
	const u32 words = e->spec.stream->words;
	const size_t second_events = e->ops->second_events;
	u64 second = piece * (piece_events / second_events), begin = pause_thread_ns();

	for (size_t i = 0; i < keys->n; i += second_events) {
		const struct tally_keys part = {
			.words = keys->words + i * words,
			.n = MIN(keys->n - i, second_events),
		};

		e->ops->add(e->tally, &part);
		e->ops->tick(e->tally, ++second * FAMILY_TICK_NS);
	}
	begin = pause_thread_ns() - begin;
	e->cpu_ns += begin;
	e->samples[piece] = (double)begin / (double)keys->n;
}

static void add_watched(struct contest_entry *e, size_t piece, const struct tally_keys *keys)
{
	const u64 before = heap_bytes();
	u64 after;

	add_piece(e, piece, keys);
	after = heap_bytes();
	if (after > before)
		e->heap_grown += after - before;
}

static void count_all(struct contest *c, u64 *keys, struct progress *progress)
{
	struct random random = RANDOM_FOR_ORDER;
	size_t order[CONTEST_ENTRIES_MAX] = {0};

	for (size_t piece = 0; piece < c->npieces; piece++) {
		const size_t first = piece * piece_events;
		const struct tally_keys part = {keys, MIN(c->stream->n - first, piece_events)};

		stream__copy(c->stream, first, part.n, keys);
		random__order(&random, order, c->n);
		for (size_t i = 0; i < c->n; i++)
			if (c->entries[order[i]].tally)
				add_watched(&c->entries[order[i]], piece, &part);
		progress__step(progress, piece + 1, c->npieces);
	}
}

static int tell(const struct contest *c, struct contest_entry *e, struct err *err)
{
	const int rc = e->ops->tell(e->tally, &e->outcome, err);

	if (!rc && e->ops->counts && e->outcome.counted != c->stream->n)
		return err__set(err, -EIO, "%s: %s counted %llu of %zu events", c->stream->name,
				e->ops->name, e->outcome.counted, c->stream->n);
	return rc;
}

int contest__run(struct contest *c, struct progress *progress, struct err *err)
{
	u64 *keys = calloc(piece_events * c->stream->words + 1, sizeof(*keys));
	int rc = keys ? 0 : err__set_errno(err, -ENOMEM, "%s", c->stream->name);

	for (size_t i = 0; !rc && i < c->n; i++)
		rc = create(c, &c->entries[i], err);
	if (!rc)
		count_all(c, keys, progress);
	for (size_t i = 0; !rc && i < c->n; i++)
		if (c->entries[i].tally)
			rc = tell(c, &c->entries[i], err);
	free(keys);
	return rc;
}

const struct contest_entry *contest__entry(const struct contest *c, const struct tally_ops *ops)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->entries[i].ops == ops && c->entries[i].tally)
			return &c->entries[i];
	return NULL;
}

double contest__speed(const struct contest *c, const struct tally_ops *ops)
{
	const struct contest_entry *e = contest__entry(c, ops);

	return e ? 1000 / stats_median(e->samples, c->npieces) : (double)NAN;
}

/* Of each piece; the caller's to free. NULL: there is nothing to divide by. */
static double *ratios(const struct contest *c, const struct contest_entry *e)
{
	const struct contest_entry *base = contest__entry(c, e->baseline);
	double *list = base && base != e ? calloc(c->npieces + 1, sizeof(*list)) : NULL;

	for (size_t i = 0; list && i < c->npieces; i++)
		list[i] = base->samples[i] / e->samples[i];
	return list;
}

double contest__ratio(const struct contest *c, const struct tally_ops *ops)
{
	const struct contest_entry *e = contest__entry(c, ops);
	double *list = e ? ratios(c, e) : NULL;
	const double median = list ? stats_median(list, c->npieces) : (double)NAN;

	free(list);
	return median;
}

static double named(const struct contest *c, const struct contest_entry *e)
{
	return (double)e->outcome.named / (double)c->stream->n;
}

double contest__named(const struct contest *c, const struct tally_ops *ops)
{
	const struct contest_entry *e = contest__entry(c, ops);

	return e && ops->counts ? named(c, e) : (double)NAN;
}

double contest__recall(const struct contest *c, const struct truth *truth,
		       const struct tally_ops *ops, u32 k)
{
	const struct contest_entry *e = contest__entry(c, ops);

	return e ? truth__recall(truth, e->outcome.is_shown, k) : (double)NAN;
}

/* Where a contest's rows go. */
struct rows {
	const struct contest *contest;
	const char *suite;
	struct bench_report *report;
};

static struct bench_row *put_row(const struct rows *to, const struct contest_entry *e,
				 const char *figure, const char *unit, const double *samples,
				 size_t n)
{
	char subject[SUBJECT_BYTES];

	snprintf(subject, sizeof(subject), "%s/%s%s", to->contest->stream->name, e->ops->name,
		 figure);
	return bench_report__row(to->report, to->suite, subject, unit, samples, n);
}

static void put_time(const struct rows *to, const struct contest_entry *e)
{
	const struct contest *c = to->contest;
	struct bench_row *row = put_row(to, e, "", "ns", e->samples, c->npieces);

	row->events = c->stream->n;
	snprintf(row->note, sizeof(row->note), "%.1f M/s; from end to end %.1f M/s",
		 1000 / row->value.median, (double)c->stream->n * 1000 / (double)e->cpu_ns);
}

static void put_ratio(const struct rows *to, const struct contest_entry *e)
{
	double *list = ratios(to->contest, e);
	struct bench_row *row;

	if (!list)
		return;
	row = put_row(to, e, "/ratio", "x", list, to->contest->npieces);
	snprintf(row->note, sizeof(row->note), "as fast as %s", e->baseline->name);
	free(list);
}

static void put_named(const struct rows *to, const struct contest_entry *e)
{
	const double share = 100 * named(to->contest, e);
	struct bench_row *row = put_row(to, e, "/named", "%", &share, 1);

	snprintf(row->note, sizeof(row->note), "of the events; %u series at the end",
		 e->outcome.shown);
}

static void put_recall(const struct rows *to, const struct contest_entry *e,
		       const struct truth *truth, u32 k)
{
	const double recall = truth__recall(truth, e->outcome.is_shown, k);
	struct bench_row *row = put_row(to, e, "/recall", "share", &recall, 1);

	snprintf(row->note, sizeof(row->note), "of the %u heaviest keys, among %u shown", k,
		 e->outcome.shown);
}

static void put_heap(const struct rows *to, const struct contest_entry *e)
{
	const double bytes = (double)(e->heap_begin + e->heap_grown);
	struct bench_row *row;

	if (!e->heap_begin) /* an allocator without books */
		return;
	row = put_row(to, e, "/heap", "bytes", &bytes, 1);
	snprintf(row->note, sizeof(row->note),
		 "from the allocator; %llu of them after its start; says %zu itself", e->heap_grown,
		 e->outcome.bytes);
}

void contest__report(const struct contest *c, const struct truth *truth, u32 k, const char *suite,
		     struct bench_report *report)
{
	const struct rows to = {c, suite, report};

	for (size_t i = 0; i < c->n; i++) {
		const struct contest_entry *e = &c->entries[i];

		if (!e->tally) {
			snprintf(put_row(&to, e, "", "ns", NULL, 0)->note, NOTE_BYTES, "%.*s",
				 NOTE_BYTES - 1, e->refusal.msg);
			continue;
		}
		put_time(&to, e);
		put_ratio(&to, e);
		if (e->ops->counts && e->outcome.named < c->stream->n)
			put_named(&to, e);
		if (e->ops->bounded) {
			put_recall(&to, e, truth, k);
			put_heap(&to, e);
		}
	}
}
