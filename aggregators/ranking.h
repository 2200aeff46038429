/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The highest scores of all that are offered, at most `cap` of them: a heap in the caller's memory,
 * whose first entry is the one that the next better offer replaces. O(log cap) for an offer that is
 * kept, O(1) for one that is not. Of equal scores, the smaller id ranks higher.
 *
 * When all was offered, either sort it, or turn it and take the best one after the other: cheaper
 * when only some are wanted.
 */
#ifndef RINGTALLY_AGGREGATORS_RANKING_H
#define RINGTALLY_AGGREGATORS_RANKING_H

#include "base/types.h"

struct ranked {
	u64 score;
	u64 id;
};

struct ranking {
	struct ranked *entries; /* cap; the caller's */
	u32 cap;
	u32 n;
};

void ranking__offer(struct ranking *r, u64 score, u64 id);

/* The best one first. Nothing may be offered afterwards. */
void ranking__sort(struct ranking *r);

/* The best one first, the others in no order; O(n). Nothing may be offered afterwards. */
void ranking__turn(struct ranking *r);

/* Once turned: the best one that is left, NULL when none is. */
const struct ranked *ranking__best(const struct ranking *r);
void ranking__drop_best(struct ranking *r);

#endif
