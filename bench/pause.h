/* SPDX-License-Identifier: Apache-2.0 */
/* The monotonic clock, sleeping by it, and the thread's CPU time. */
#ifndef RINGTALLY_BENCH_PAUSE_H
#define RINGTALLY_BENCH_PAUSE_H

#include <errno.h>
#include <time.h>

#include "base/types.h"

static inline u64 pause_clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (u64)now.tv_sec * 1000000000ULL + (u64)now.tv_nsec;
}

static inline u64 pause_now_ns(void)
{
	return pause_clock_ns(CLOCK_MONOTONIC);
}

static inline u64 pause_thread_ns(void)
{
	return pause_clock_ns(CLOCK_THREAD_CPUTIME_ID);
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
