/* SPDX-License-Identifier: Apache-2.0 */
/* The monotonic clock, and sleeping by it. */
#ifndef RINGTALLY_BENCH_PAUSE_H
#define RINGTALLY_BENCH_PAUSE_H

#include <errno.h>
#include <time.h>

#include "base/types.h"

static inline u64 pause_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (u64)now.tv_sec * 1000000000ULL + (u64)now.tv_nsec;
}

static inline void pause_us(u32 us)
{
	struct timespec left = {us / 1000000, (long)(us % 1000000) * 1000};

	while (nanosleep(&left, &left) && errno == EINTR)
		;
}

static inline void pause_ms(u32 ms)
{
	pause_us(ms * 1000);
}

#endif
