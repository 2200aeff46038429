/* SPDX-License-Identifier: Apache-2.0 */
/* A short list without an order: all there is to do is done by walking it. */
#include "exporters/scrapers.h"

#include <string.h>

#include "aggregators/exposure.h"
#include "base/hash.h"
#include "base/util.h"

enum { FIRST_COUNTED = 3, MEDIANS = 3 };

#define WINDOW_MAX_NS 300000000000ULL

void scrapers__init(struct scrapers *s)
{
	*s = (struct scrapers){0};
}

/* ---- one scraper ---- */

static u32 known_intervals(const struct scraper *r)
{
	return (u32)MIN(r->scrapes - 1, (u64)SCRAPER_INTERVALS);
}

static void insert_sorted(u64 *sorted, u32 n, u64 value)
{
	for (; n > 0 && sorted[n - 1] > value; n--)
		sorted[n] = sorted[n - 1];
	sorted[n] = value;
}

static u64 median_interval(const struct scraper *r)
{
	const u32 n = known_intervals(r);
	u64 sorted[SCRAPER_INTERVALS] = {0};

	for (u32 i = 0; i < n; i++)
		insert_sorted(sorted, i, r->intervals_ns[i]);
	return sorted[n / 2];
}

static bool counts(const struct scraper *r, u64 now_ns)
{
	if (r->scrapes < FIRST_COUNTED)
		return false;
	if (now_ns <= r->seen_ns)
		return true;
	return now_ns - r->seen_ns <= MIN(MEDIANS * median_interval(r), WINDOW_MAX_NS);
}

/* Answers may end in another order than their requests came. An interval longer than what is looked
 * at is as long as that, so that nothing overflows. */
static void note_time(struct scraper *r, u64 asked_ns)
{
	const u64 apart = asked_ns > r->seen_ns ? asked_ns - r->seen_ns : r->seen_ns - asked_ns;

	if (r->scrapes > 0)
		r->intervals_ns[(r->scrapes - 1) % SCRAPER_INTERVALS] = MIN(apart, WINDOW_MAX_NS);
	r->seen_ns = MAX(r->seen_ns, asked_ns);
	r->scrapes++;
}

/* The same snapshot again is nothing new: it is not shown twice by that. */
static void note_number(struct scraper *r, u64 number)
{
	if (number > r->shown) {
		r->shown_twice = r->shown;
		r->shown = number;
	} else if (number < r->shown) {
		r->shown_twice = MAX(r->shown_twice, number);
	}
}

/* ---- all of them ---- */

static struct scraper *find(struct scrapers *s, u64 address, u64 agent)
{
	for (u32 i = 0; i < s->n; i++)
		if (s->list[i].address == address && s->list[i].agent == agent)
			return &s->list[i];
	return NULL;
}

static bool is_first_of_address(const struct scrapers *s, u32 at)
{
	for (u32 i = 0; i < at; i++)
		if (s->list[i].address == s->list[at].address)
			return false;
	return true;
}

/* Places taken by scrapers whose address has one already. */
static u32 shared_places(const struct scrapers *s)
{
	u32 n = 0;

	for (u32 i = 0; i < s->n; i++)
		n += !is_first_of_address(s, i);
	return n;
}

/* Who was silent for longest; of this address, if one is given. NULL: there is none. */
static struct scraper *oldest(struct scrapers *s, const u64 *address)
{
	struct scraper *best = NULL;

	for (u32 i = 0; i < s->n; i++) {
		struct scraper *r = &s->list[i];

		if (address && r->address != *address)
			continue;
		if (!best || r->seen_ns < best->seen_ns)
			best = r;
	}
	return best;
}

/* The place of a newcomer. */
static struct scraper *make_place(struct scrapers *s, u64 address)
{
	struct scraper *own = oldest(s, &address);

	if (own && shared_places(s) == SCRAPERS_SHARED)
		return own;
	if (s->n < SCRAPERS_MAX)
		return &s->list[s->n++];
	return oldest(s, NULL);
}

void scrapers__add(struct scrapers *s, const struct scrape *scrape)
{
	const u64 address = hash_bytes(scrape->address, strlen(scrape->address));
	const u64 agent = hash_bytes(scrape->agent, strlen(scrape->agent));
	struct scraper *r = find(s, address, agent);

	if (!r) {
		r = make_place(s, address);
		*r = (struct scraper){.address = address, .agent = agent};
	}
	note_time(r, scrape->asked_ns);
	note_number(r, scrape->number);
}

void scrapers__expose(const struct scrapers *s, u64 now_ns, struct exposure *exposure)
{
	exposure->shown = U64_LARGEST;
	exposure->shown_twice = U64_LARGEST;
	for (u32 i = 0; i < s->n; i++) {
		const struct scraper *r = &s->list[i];

		if (!counts(r, now_ns))
			continue;
		exposure->shown = MIN(exposure->shown, r->shown);
		exposure->shown_twice = MIN(exposure->shown_twice, r->shown_twice);
	}
}
