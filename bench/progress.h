/* SPDX-License-Identifier: Apache-2.0 */
/* How far a long measurement is: one line on a terminal, rewritten; nothing elsewhere. It is
 * written between measurements only. */
#ifndef RINGTALLY_BENCH_PROGRESS_H
#define RINGTALLY_BENCH_PROGRESS_H

#include <stdio.h>

#include "base/types.h"

struct progress {
	FILE *out; /* NULL: not a terminal */
	const char *what;
	u64 shown_ms; /* when */
};

void progress__init(struct progress *p, FILE *out);
void progress__begin(struct progress *p, const char *what);
void progress__step(struct progress *p, size_t done, size_t all);
void progress__end(struct progress *p); /* clears the line */

#endif
