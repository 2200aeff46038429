/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A page of metrics to be scraped: one counter with a given number of lines, the same every time,
 * and the ways in which its text can come about: ours, and what it is held against.
 */
#ifndef RINGTALLY_BENCH_PAGE_H
#define RINGTALLY_BENCH_PAGE_H

#include "base/strbuf.h"

struct err;
struct family;
struct page_line;

struct page {
	size_t nlines;
	struct family *family;	 /* as the daemon has them */
	struct page_line *lines; /* as a program may have them that prints them itself */
	struct strbuf text;	 /* all of it, as the daemon answers; not changed any more */
	struct strbuf room;	 /* enough for it */
};

int page__init(struct page *p, size_t nlines, struct err *err);
void page__fini(struct page *p); /* of a zeroed page: does nothing */

/* A way to write the page: returns the bytes it wrote, or 0: no memory. */
struct page_way {
	const char *name;
	const char *help;
	size_t (*write)(struct page *p);
};

/* What a scrape takes of the loop: a snapshot, and its text in memory of its own. */
extern const struct page_way page_text;

/* The same, compressed. */
extern const struct page_way page_gzip;

/* The first half of it: all numbers copied. */
extern const struct page_way page_snapshot;

/* One snprintf per line into memory that is there already, and touched. */
extern const struct page_way page_snprintf;

/* The floor: the bytes copied there. */
extern const struct page_way page_memcpy;

#endif
