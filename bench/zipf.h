/* SPDX-License-Identifier: Apache-2.0 */
/* Ranks 0 .. n - 1, of which the k-th is drawn 1 / k^exponent times as often as the first. */
#ifndef RINGTALLY_BENCH_ZIPF_H
#define RINGTALLY_BENCH_ZIPF_H

#include "base/types.h"

struct random;

struct zipf {
	double *cumulative; /* by rank: how often it or one before it is drawn */
	size_t n;
};

int zipf__init(struct zipf *z, size_t n, double exponent); /* n > 0; 0 or -ENOMEM */
void zipf__fini(struct zipf *z);

size_t zipf__draw(const struct zipf *z, struct random *r);

#endif
