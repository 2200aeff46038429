/* SPDX-License-Identifier: Apache-2.0 */
#include "exporters/gzip.h"

#include <errno.h>
#include <limits.h>

#include "base/util.h"

enum {
	WINDOW_BITS = 15 + 16, /* the largest window; with gzip's head and end */
	MEMORY_LEVEL = 8,      /* zlib's default */
	ROOM_BYTES = 32 * 1024,
};

int gzip__begin(struct gzip *g)
{
	*g = (struct gzip){0};
	strbuf__init(&g->out);
	if (deflateInit2(&g->stream, Z_BEST_SPEED, Z_DEFLATED, WINDOW_BITS, MEMORY_LEVEL,
			 Z_DEFAULT_STRATEGY) != Z_OK)
		return -ENOMEM;
	return 0;
}

/* Fills some room; false: all of the input is in, or there was no memory. */
static bool fill(struct gzip *g, int flush)
{
	char *room = strbuf__reserve(&g->out, ROOM_BYTES);
	z_stream *z = &g->stream;

	if (!room)
		return false;
	z->next_out = (unsigned char *)room;
	z->avail_out = ROOM_BYTES;
	deflate(z, flush); /* fails only where it is called wrongly */
	strbuf__commit(&g->out, (char *)z->next_out);
	return z->avail_out == 0;
}

void gzip__add(struct gzip *g, const char *bytes, size_t n, bool last)
{
	do {
		const size_t piece = MIN(n, (size_t)UINT_MAX);

		g->stream.next_in = (const unsigned char *)bytes;
		g->stream.avail_in = (unsigned int)piece;
		bytes += piece;
		n -= piece;
		while (fill(g, last && n == 0 ? Z_FINISH : Z_NO_FLUSH))
			;
	} while (n > 0);
}

void gzip__end(struct gzip *g)
{
	deflateEnd(&g->stream);
	strbuf__fini(&g->out);
}
