/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Members stand in columns by row. The tag is all that the hot path reads: the state in its low
 * byte, above it how many members had the row before.
 *
 * An election pairs the heaviest challengers with the weakest members, the first with the first: a
 * challenger wins when the least that it can weigh is a quarter above what the member weighs.
 * Challengers are tracked keys, and frozen members, which want their own place back. Losers are
 * frozen at once. Winners get a ticket into the next places that are free. Some of them never come
 * again: when places stay free from one tick to the next, all others who would have won may come.
 *
 * A sixteenth of the places is kept for those who win against somebody, as soon as there are free
 * ones, so that a heavy newcomer need not wait for a linger to end; what is free beyond that goes
 * to the heaviest challengers without a fight.
 */
#include "aggregators/roster.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "aggregators/census.h"
#include "aggregators/exposure.h"
#include "aggregators/labels.h"
#include "aggregators/quota.h"
#include "aggregators/ranking.h"
#include "aggregators/tracker.h"
#include "base/err.h"
#include "base/util.h"

enum {
	TRACKED_MIN = 2048,	   /* counters of the tracker, at least */
	LINGERING_SHARE = 4,	   /* a quarter of the places */
	SWAP_SHARE = 8,		   /* an eighth */
	KEPT_SHARE = 16,	   /* a sixteenth */
	CANDIDATES_PER_TICKET = 2, /* ranked, in case winners do not come */
	FRACTION_BITS = 8,	   /* of weights, so that halving does not end a single event */
	STATE_BITS = 8,
};

enum state {
	STATE_FREE,
	STATE_WAITING,
	STATE_LIVE,
	STATE_FROZEN,
	STATE_IDLE,
};

/* An election, and what is left of it until the next one. */
struct election {
	u32 open;     /* places that need not be won from anybody */
	u64 bar;      /* what the last one weighed who lost its place; 0: nobody did */
	bool in_vain; /* places were free at the last tick, and winners did not come */
};

struct roster {
	struct roster_spec spec;
	struct series_table *series;
	/* Columns by row. Those that only a few members need are not touched for the others, so
	 * that their pages are not there. */
	u32 *tags;
	u64 *weights; /* scaled */
	u64 *since;   /* waiting, live: when it was last seen to weigh something (ns), if there is a
			 ttl; lingering: when that is over */
	u64 *shown;   /* waiting, lingering: the first snapshot that shows it like that */
	u32 *pins;
	struct tracker *tracker;
	/* Of an election: who has places, who was tracked, who wants a place back. */
	struct ranking weakest, strangers, returning;
	struct election election;
	u64 now_ns;	/* as told last */
	u32 nmembers;	/* waiting and live */
	u32 nlingering; /* frozen and idle */
	u32 tickets;	/* for those who are elected, until the next election */
	bool crowded;
	u64 promotions;
	u64 demotions;
};

static u32 at_least_one(u32 n)
{
	return MAX(n, 1);
}

/* So many may linger, and so many may change hands in an epoch, of this many places. */
static u32 lingering_of(const struct roster_spec *spec, u32 places)
{
	return at_least_one(spec->beside ? places : places / LINGERING_SHARE);
}

static u32 swaps_of(const struct roster_spec *spec, u32 places)
{
	return at_least_one(spec->beside ? places : places / SWAP_SHARE);
}

/* About two for each place: the largest power of two that is not more. */
static u32 counters_for(u32 places)
{
	u32 n = TRACKED_MIN;

	while (n <= places)
		n *= 2;
	return n;
}

static int allocate_ranking(struct ranking *ranking, u32 cap)
{
	ranking->cap = cap;
	ranking->entries = calloc(cap, sizeof(*ranking->entries));
	return ranking->entries ? 0 : -ENOMEM;
}

