/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Estimates from samples taken in rounds. A shared machine has phases: neighbouring rounds are
 * alike, so an interval from single samples would be far too narrow. Rounds are therefore put into
 * blocks of neighbours, each block has its median, and the interval comes from the order of the
 * blocks' medians (the sign test: no assumption about their distribution). Medians throughout,
 * because disturbances only ever add time.
 */
#ifndef RINGTALLY_BENCH_STATS_H
#define RINGTALLY_BENCH_STATS_H

#include "base/types.h"

/* `lo` .. `hi` holds the true median in 95 of 100 cases; with fewer than six blocks it is just the
 * range. All NAN: there is nothing to estimate from. */
struct estimate {
	double median;
	double lo;
	double hi;
};

extern const struct estimate estimate_none;

bool estimate__known(const struct estimate *e);

double stats_median(const double *values, size_t n); /* NAN of none */

/* Share p (0 .. 1) of the values is below. */
double stats_quantile(const double *values, size_t n, double p);

struct estimate stats_estimate(const double *values, size_t n);

/* Of a[i] - b[i]: what one subject costs more than another, in pairs of the same round. */
struct estimate stats_difference(const double *a, const double *b, size_t n);

/* Of (a - base) / (b - base): each block's two medians of pairs, divided. */
struct estimate stats_ratio(const double *a, const double *b, const double *base, size_t n);

#endif
