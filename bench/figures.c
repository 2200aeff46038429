/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/figures.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct figure *find(const struct figures *f, const char *subject)
{
	for (size_t i = 0; i < f->n; i++)
		if (!strcmp(f->items[i].subject, subject))
			return &f->items[i];
	return NULL;
}

static struct figure *make(struct figures *f, const char *subject, const char *unit)
{
	struct figure *grown = reallocarray(f->items, f->n + 1, sizeof(*grown));

	if (!grown)
		return NULL;
	f->items = grown;
	grown[f->n] = (struct figure){.unit = unit};
	snprintf(grown[f->n].subject, sizeof(grown[f->n].subject), "%s", subject);
	return &f->items[f->n++];
}

static bool append(struct figure *figure, double sample)
{
	double *grown = reallocarray(figure->samples, figure->n + 1, sizeof(*grown));

	if (!grown)
		return false;
	figure->samples = grown;
	grown[figure->n++] = sample;
	return true;
}

void figures__add(struct figures *f, const char *unit, double sample, const char *name_fmt, ...)
{
	char subject[SUBJECT_BYTES];
	struct figure *figure;
	va_list ap;
	int n = snprintf(subject, sizeof(subject), "%s/", f->program);

	va_start(ap, name_fmt);
	vsnprintf(subject + n, sizeof(subject) - (size_t)n, name_fmt, ap);
	va_end(ap);
	figure = find(f, subject);
	if (!figure)
		figure = make(f, subject, unit);
	if (!figure || !append(figure, sample))
		f->failed = true;
}

double figures__median(const struct figures *f, const char *name)
{
	char subject[SUBJECT_BYTES];
	const struct figure *figure;

	snprintf(subject, sizeof(subject), "%s/%s", f->program, name);
	figure = find(f, subject);
	return figure ? stats_median(figure->samples, figure->n) : (double)NAN;
}

void figures__report(const struct figures *f, const char *suite, struct bench_report *report)
{
	for (size_t i = 0; i < f->n; i++)
		bench_report__row(report, suite, f->items[i].subject, f->items[i].unit,
				  f->items[i].samples, f->items[i].n);
	report->failed = report->failed || f->failed;
}

void figures__fini(struct figures *f)
{
	for (size_t i = 0; i < f->n; i++)
		free(f->items[i].samples);
	free(f->items);
	*f = (struct figures){.program = f->program};
}
