/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The heavy hitters among keys that have no series: Misra and Gries' frequent items, weighted, with
 * batched purges by the median (Anderson et al., "A High-Performance Algorithm for Identifying
 * Frequent Items in Data Streams", IMC 2017). Amortised O(1) per key, no allocation after creation.
 *
 * Keys are 64-bit hashes: which label set a key stands for is known to whoever adds it. A count is
 * a lower bound of what was added for its key: lower <= truth <= lower + tracker__error(), and no
 * key above the error is missing. With m counters and W added in all, the error is at most 2 W / m.
 *
 * tracker__halve halves truth (rounding down) and W as well: after it the error is at most
 * 2 W / m + 1. A count that reached 2^63 - 1 stands still: there truth has no upper bound.
 */
#ifndef RINGTALLY_AGGREGATORS_TRACKER_H
#define RINGTALLY_AGGREGATORS_TRACKER_H

#include "aggregators/ranking.h"

struct err;
struct tracker;

enum { TRACKER_MIN = 8, TRACKER_MAX = 1 << 24 };
#define TRACKER_COUNT_MAX ((1ULL << 63) - 1)

/* m: counters, rounded up to a power of two and to TRACKER_MIN; -EINVAL above TRACKER_MAX. */
int tracker__new(u32 m, struct tracker **ret_tracker, struct err *err);
void tracker__free(struct tracker *t); /* NULL is fine */

/* Adds weight (counts stop at 2^63 - 1). True: the key is elected. A weight of 0 only asks. */
bool tracker__add(struct tracker *t, u64 key, u64 weight);

/* A tracked key is marked until it is removed, purged or the next tracker__halve. */
void tracker__elect(struct tracker *t, u64 key);
void tracker__remove(struct tracker *t, u64 key);

/* Time passes: counts and the error halve, what comes to 0 is dropped, nobody is elected any more.
 */
void tracker__halve(struct tracker *t);

u64 tracker__count(const struct tracker *t, u64 key); /* 0: not tracked */
u64 tracker__error(const struct tracker *t);
u32 tracker__used(const struct tracker *t); /* keys tracked */

/* The n heaviest keys, heaviest first (ties: smaller key first): as id the key, as score its count.
 * Returns how many there were. */
u32 tracker__top(const struct tracker *t, struct ranked *ret_keys, u32 n);

/* Offers the heaviest keys to a ranking, as many as it has room for: nearly, for of keys about as
 * heavy as the last ones, less than a quarter apart, it may be any. Much faster than tracker__top.
 */
void tracker__rank(const struct tracker *t, struct ranking *ranking);

/* Adds what another one holds, but for its marks; the errors add up. The bound of the error holds
 * for both together when the other one has at least as many counters. */
void tracker__merge(struct tracker *t, const struct tracker *from);

size_t tracker__footprint(const struct tracker *t);

#endif
