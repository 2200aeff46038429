/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is wrong with a config: every finding with its place, all of them in one run.
 *   FILE:LINE:COL: what is wrong (did you mean 'x'?)
 * Filled while parsing (config/) and planning (pipeline/plan), printed once, sorted by place.
 */
#ifndef RINGTALLY_CONFIG_DIAG_H
#define RINGTALLY_CONFIG_DIAG_H

#include <stdio.h>

#include "base/types.h"

struct suggestion;

/*
 * Where a text stands: line and column count from 1, columns in characters. Line 0: the file as a
 * whole, or without a file a default. `file` is borrowed; findings keep a copy of their own.
 */
struct pos {
	const char *file;
	unsigned line;
	unsigned col;
};

struct diag {
	struct pos pos;
	bool warning;
	char *text;
};

/* Findings beyond DIAGS_MAX are counted only: the first thousand say what to do. */
enum { DIAGS_MAX = 1000 };

struct diags {
	struct diag *items; /* sorted as they are printed */
	size_t n;
	size_t errors;	/* all that are no warnings, kept or not */
	size_t dropped; /* errors and warnings that were not kept */
	char **files;	/* in reading order; the place of an item names one of these */
	size_t nfiles;
};

void diags__init(struct diags *d);
void diags__fini(struct diags *d);

/* Files are printed in the order of these calls; one without a call comes after them. */
void diags__add_file(struct diags *d, const char *file);

void diags__error(struct diags *d, struct pos pos, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void diags__warn(struct diags *d, struct pos pos, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* diags__error with " (did you mean 'x'?)" appended when the suggestion has a candidate. */
void diags__unknown(struct diags *d, struct pos pos, const struct suggestion *s, const char *fmt,
		    ...) __attribute__((format(printf, 4, 5)));

/*
 * One line each, by file (in reading order), line and column; warnings are marked "warning: " after
 * the place. Control characters of the config appear as \xNN, long texts end in "...".
 */
void diags__print(const struct diags *d, FILE *out);

#endif
