/* SPDX-License-Identifier: Apache-2.0 */
#include "aggregators/census.h"

struct census_range census_range(u32 class)
{
	const u32 shift = class < 8 ? 0 : class / 4 - 1;

	return (struct census_range){(u64)(class - 4 * shift) << shift, shift};
}

u32 census__from_top(const struct census *c, u32 *rank)
{
	u32 i = CENSUS_CLASSES - 1;

	while (c->n[i] < *rank)
		*rank -= c->n[i--];
	return i;
}

u32 census__from_bottom(const struct census *c, u32 *rank)
{
	u32 i = 0;

	while (c->n[i] < *rank)
		*rank -= c->n[i++];
	return i;
}
