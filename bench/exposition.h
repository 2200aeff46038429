/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads samples out of a scrape in the Prometheus text format: enough of it to judge what an
 * exporter answered, whoever wrote it. It does not check the format; a line that makes no sense is
 * no sample.
 */
#ifndef RINGTALLY_BENCH_EXPOSITION_H
#define RINGTALLY_BENCH_EXPOSITION_H

#include "base/types.h"

/* Bytes of the text; borrowed. */
struct span {
	const char *s;
	size_t n;
};

bool span__is(const struct span *span, const char *text);

/* Whether it begins so; then the span is what follows. */
bool span__eat(struct span *span, const char *prefix);

struct exposition_sample {
	struct span name;
	struct span labels; /* between the braces */
	double value;
};

/* The next sample from *at on, which moves behind it; false at the end. */
bool exposition_next(const char **at, struct exposition_sample *ret_sample);

/* A label's value as it is written, with its escapes. */
bool exposition_sample__label(const struct exposition_sample *s, const char *name,
			      struct span *ret_value);

/* Whether it stands for something: no label is `__other__` or `__lost__`. */
bool exposition_sample__is_live(const struct exposition_sample *s);

/* The first sample of this name, with this label when one is given (label may be NULL). */
bool exposition_find(const char *text, const char *name, const char *label, const char *value,
		     double *ret_value);

#endif
