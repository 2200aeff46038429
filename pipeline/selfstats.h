/* SPDX-License-Identifier: Apache-2.0 */
/* The ringtally_self_* metrics: what the daemon says of itself (docs/man/ringtally.8 and README
 * name them). */
#ifndef RINGTALLY_PIPELINE_SELFSTATS_H
#define RINGTALLY_PIPELINE_SELFSTATS_H

#include "base/types.h"

struct collector;
struct drain;
struct flush;
struct snapshot;

enum { SCRAPE_CODES_MAX = 8 };

/* What was answered to scrapes, by status. */
struct scrape_stats {
	int codes[SCRAPE_CODES_MAX];
	u64 counts[SCRAPE_CODES_MAX];
	u64 last_ns; /* duration of the last one */
};

void scrape_stats__add(struct scrape_stats *s, int code, u64 duration_ns);

struct selfstats {
	const struct collector *collector;
	struct drain *drain;
	const struct flush *flush;
	const struct scrape_stats *scrapes;
	u64 started_ms; /* wall clock, when the config took effect */
};

void selfstats_snapshot(const struct selfstats *self, struct snapshot *s);

#endif
