/* SPDX-License-Identifier: Apache-2.0 */
/* "did you mean": the known name nearest to a mistyped one. */
#ifndef RINGTALLY_BASE_SUGGEST_H
#define RINGTALLY_BASE_SUGGEST_H

#include <stddef.h>

struct suggestion {
	const char *word; /* what was typed */
	const char *best; /* nearest candidate so far; NULL when none is near enough to be meant */
	size_t distance;  /* edit distance (with transpositions) of `best` */
};

void suggestion__init(struct suggestion *s, const char *word);
void suggestion__offer(struct suggestion *s, const char *candidate);

#endif