static int allocate(struct roster *r, struct err *err)
{
	const u32 swaps = swaps_of(&r->spec, r->spec.places);
	const u32 max_members = r->spec.places * (r->spec.beside ? 2 : 1);
	int code = series_table__new(max_members, r->spec.nlabels, &r->series, err);

	if (code < 0)
		return code;
	code = tracker__new(counters_for(r->spec.places), &r->tracker, err);
	if (code < 0)
		return code;

	const u32 rows = series_table__max_rows(r->series);

	r->tags = calloc(rows, sizeof(*r->tags));
	r->weights = calloc(rows, sizeof(*r->weights));
	r->since = calloc(rows, sizeof(*r->since));
	r->shown = calloc(rows, sizeof(*r->shown));
	r->pins = calloc(rows, sizeof(*r->pins));
	if (!r->tags || !r->weights || !r->since || !r->shown || !r->pins ||
	    allocate_ranking(&r->strangers, CANDIDATES_PER_TICKET * swaps) < 0 ||
	    allocate_ranking(&r->weakest, swaps) < 0 || allocate_ranking(&r->returning, swaps) < 0)
		return err__set_errno(err, -ENOMEM, "%u series", r->spec.places);
	return 0;
}

int roster__new(const struct roster_spec *spec, struct roster **ret_roster, struct err *err)
{
	struct roster *r = calloc(1, sizeof(*r));

	if (!r)
		return err__set_errno(err, -ENOMEM, "%u series", spec->places);
	r->spec = *spec;

	const int code = allocate(r, err);

	if (code < 0) {
		roster__free(r);
		return code;
	}
	*ret_roster = r;
	return 0;
}

void roster__free(struct roster *r)
{
	if (!r)
		return;
	free(r->returning.entries);
	free(r->weakest.entries);
	free(r->strangers.entries);
	free(r->pins);
	free(r->shown);
	free(r->since);
	free(r->weights);
	free(r->tags);
	tracker__free(r->tracker);
	series_table__free(r->series);
	free(r);
}

const struct series_table *roster__series(const struct roster *r)
{
	return r->series;
}

static enum state state_of(const struct roster *r, u32 row)
{
	return (enum state)(r->tags[row] & ((1U << STATE_BITS) - 1));
}

static bool is_lingering(enum state state)
{
	return state == STATE_FROZEN || state == STATE_IDLE;
}

static bool has_place(enum state state)
{
	return state == STATE_WAITING || state == STATE_LIVE;
}

/* The only place where a member's state changes. */
static void set_state(struct roster *r, u32 row, enum state state)
{
	const enum state before = state_of(r, row);

	r->nmembers += has_place(state) - has_place(before);
	r->nlingering += is_lingering(state) - is_lingering(before);
	r->tags[row] += (u32)state - (u32)before;
}

static u64 next_snapshot(const struct roster *r)
{
	return r->spec.exposure ? r->spec.exposure->taken + 1 : 0;
}

static bool was_shown(const struct roster *r, u64 snapshot)
{
	return !r->spec.exposure || r->spec.exposure->shown >= snapshot;
}

static bool was_shown_twice(const struct roster *r, u64 snapshot)
{
	return !r->spec.exposure || r->spec.exposure->shown_twice >= snapshot;
}

static bool has_quota(const struct roster *r)
{
	return !r->spec.quota || quota__has_room(r->spec.quota, r->spec.quota_member);
}

static u32 free_places(const struct roster *r)
{
	return has_quota(r) ? MIN(series_table__unused(r->series), r->spec.places - r->nmembers)
			    : 0;
}

/* Where the process has no room for more of them, the places are those that are taken. */
static u32 places(const struct roster *r)
{
	return has_quota(r) ? r->spec.places : MIN(r->nmembers + r->nlingering, r->spec.places);
}

static u64 scaled(u64 weight)
{
	return weight > U64_LARGEST >> FRACTION_BITS ? U64_LARGEST : weight << FRACTION_BITS;
}

/* Rounded up: of a bound. */
static u64 unscaled(u64 weight)
{
	return (weight >> FRACTION_BITS) + (weight % (1 << FRACTION_BITS) > 0);
}

static void add_weight(struct roster *r, u32 row, u64 weight)
{
	const u64 more = scaled(weight);

	r->weights[row] =
		r->weights[row] > U64_LARGEST - more ? U64_LARGEST : r->weights[row] + more;
}

/* A place was refused: from now on places are won. */
static u32 refuse(struct roster *r, u64 hash, u64 weight)
{
	r->crowded = true;
	tracker__add(r->tracker, hash, scaled(weight));
	return SERIES_NONE;
}

