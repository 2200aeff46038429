/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A text as gzip (RFC 1952, by zlib), a piece at a time, so that whoever owns the loop decides how
 * long it is held up. The fastest level: expositions repeat themselves so much that slower ones
 * gain little, and a scrape is paid for by the machine that is watched.
 */
#ifndef RINGTALLY_EXPORTERS_GZIP_H
#define RINGTALLY_EXPORTERS_GZIP_H

#define ZLIB_CONST /* what is compressed is only read */
#include <zlib.h>

#include "base/strbuf.h"

struct gzip {
	z_stream stream;
	struct strbuf out; /* what is compressed so far; failed: there was no memory */
};

/* 0 or -ENOMEM; then there is nothing to end. */
int gzip__begin(struct gzip *g);

/* Appends the next bytes of the text; with the last of them (there may be none left) it is whole.
 */
void gzip__add(struct gzip *g, const char *bytes, size_t n, bool last);

void gzip__end(struct gzip *g);

#endif
