/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What has been shown to whom. Snapshots are numbered from 1 on as they are taken; exporters say
 * how far those have come who count (Prometheus scrapers, a push). A series that must be seen at 0
 * before it may count waits for that. One per process; families read it, the owner of the loop
 * writes it.
 */
#ifndef RINGTALLY_AGGREGATORS_EXPOSURE_H
#define RINGTALLY_AGGREGATORS_EXPOSURE_H

#include "base/types.h"

struct exposure {
	u64 taken;	 /* the latest snapshot's number; 0: none yet */
	u64 shown;	 /* everybody who counts has shown a snapshot of this number or a later one;
			    U64_LARGEST when nobody counts */
	u64 shown_twice; /* and another one, of this number or a later one, before that */
};

/* Nobody counts. */
#define EXPOSURE_INIT                                             \
	{                                                         \
		.shown = U64_LARGEST, .shown_twice = U64_LARGEST, \
	}

#endif
