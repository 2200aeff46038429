/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/truth.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "bench/stream.h"

static int compare_falling(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return (x < y) - (x > y);
}

int truth__init(struct truth *t, const struct stream *s)
{
	*t = (struct truth){.nkeys = s->nkeys, .total = s->n};
	t->counts = calloc((size_t)s->nkeys + 1, sizeof(*t->counts));
	t->sorted = calloc((size_t)s->nkeys + 1, sizeof(*t->sorted));
	if (!t->counts || !t->sorted) {
		truth__fini(t);
		return -ENOMEM;
	}
	for (size_t i = 0; i < s->n; i++)
		t->counts[s->events[i]]++;
	memcpy(t->sorted, t->counts, t->nkeys * sizeof(*t->sorted));
	qsort(t->sorted, t->nkeys, sizeof(*t->sorted), compare_falling);
	return 0;
}

void truth__fini(struct truth *t)
{
	free(t->counts);
	free(t->sorted);
	*t = (struct truth){0};
}

static double share_of_first(const struct truth *t, const u64 *counts, u32 n)
{
	u64 sum = 0;

	for (u32 i = 0; i < MIN(n, t->nkeys); i++)
		sum += counts[i];
	return t->total ? (double)sum / (double)t->total : (double)NAN;
}

double truth__oracle_share(const struct truth *t, u32 n)
{
	return share_of_first(t, t->sorted, n);
}

double truth__first_come_share(const struct truth *t, u32 n)
{
	return share_of_first(t, t->counts, n);
}

double truth__recall(const struct truth *t, const bool *chosen, u32 k)
{
	u32 hits = 0;

	k = MIN(k, t->nkeys);
	if (!k)
		return (double)NAN;
	for (u32 i = 0; i < t->nkeys; i++)
		hits += chosen[i] && t->counts[i] >= t->sorted[k - 1];
	return (double)MIN(hits, k) / k;
}