static bool take_quota(struct roster *r, const struct label_builder *labels)
{
	return !r->spec.quota || quota__take(r->spec.quota, r->spec.quota_member, labels->nbytes);
}

static void give_quota_back(struct roster *r, u32 nbytes)
{
	if (r->spec.quota)
		quota__give(r->spec.quota, r->spec.quota_member, nbytes);
}

/* A sign of life; it matters only where silence does. */
static void note_life(struct roster *r, u32 row)
{
	if (r->spec.ttl_ns > 0)
		r->since[row] = r->now_ns;
}

/* What the tracker knows of it is what it starts with, or it would be the weakest at once. */
static void begin(struct roster *r, u32 row, u64 hash, bool zero_first)
{
	if (r->crowded) {
		r->weights[row] = tracker__count(r->tracker, hash);
		tracker__remove(r->tracker, hash);
	}
	if (zero_first)
		r->shown[row] = next_snapshot(r);
	note_life(r, row);
	set_state(r, row, zero_first ? STATE_WAITING : STATE_LIVE);
}

u32 roster__make(struct roster *r, const struct label_builder *labels, u64 hash, bool zero_first)
{
	if (free_places(r) == 0 || !take_quota(r, labels))
		return SERIES_NONE;

	const u32 row = series_table__add(r->series, labels, hash);

	if (row == SERIES_NONE)
		give_quota_back(r, labels->nbytes);
	else
		begin(r, row, hash, zero_first);
	return row;
}

/* Whoever is elected and comes while there are tickets. */
static u32 enter_by_election(struct roster *r, const struct label_builder *labels, u64 hash,
			     u64 weight)
{
	if (!tracker__add(r->tracker, hash, scaled(weight)) || r->tickets == 0)
		return SERIES_NONE;

	const u32 row = roster__make(r, labels, hash, true);

	if (row != SERIES_NONE) {
		r->tickets--;
		r->promotions++;
	}
	return row;
}

u32 roster__enter(struct roster *r, const struct label_builder *labels, u64 hash, u64 weight,
		  bool zero_first)
{
	if (r->crowded)
		return enter_by_election(r, labels, hash, weight);

	const u32 row = roster__make(r, labels, hash, zero_first);

	return row == SERIES_NONE ? refuse(r, hash, weight) : row;
}

/* An idle member is back, unless others have taken all places (they can where those that linger
 * stand beside the places). */
static bool resume(struct roster *r, u32 row)
{
	const bool room = r->nmembers < r->spec.places;

	set_state(r, row, room ? STATE_LIVE : STATE_FROZEN);
	if (room)
		note_life(r, row);
	return room;
}

static bool try_to_count(struct roster *r, u32 row)
{
	switch (state_of(r, row)) {
	case STATE_LIVE:
		return true;
	case STATE_WAITING:
		if (!was_shown(r, r->shown[row]))
			return false;
		set_state(r, row, STATE_LIVE);
		return true;
	case STATE_IDLE:
		return resume(r, row);
	default:
		return false;
	}
}

bool roster__counts(struct roster *r, u32 row, u64 weight)
{
	const bool counts = try_to_count(r, row);

	if (!counts)
		add_weight(r, row, weight);
	return counts;
}

const u32 *roster__tags(const struct roster *r)
{
	return r->tags;
}

bool roster__is_live(const struct roster *r, u32 row)
{
	return state_of(r, row) == STATE_LIVE;
}

bool roster__is_shown(const struct roster *r, u32 row)
{
	return state_of(r, row) != STATE_FREE;
}

u32 roster__find(const struct roster *r, u32 row, bool shown)
{
	const u32 end = series_table__rows(r->series);

	while (row < end && roster__is_shown(r, row) != shown)
		row++;
	return row;
}

void roster__weigh(struct roster *r, u32 row, u64 weight)
{
	if (weight == 0)
		return;
	add_weight(r, row, weight);
	if (has_place(state_of(r, row)))
		note_life(r, row);
}

void roster__pin(struct roster *r, u32 row)
{
	r->pins[row]++;
}

void roster__unpin(struct roster *r, u32 row)
{
	assert(r->pins[row] > 0);
	r->pins[row]--;
}

