/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who has one of a limited number of places: the series of a metric, the values of a label.
 * docs/cardinality.md says what users are promised; this is where it is decided.
 *
 * While there was always room, whoever comes gets a place. From the first time on that somebody
 * found none, the roster is *crowded* for good: those without a place are tracked
 * (aggregators/tracker.h), and at every epoch the heaviest of them are elected to the places of the
 * weakest members. An elected one gets its place when it comes the next time.
 *
 * A member is
 *   waiting    it has a place but must be shown at 0 before it counts,
 *   live       it counts,
 *   frozen     it lost its place and is still shown, until its linger is over: an election brings
 * it back, idle       it was stopped because it was silent, and is shown like a frozen one: it is
 * back as soon as it comes.
 *
 * Weights are what members are ranked by: their sums halve with every epoch, as the tracker's
 * counts do. Members are rows of a series table (aggregators/series.h). No clock: the time is told.
 */
#ifndef RINGTALLY_AGGREGATORS_ROSTER_H
#define RINGTALLY_AGGREGATORS_ROSTER_H

#include "aggregators/series.h"

struct err;
struct exposure;
struct quota;

struct roster_spec {
	u32 places;  /* for members that are waiting or live */
	bool beside; /* those that linger stand beside them, as many again, and an epoch may change
			all places; else they take places, at most a quarter of them, and an epoch
			changes at most an eighth, but each at least one */
	u16 nlabels;
	bool pins_protect; /* a pinned member keeps its place */
	u64 linger_ns;
	u64 ttl_ns;			 /* 0: silence does not matter */
	const struct exposure *exposure; /* NULL: nobody has to be waited for */
	struct quota *quota;		 /* NULL: no limits but its own */
	u32 quota_member;
};

struct roster;

int roster__new(const struct roster_spec *spec, struct roster **ret_roster, struct err *err);
void roster__free(struct roster *r);

/* Its members' label sets; rows from SERIES_FIRST on are members. */
const struct series_table *roster__series(const struct roster *r);

/* Somebody who has no place comes with this weight: the row of its place, or SERIES_NONE. */
u32 roster__enter(struct roster *r, const struct label_builder *labels, u64 hash, u64 weight,
		  bool zero_first);

/* The same for somebody who is not elected but needed: it takes any place that is free. */
u32 roster__make(struct roster *r, const struct label_builder *labels, u64 hash, bool zero_first);

/* A member comes with this weight: does it count? */
bool roster__counts(struct roster *r, u32 row, u64 weight);

/* By row, good as long as the roster: a number that changes with the row's state and with whoever
 * has it. Of a live member it is the same as long as it counts. */
const u32 *roster__tags(const struct roster *r);
bool roster__is_live(const struct roster *r, u32 row);
bool roster__is_shown(const struct roster *r, u32 row); /* anything but free */

/* The first row from `row` on that is shown, or that is not; or behind the last one. */
u32 roster__find(const struct roster *r, u32 row, bool shown);

/* A member weighed so much since the last time (0: it was silent). Once in an epoch for all. */
void roster__weigh(struct roster *r, u32 row, u64 weight);

/* A pinned member does not end. */
void roster__pin(struct roster *r, u32 row);
void roster__unpin(struct roster *r, u32 row);

/* A member stops counting until it comes again. */
void roster__suspend(struct roster *r, u32 row);

/* Time passes: every second or so, and before anything below. */
void roster__tick(struct roster *r, u64 now_ns);

/* Everybody was weighed: silent members are stopped, places change hands. Returns how many members
 * were stopped. */
u32 roster__hold_election(struct roster *r);

/* The first row from `row` on whose linger is over, or SERIES_NONE. */
u32 roster__next_due(const struct roster *r, u32 row);
void roster__remove(struct roster *r, u32 row);

struct roster_stats {
	u32 counted; /* members that count against the places */
	u32 lingering;
	u32 places;
	u64 promotions;	 /* members that got a place, or theirs back, when it was crowded */
	u64 demotions;	 /* members that were stopped */
	u64 error_bound; /* the tracker's */
};
void roster__stats(const struct roster *r, struct roster_stats *ret_stats);
bool roster__is_crowded(const struct roster *r);

size_t roster__footprint(const struct roster *r);

#endif
