/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two nested loops, families and their series, turned inside out: the position is kept between
 * steps. A family is begun when its first series is about to be written.
 */
#include "exporters/prom_text.h"

#include <errno.h>
#include <sys/types.h>

#include "aggregators/snapshot.h"

/* Series whose labels are on their way from memory meanwhile. */
enum { LOOK_AHEAD = 8 };

void prom_text__init(struct prom_text *t, const struct snapshot *snapshot)
{
	t->snapshot = snapshot;
	t->family = 0;
	t->series = 0;
	expo__init(&t->expo);
}

void prom_text__fini(struct prom_text *t)
{
	expo__fini(&t->expo);
}

/* Writes series of one family, and its head before the first. Returns the lines, or -ENOMEM. */
static ssize_t write_series(struct prom_text *t, const struct family_snapshot *fs,
			    struct strbuf *out, size_t max_lines)
{
	if (t->series == 0) {
		const int err = expo__begin(&t->expo, &fs->desc);

		if (err)
			return err;
		expo__head(&t->expo, out);
	}

	const size_t lines_per_series = expo__lines_per_series(&t->expo);
	size_t lines = 0;

	for (; t->series < fs->n && lines < max_lines; t->series++) {
		if (t->series + LOOK_AHEAD < fs->n)
			__builtin_prefetch(fs->labels[t->series + LOOK_AHEAD]);
		expo__series(&t->expo, out, fs, t->series);
		lines += lines_per_series;
	}
	return (ssize_t)lines;
}

int prom_text__step(struct prom_text *t, struct strbuf *out, size_t max_lines)
{
	const struct snapshot *s = t->snapshot;

	for (size_t lines = 0; t->family < s->n; t->family++, t->series = 0) {
		const struct family_snapshot *fs = &s->families[t->family];

		if (fs->n == 0)
			continue;
		if (lines >= max_lines)
			return 1;

		const ssize_t written = write_series(t, fs, out, max_lines - lines);

		if (written < 0)
			return (int)written;
		if (t->series < fs->n)
			return out->failed ? -ENOMEM : 1;
		lines += (size_t)written;
	}
	return out->failed ? -ENOMEM : 0;
}
