/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Renders a snapshot in the Prometheus text format 0.0.4, a slice at a time, so that whoever owns
 * the loop decides how long it is held up. Families keep their order; one without series is left
 * out.
 */
#ifndef RINGTALLY_EXPORTERS_PROM_TEXT_H
#define RINGTALLY_EXPORTERS_PROM_TEXT_H

#include "exporters/expo.h"

#define PROM_TEXT_TYPE "text/plain; version=0.0.4; charset=utf-8"

struct snapshot;

struct prom_text {
	const struct snapshot *snapshot;
	size_t family; /* where the next line comes from */
	size_t series;
	struct expo expo;
};

/* The snapshot is borrowed until the end. */
void prom_text__init(struct prom_text *t, const struct snapshot *snapshot);
void prom_text__fini(struct prom_text *t);

/*
 * Appends lines until there are max_lines or a few more (the lines of a histogram stay together).
 * 1: there is more; 0: that was all; -ENOMEM: what `out` holds is of no use.
 */
int prom_text__step(struct prom_text *t, struct strbuf *out, size_t max_lines);

#endif
