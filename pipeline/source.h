/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where exporters get their snapshots: a request waits for a flush that begins after it arrived, so
 * that everything that happened before is counted, then all numbers are copied in one turn.
 *
 * It keeps the collector's exposure, and lets time pass for its metrics: ends of flushes are when,
 * at most once a second, so that an idle daemon is not woken up for that.
 */
#ifndef RINGTALLY_PIPELINE_SOURCE_H
#define RINGTALLY_PIPELINE_SOURCE_H

#include "exporters/exporter.h"

struct collector;
struct drain;
struct err;
struct flush;
struct source;

/* All are borrowed until free; it becomes the flush's listener. */
int source__new(struct collector *c, struct drain *d, struct flush *f, struct source **ret_source,
		struct err *err);
void source__free(struct source *s); /* no request may wait; NULL is fine */

struct metric_source *source__metrics(struct source *s);

/* Every event was tried by now: /readyz turns to 200. */
void source__set_ready(struct source *s);

#endif
