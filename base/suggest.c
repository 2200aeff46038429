/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Damerau-Levenshtein distance in its "optimal string alignment" form: insert, delete, replace a
 * byte, or swap two neighbours, none of them twice at one place. Three rows of the table are kept.
 */
#include "base/suggest.h"

#include <stdint.h>
#include <string.h>

#include "base/util.h"

#define MAX_LEN 64 /* longer words get no suggestion: the work per candidate stays small */

static size_t least(size_t a, size_t b, size_t c)
{
	return MIN(MIN(a, b), c);
}

/* Both at most MAX_LEN bytes. */
static size_t edit_distance(const char *a, size_t alen, const char *b, size_t blen)
{
	size_t rows[3][MAX_LEN + 1];

	for (size_t j = 0; j <= blen; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= alen; i++) {
		size_t *row = rows[i % 3];
		const size_t *above = rows[(i - 1) % 3];
		const size_t *two_above = rows[(i + 1) % 3];

		row[0] = i;
		for (size_t j = 1; j <= blen; j++) {
			size_t replaced = above[j - 1] + (a[i - 1] != b[j - 1]);
			row[j] = least(above[j] + 1, row[j - 1] + 1, replaced);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = MIN(row[j], two_above[j - 2] + 1);
		}
	}
	return rows[alen % 3][blen];
}

void suggestion__init(struct suggestion *s, const char *word)
{
	*s = (struct suggestion){.word = word, .distance = SIZE_MAX};
}

void suggestion__offer(struct suggestion *s, const char *candidate)
{
	size_t len = strnlen(s->word, MAX_LEN + 1);
	size_t candidate_len = strnlen(candidate, MAX_LEN + 1);

	if (len > MAX_LEN || candidate_len > MAX_LEN)
		return;
	size_t distance = edit_distance(s->word, len, candidate, candidate_len);
	if (distance > MAX(1, len / 3) || distance >= s->distance)
		return;
	s->best = candidate;
	s->distance = distance;
}
