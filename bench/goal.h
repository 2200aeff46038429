/* SPDX-License-Identifier: Apache-2.0 */
/* A target and how it was met: of all that was measured for it, the worst counts. */
#ifndef RINGTALLY_BENCH_GOAL_H
#define RINGTALLY_BENCH_GOAL_H

#include "bench/report.h"

struct goal {
	const char *what; /* "throughput of a counter" */
	const char *unit; /* "M/s"; "" */
	double wanted;
	bool at_most; /* that much; else at least */
	double worst;
	char where[SUBJECT_BYTES]; /* "": nothing was measured yet */
};

/* NAN: it was not measured there, which is no news. `where` is copied. */
void goal__see(struct goal *g, double value, const char *where);
bool goal__met(const struct goal *g); /* false when nothing was measured */

/* A remark: "target met: WHAT: 12.3 M/s (WHERE), wanted at least 10". */
void goal__report(const struct goal *g, const char *suite, struct bench_report *report);

#endif
