/* SPDX-License-Identifier: Apache-2.0 */
#include "aggregators/bounds.h"

u32 bounds_log2(u64 min, u64 max, u64 *ret_bounds)
{
	u32 n = 0;

	for (u64 bound = min;; bound *= 2) {
		if (ret_bounds)
			ret_bounds[n] = bound;
		n++;
		if (bound >= max || bound > (u64)-1 / 2)
			return n;
	}
}

void bounds_linear(u64 start, u64 step, u32 n, u64 *ret_bounds)
{
	for (u32 i = 0; i < n; i++)
		ret_bounds[i] = start + i * step;
}

u32 bounds_bucket(const u64 *bounds, u32 n, u64 value)
{
	u32 bucket = 0;

	while (bucket < n && bounds[bucket] < value)
		bucket++;
	return bucket;
}
