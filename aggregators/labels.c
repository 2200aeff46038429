/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Label sets: put together, and walked.
 *
 * Invariant of a builder: nbytes + OVERHEAD for each text still to come <= LABELS_MAX_BYTES. So the
 * length and the escape of every text fit, and a set always ends up with all its texts, however
 * long the first ones are; what is cut is the text, never the set.
 */
#include "aggregators/labels.h"

#include <assert.h>
#include <string.h>

#include "aggregators/series.h"
#include "base/utf8.h"

enum {
	LENGTH_BYTES = LABELS_LENGTH_BYTES,
	OVERHEAD = LENGTH_BYTES + 1, /* the length, and the underscore of an escaped text */
};

static_assert(sizeof(SERIES_OTHER_TEXT) - 1 <= LABELS_FOLD_BYTES / LABELS_MAX, "a fold fits");
static_assert(LABELS_MAX * OVERHEAD < LABELS_MAX_BYTES, "an empty builder keeps the invariant");

/* Is it `special`, or what `special` is escaped to, or what that is escaped to ...? */
static bool is_escape_of(const char *text, size_t len, const char *special)
{
	const size_t tail = strlen(special);

	if (len < tail || memcmp(text + len - tail, special, tail) != 0)
		return false;
	for (size_t i = 0; i < len - tail; i++)
		if (text[i] != '_')
			return false;
	return true;
}

static bool needs_escape(const char *text, size_t len)
{
	return is_escape_of(text, len, SERIES_OTHER_TEXT) ||
	       is_escape_of(text, len, SERIES_LOST_TEXT);
}

static void put(struct label_builder *b, bool escape, const char *text, size_t len)
{
	const u16 total = (u16)(len + escape);
	u8 *to = &b->bytes[b->nbytes];

	memcpy(to, &total, LENGTH_BYTES);
	to += LENGTH_BYTES;
	if (escape)
		*to++ = '_';
	memcpy(to, text, len);
	b->nbytes = (u16)(b->nbytes + LENGTH_BYTES + total);
	b->n++;
}

void label_builder__reset(struct label_builder *b)
{
	b->n = 0;
	b->nbytes = 0;
	b->truncated = false;
}

void label_builder__append(struct label_builder *b, const char *text, size_t len)
{
	assert(b->n < LABELS_MAX);

	const size_t taken = b->nbytes + (size_t)(LABELS_MAX - b->n) * OVERHEAD;
	const size_t room = LABELS_MAX_BYTES - taken;
	const size_t fits = len <= room ? len : utf8_trim(text, room);

	b->truncated |= fits < len;
	put(b, needs_escape(text, fits), text, fits);
}

void label_builder__set_special(struct label_builder *b, u16 n, const char *text)
{
	assert(n <= LABELS_MAX);

	label_builder__reset(b);
	for (u16 i = 0; i < n; i++)
		put(b, false, text, strlen(text));
}

void label_builder__fold(struct label_builder *b, const struct label_builder *from, u16 mask)
{
	const char *text;
	size_t len;
	u16 pos = 0;

	label_builder__reset(b);
	b->truncated = from->truncated;
	while (label_builder__next(from, &pos, &text, &len)) {
		if (mask >> b->n & 1)
			put(b, false, SERIES_OTHER_TEXT, strlen(SERIES_OTHER_TEXT));
		else
			put(b, false, text, len);
	}
}

void label_builder__set(struct label_builder *b, const char *text, size_t len)
{
	label_builder__reset(b);
	put(b, false, text, len);
}
