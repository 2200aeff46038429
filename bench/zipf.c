/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/zipf.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "bench/random.h"

int zipf__init(struct zipf *z, size_t n, double exponent)
{
	double *cumulative = calloc(n, sizeof(*cumulative)), sum = 0;

	if (!cumulative)
		return -ENOMEM;
	for (size_t k = 0; k < n; k++) {
		sum += 1.0 / pow((double)(k + 1), exponent);
		cumulative[k] = sum;
	}
	*z = (struct zipf){cumulative, n};
	return 0;
}

void zipf__fini(struct zipf *z)
{
	free(z->cumulative);
	*z = (struct zipf){0};
}

size_t zipf__draw(const struct zipf *z, struct random *r)
{
	double wanted = random__share(r) * z->cumulative[z->n - 1];
	size_t low = 0, high = z->n - 1;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (z->cumulative[middle] < wanted)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}
