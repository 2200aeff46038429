/* SPDX-License-Identifier: Apache-2.0 */
/* What a series takes of the daemon's memory, measured by making many of them by real system calls.
 */
#ifndef RINGTALLY_BENCH_SERIES_COST_H
#define RINGTALLY_BENCH_SERIES_COST_H

#include "base/types.h"

struct err;
struct figures;

/* Starts ringtally with a config of its own, makes `nseries` (at most 99,999) and adds to the
 * figures `series/N` and `series/N/scraped`. */
int series_cost_measure(u32 nseries, struct figures *to, struct err *err);

#endif
