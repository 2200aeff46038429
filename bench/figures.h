/* SPDX-License-Identifier: Apache-2.0 */
/* Figures of one program, gathered over its starts: each start adds a sample to most of them. */
#ifndef RINGTALLY_BENCH_FIGURES_H
#define RINGTALLY_BENCH_FIGURES_H

#include "bench/report.h"

struct figure {
	char subject[SUBJECT_BYTES];
	const char *unit; /* borrowed */
	double *samples;
	size_t n;
};

struct figures {
	const char *program;  /* what the subjects begin with; borrowed */
	struct figure *items; /* in the order in which they were first added to */
	size_t n;
	bool failed; /* no memory */
};

/* One more sample of PROGRAM/NAME. */
void figures__add(struct figures *f, const char *unit, double sample, const char *name_fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* The median of PROGRAM/NAME; NAN when there is no such figure. */
double figures__median(const struct figures *f, const char *name);

/* A row of each. */
void figures__report(const struct figures *f, const char *suite, struct bench_report *report);

void figures__fini(struct figures *f);

#endif