static void stop(struct roster *r, u32 row, enum state state)
{
	r->since[row] = r->now_ns + r->spec.linger_ns;
	r->shown[row] = next_snapshot(r);
	r->demotions++;
	set_state(r, row, state);
}

void roster__suspend(struct roster *r, u32 row)
{
	const enum state state = state_of(r, row);

	/* One that still waits has not been shown at 0: it cannot just go on. */
	if (has_place(state))
		stop(r, row, state == STATE_LIVE ? STATE_IDLE : STATE_FROZEN);
}

static bool is_protected(const struct roster *r, u32 row)
{
	return r->spec.pins_protect && r->pins[row] > 0;
}

static bool can_lose(const struct roster *r, u32 row)
{
	return has_place(state_of(r, row)) && !is_protected(r, row);
}

/* Who came before any time was told starts to be silent now. */
static bool is_silent(struct roster *r, u32 row)
{
	if (r->since[row] == 0)
		r->since[row] = r->now_ns;
	return r->now_ns - r->since[row] >= r->spec.ttl_ns;
}

static void stop_silent(struct roster *r)
{
	if (r->spec.ttl_ns == 0)
		return;
	for (u32 row = SERIES_FIRST; row < series_table__rows(r->series); row++)
		if (can_lose(r, row) && is_silent(r, row))
			roster__suspend(r, row);
}

/* Above this weight nobody is among the weakest. */
static u64 weakest_limit(const struct roster *r)
{
	struct census census = {0};
	u32 n = 0;

	for (u32 row = SERIES_FIRST; row < series_table__rows(r->series); row++) {
		if (!can_lose(r, row))
			continue;
		census.n[census_class(r->weights[row])]++;
		n++;
	}
	if (n <= r->weakest.cap)
		return U64_LARGEST;

	u32 rank = r->weakest.cap;
	const struct census_range range = census_range(census__from_bottom(&census, &rank));

	return range.low + ((1ULL << range.bits) - 1);
}

/* The weakest members first: they are ranked by what they do not weigh. */
static void rank_all(struct roster *r)
{
	const u64 limit = weakest_limit(r);

	r->weakest.n = r->strangers.n = r->returning.n = 0;
	tracker__rank(r->tracker, &r->strangers);
	for (u32 row = SERIES_FIRST; row < series_table__rows(r->series); row++) {
		const u64 weight = r->weights[row];

		if (weight <= limit && can_lose(r, row))
			ranking__offer(&r->weakest, U64_LARGEST - weight, row);
		else if (state_of(r, row) == STATE_FROZEN)
			ranking__offer(&r->returning, weight, row);
	}
	ranking__turn(&r->weakest);
	ranking__turn(&r->strangers);
	ranking__turn(&r->returning);
}

/* By a quarter, and never with nothing. */
static bool beats(u64 challenger, u64 member)
{
	return challenger > 0 && (u128)4 * challenger >= (u128)5 * member;
}

static u32 open_places(const struct roster *r)
{
	const u32 kept = r->spec.beside || r->weakest.n == 0 ? 0 : r->spec.places / KEPT_SHARE;
	const u32 n = free_places(r);

	return n > kept ? n - kept : 0;
}

/* The weakest member that is left loses its place, if this challenger beats it. */
static bool fight(struct roster *r, struct election *e, u64 challenger)
{
	const struct ranked *weakest = ranking__best(&r->weakest);

	if (!weakest || r->nlingering >= lingering_of(&r->spec, places(r)))
		return false;
	if (!beats(challenger, U64_LARGEST - weakest->score))
		return false;
	e->bar = U64_LARGEST - weakest->score;
	stop(r, (u32)weakest->id, STATE_FROZEN);
	ranking__drop_best(&r->weakest);
	return true;
}

static bool win_place(struct roster *r, struct election *e, u64 challenger)
{
	if (challenger == 0 || e->open == 0)
		return fight(r, e, challenger);
	e->open--;
	return true;
}

static u64 best_score(const struct ranking *ranking)
{
	const struct ranked *best = ranking__best(ranking);

	return best ? best->score : 0;
}

static void bring_back(struct roster *r)
{
	set_state(r, (u32)ranking__best(&r->returning)->id, STATE_LIVE);
	ranking__drop_best(&r->returning);
	r->promotions++;
}

