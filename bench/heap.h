/* SPDX-License-Identifier: Apache-2.0 */
/* What the allocator has given out, in its own words: independent of what anybody says of himself.
 * Memory that was taken and given back in between does not show. */
#ifndef RINGTALLY_BENCH_HEAP_H
#define RINGTALLY_BENCH_HEAP_H

#include <malloc.h>

#include "base/types.h"

/* Bytes. It never changes where the allocator keeps no books (a sanitizer's does not). */
static inline u64 heap_bytes(void)
{
	const struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
}

#endif
