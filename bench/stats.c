/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"

enum { BLOCKS_MAX = 25 };

const struct estimate estimate_none = {NAN, NAN, NAN};

bool estimate__known(const struct estimate *e)
{
	return isfinite(e->median);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double *sorted_copy(const double *values, size_t n)
{
	double *copy = calloc(n + 1, sizeof(*copy));

	if (!copy || n == 0)
		return copy;
	memcpy(copy, values, n * sizeof(*copy));
	qsort(copy, n, sizeof(*copy), compare);
	return copy;
}

static double sorted_median(const double *sorted, size_t n)
{
	if (n == 0)
		return (double)NAN;
	return (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
}

double stats_median(const double *values, size_t n)
{
	double *sorted = sorted_copy(values, n);
	double median = sorted ? sorted_median(sorted, n) : (double)NAN;

	free(sorted);
	return median;
}

double stats_quantile(const double *values, size_t n, double p)
{
	double *sorted = n ? sorted_copy(values, n) : NULL;
	double value = sorted ? sorted[(size_t)(p * (double)(n - 1) + 0.5)] : (double)NAN;

	free(sorted);
	return value;
}

/* How many of the smallest (and of the largest) of n values the interval leaves out: as many as the
 * median has a chance of at most 2.5 % to be among. */
static size_t values_left_out(size_t n)
{
	double chance = pow(0.5, (double)n), sum = chance; /* that k of n are below the median */
	size_t k = 0;

	while (sum <= 0.025) {
		chance = chance * (double)(n - k) / (double)(k + 1);
		sum += chance;
		k++;
	}
	return k ? k - 1 : 0;
}

struct blocks {
	size_t n;
	double values[BLOCKS_MAX];
};

static size_t block_begin(size_t block, size_t nblocks, size_t n)
{
	return block * n / nblocks;
}

/* Up to BLOCKS_MAX blocks of about the same size. */
static size_t block_count(size_t n)
{
	return MIN(n, (size_t)BLOCKS_MAX);
}

static struct estimate from_blocks(double median, struct blocks *blocks)
{
	size_t out = values_left_out(blocks->n);

	if (blocks->n == 0)
		return estimate_none;
	qsort(blocks->values, blocks->n, sizeof(blocks->values[0]), compare);
	return (struct estimate){median, blocks->values[out], blocks->values[blocks->n - 1 - out]};
}

struct estimate stats_estimate(const double *values, size_t n)
{
	struct blocks blocks = {.n = block_count(n)};

	for (size_t b = 0; b < blocks.n; b++) {
		size_t begin = block_begin(b, blocks.n, n);

		blocks.values[b] =
			stats_median(values + begin, block_begin(b + 1, blocks.n, n) - begin);
	}
	return from_blocks(stats_median(values, n), &blocks);
}

static double *differences(const double *a, const double *b, size_t n)
{
	double *d = calloc(n + 1, sizeof(*d));

	for (size_t i = 0; d && i < n; i++)
		d[i] = a[i] - b[i];
	return d;
}

struct estimate stats_difference(const double *a, const double *b, size_t n)
{
	double *d = differences(a, b, n);
	struct estimate e = d ? stats_estimate(d, n) : estimate_none;

	free(d);
	return e;
}

static double ratio_of_medians(const double *a, const double *b, size_t n)
{
	double divisor = stats_median(b, n);

	return divisor > 0 ? stats_median(a, n) / divisor : (double)NAN;
}

/* Of two lists of differences. NAN when a block shows no cost to divide by. */
static struct estimate ratio_of_blocks(const double *a, const double *b, size_t n)
{
	struct blocks blocks = {.n = block_count(n)};

	for (size_t k = 0; k < blocks.n; k++) {
		size_t begin = block_begin(k, blocks.n, n);
		size_t size = block_begin(k + 1, blocks.n, n) - begin;

		blocks.values[k] = ratio_of_medians(a + begin, b + begin, size);
		if (!isfinite(blocks.values[k]))
			return (struct estimate){ratio_of_medians(a, b, n), NAN, NAN};
	}
	return from_blocks(ratio_of_medians(a, b, n), &blocks);
}

struct estimate stats_ratio(const double *a, const double *b, const double *base, size_t n)
{
	double *over = differences(a, base, n), *under = differences(b, base, n);
	struct estimate e = over && under ? ratio_of_blocks(over, under, n) : estimate_none;

	free(over);
	free(under);
	return e;
}