/* It gets its place when it comes the next time. */
static void elect(struct roster *r)
{
	tracker__elect(r->tracker, ranking__best(&r->strangers)->id);
	ranking__drop_best(&r->strangers);
	r->tickets++;
}

/* The heaviest challenger that is left wins a place or ends the election. */
static bool next_wins(struct roster *r, struct election *e)
{
	const u64 stranger = best_score(&r->strangers), returning = best_score(&r->returning);

	if (!win_place(r, e, MAX(stranger, returning)))
		return false;
	if (returning >= stranger)
		bring_back(r);
	else
		elect(r);
	return true;
}

/* Who would have won a place may take that of a winner who does not come: the rest of the ranking,
 * roughly from the heaviest on. */
static void elect_substitutes(struct roster *r)
{
	const struct election *e = &r->election;
	const u32 n = MIN((CANDIDATES_PER_TICKET - 1) * r->tickets, r->strangers.n);

	for (u32 i = 0; i < n; i++) {
		const struct ranked *stranger = &r->strangers.entries[i];

		if (beats(stranger->score, e->bar))
			tracker__elect(r->tracker, stranger->id);
	}
	r->strangers.n = 0;
}

/* Time passes for everybody. */
static void halve(struct roster *r)
{
	for (u32 row = SERIES_FIRST; row < series_table__rows(r->series); row++)
		r->weights[row] /= 2;
	tracker__halve(r->tracker);
}

static void change_places(struct roster *r)
{
	const u32 swaps = swaps_of(&r->spec, places(r));

	r->tickets = 0;
	rank_all(r);
	r->election = (struct election){.open = open_places(r)};
	for (u32 i = 0; i < swaps && next_wins(r, &r->election); i++)
		;
}

u32 roster__hold_election(struct roster *r)
{
	const u64 before = r->demotions;

	stop_silent(r);
	halve(r);
	if (r->crowded)
		change_places(r);
	return (u32)(r->demotions - before);
}

static bool is_due(const struct roster *r, u32 row)
{
	return is_lingering(state_of(r, row)) && r->pins[row] == 0 && r->now_ns >= r->since[row] &&
	       was_shown_twice(r, r->shown[row]);
}

void roster__tick(struct roster *r, u64 now_ns)
{
	const bool in_vain = r->tickets > 0 && free_places(r) > 0;

	r->now_ns = now_ns;
	if (in_vain && r->election.in_vain)
		elect_substitutes(r);
	r->election.in_vain = in_vain;
}

u32 roster__next_due(const struct roster *r, u32 row)
{
	if (r->nlingering == 0)
		return SERIES_NONE;
	for (; row < series_table__rows(r->series); row++) {
		if (is_due(r, row))
			return row;
	}
	return SERIES_NONE;
}

/* What it weighed stays known to the tracker. */
void roster__remove(struct roster *r, u32 row)
{
	assert(is_lingering(state_of(r, row)));

	if (r->crowded && r->weights[row] > 0)
		tracker__add(r->tracker, series_table__hash(r->series, row), r->weights[row]);
	give_quota_back(r, series_table__labels(r->series, row)->nbytes);
	r->weights[row] = 0;
	set_state(r, row, STATE_FREE);
	r->tags[row] += 1U << STATE_BITS;
	series_table__remove(r->series, row);
}

void roster__stats(const struct roster *r, struct roster_stats *ret_stats)
{
	*ret_stats = (struct roster_stats){
		.counted = r->nmembers + (r->spec.beside ? 0 : r->nlingering),
		.lingering = r->nlingering,
		.places = r->spec.places,
		.promotions = r->promotions,
		.demotions = r->demotions,
		.error_bound = unscaled(tracker__error(r->tracker)),
	};
}

bool roster__is_crowded(const struct roster *r)
{
	return r->crowded;
}

size_t roster__footprint(const struct roster *r)
{
	const u32 rows = series_table__rows(r->series);

	return sizeof(*r) + series_table__footprint(r->series) + tracker__footprint(r->tracker) +
	       rows * (sizeof(*r->tags) + 3 * sizeof(u64) + sizeof(*r->pins)) +
	       (r->weakest.cap + r->strangers.cap + r->returning.cap) * sizeof(struct ranked);
}
