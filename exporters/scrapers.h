/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who scrapes, and how far each has come: a series that must be seen at 0 before it may count waits
 * for all who count. Pure: no I/O, no clock; times are monotonic and the caller's.
 *
 * A scraper is an address (without the port) and a User-Agent. What it did are completed,
 * unfiltered GETs of the telemetry path: nothing else is told here.
 *
 *   counts       from its third GET on, while its last one is at most three of its median intervals
 *                ago, at most 5 minutes. The median is that of its last SCRAPER_INTERVALS intervals
 *                between requests, of two middle ones the longer. One that fell silent counts again
 *                from its next GET on, as long as it is remembered.
 *   remembered   are at most SCRAPERS_MAX. A newcomer takes the place of the one that was silent
 * for longest. an address   has as many as it likes among four, and beyond these four never more
 * than one: if each address is granted one place, at most SCRAPERS_SHARED more are in use. Where a
 *                newcomer would be one too many, it takes the place of the one of its own address
 *                that was silent for longest. So who invents names fills five places, and leaves
 *                the others alone.
 *
 * Bounded: texts are hashed, whatever their length (base/hash, seeded).
 */
#ifndef RINGTALLY_EXPORTERS_SCRAPERS_H
#define RINGTALLY_EXPORTERS_SCRAPERS_H

#include "base/types.h"

struct exposure;

enum { SCRAPERS_MAX = 8, SCRAPERS_SHARED = 4, SCRAPER_INTERVALS = 8 };

/* One GET of the telemetry path that was answered with all there is, to the end. */
struct scrape {
	const char *address; /* the peer's, without a port */
	const char *agent;   /* its User-Agent; "": none */
	u64 asked_ns;	     /* when the request came */
	u64 number;	     /* of the snapshot that it showed, counted from 1 */
};

struct scraper {
	u64 address; /* hashes */
	u64 agent;
	u64 seen_ns;			     /* its latest request */
	u64 shown;			     /* the largest number it has shown */
	u64 shown_twice;		     /* the largest below that; 0: none */
	u64 intervals_ns[SCRAPER_INTERVALS]; /* the latest ones, in a ring */
	u64 scrapes;			     /* one more than intervals that there were */
};

struct scrapers {
	struct scraper list[SCRAPERS_MAX];
	u32 n;
};

void scrapers__init(struct scrapers *s);

void scrapers__add(struct scrapers *s, const struct scrape *scrape);

/* Writes how far all have come who count now: shown and shown_twice; U64_LARGEST when nobody
 * counts. */
void scrapers__expose(const struct scrapers *s, u64 now_ns, struct exposure *exposure);

#endif
