/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/report.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/strbuf.h"
#include "base/version.h"
#include "bench/machine.h"

void bench_report__init(struct bench_report *r)
{
	*r = (struct bench_report){.run = 1};
}

void bench_report__fini(struct bench_report *r)
{
	for (size_t i = 0; i < r->nrows; i++)
		free(r->rows[i].samples);
	for (size_t i = 0; i < r->nremarks; i++)
		free(r->remarks[i]);
	free(r->rows);
	free(r->remarks);
	*r = (struct bench_report){0};
}

static double *copy_samples(const double *samples, size_t n)
{
	double *copy = calloc(n + 1, sizeof(*copy));

	if (copy && n)
		memcpy(copy, samples, n * sizeof(*copy));
	return copy;
}

struct bench_row *bench_report__row(struct bench_report *r, const char *suite, const char *subject,
				    const char *unit, const double *samples, size_t nsamples)
{
	static struct bench_row spare;
	struct bench_row *grown = reallocarray(r->rows, r->nrows + 1, sizeof(*grown));
	double *copy = copy_samples(samples, nsamples);
	struct bench_row *row = &spare;

	if (grown)
		r->rows = grown;
	if (grown && copy)
		row = &r->rows[r->nrows++];
	else
		r->failed = true;
	*row = (struct bench_row){
		.run = r->run,
		.suite = suite,
		.unit = unit,
		.value = stats_estimate(samples, nsamples),
		.above_empty = estimate_none,
		.above_key = NAN,
		.ratio_to_hash = estimate_none,
		.consumer_ns = NAN,
		.ring_records_per_event = NAN,
		.samples = copy,
		.nsamples = nsamples,
	};
	snprintf(row->subject, sizeof(row->subject), "%s", subject);
	if (row == &spare) {
		free(copy);
		row->samples = NULL;
	}
	return row;
}

void bench_report__remark(struct bench_report *r, const char *fmt, ...)
{
	char **grown = reallocarray(r->remarks, r->nremarks + 1, sizeof(char *));
	char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (grown)
		r->remarks = grown;
	if (!grown || vasprintf(&text, fmt, ap) < 0)
		r->failed = true;
	else
		r->remarks[r->nremarks++] = text;
	va_end(ap);
}

static void put_number(struct json *j, const char *key, double n)
{
	json__key(j, key);
	json__number(j, n);
}

static void put_estimate(struct json *j, const char *key, const struct estimate *e)
{
	char name[64];

	put_number(j, key, e->median);
	snprintf(name, sizeof(name), "%s_lo", key);
	put_number(j, name, e->lo);
	snprintf(name, sizeof(name), "%s_hi", key);
	put_number(j, name, e->hi);
}

static void put_text(struct json *j, const char *key, const char *s)
{
	json__key(j, key);
	json__text(j, s);
}

static void put_count(struct json *j, const char *key, u64 n, bool known)
{
	json__key(j, key);
	if (known)
		json__u64(j, n);
	else
		json__null(j);
}

static void put_row(struct json *j, const struct bench_row *row)
{
	json__open(j, '{');
	put_text(j, "suite", row->suite);
	put_text(j, "subject", row->subject);
	put_count(j, "run", row->run, true);
	put_text(j, "unit", row->unit);
	put_number(j, "median", row->value.median);
	put_number(j, "lo", row->value.lo);
	put_number(j, "hi", row->value.hi);
	put_estimate(j, "above_empty", &row->above_empty);
	put_number(j, "above_key", row->above_key);
	put_estimate(j, "ratio_to_hash", &row->ratio_to_hash);
	put_number(j, "consumer_ns", row->consumer_ns);
	put_number(j, "ring_records_per_event", row->ring_records_per_event);
	put_count(j, "events", row->events, row->events > 0);
	put_count(j, "lost", row->lost, row->counts);
	put_count(j, "xlated_bytes", row->xlated_bytes, row->xlated_bytes > 0);
	if (row->note[0])
		put_text(j, "note", row->note);
	json__key(j, "samples");
	json__open(j, '[');
	for (size_t i = 0; i < row->nsamples; i++)
		json__number(j, row->samples[i]);
	json__close(j, ']');
	json__close(j, '}');
}

static void put_machine(struct json *j)
{
	struct machine m = machine_describe();

	json__key(j, "machine");
	json__open(j, '{');
	put_text(j, "cpu", m.cpu);
	put_count(j, "cpus", m.ncpus, true);
	put_text(j, "kernel", m.kernel);
	put_text(j, "ringtally", ringtally_version);
	json__close(j, '}');
}

void bench_report__put_json(const struct bench_report *r, struct strbuf *out)
{
	struct json j;

	json__init(&j, out);
	json__open(&j, '{');
	put_machine(&j);
	json__key(&j, "noisy");
	json__bool(&j, r->noisy);
	json__key(&j, "rows");
	json__open(&j, '[');
	for (size_t i = 0; i < r->nrows; i++)
		put_row(&j, &r->rows[i]);
	json__close(&j, ']');
	json__key(&j, "remarks");
	json__open(&j, '[');
	for (size_t i = 0; i < r->nremarks; i++)
		json__text(&j, r->remarks[i]);
	json__close(&j, ']');
	json__close(&j, '}');
	strbuf__putc(out, '\n');
}
