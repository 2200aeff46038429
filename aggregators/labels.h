/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A label set is the decoded texts of one series, in the order of the metric's labels, encoded as
 * one run of bytes: for each text a u16 length (host order) and its bytes, valid UTF-8, no NUL at
 * the end. The encoding is injective, so equal bytes are equal label sets: tables hash and compare
 * the run without looking inside.
 */
#ifndef RINGTALLY_AGGREGATORS_LABELS_H
#define RINGTALLY_AGGREGATORS_LABELS_H

#include <string.h>

#include "base/types.h"

enum {
	LABELS_MAX = 16,
	LABELS_LENGTH_BYTES = sizeof(u16),
	LABELS_MAX_BYTES = 4096,
	LABELS_FOLD_BYTES = LABELS_MAX * 9, /* what folding may add to a set: SERIES_OTHER_TEXT */
};

/* An encoded label set that lives somewhere (a series table, a snapshot). */
struct labels {
	u16 n;	    /* texts */
	u16 nbytes; /* of `bytes` */
	u8 bytes[];
};

/* Where a label set is put together, without allocation. */
struct label_builder {
	u16 n;
	u16 nbytes;
	bool truncated; /* a text did not fit and was cut: LABELS_MAX_BYTES */
	u8 bytes[LABELS_MAX_BYTES + LABELS_FOLD_BYTES];
};

void label_builder__reset(struct label_builder *b);

/*
 * At most LABELS_MAX times. A text that is too long is cut between two characters. A text that only
 * a special series may bear (`__other__`, `__lost__`, with any more underscores in front) gets one
 * more underscore in front, so that nobody can name a program into a special series.
 */
void label_builder__append(struct label_builder *b, const char *text, size_t len);

/* The label set of a special series: n times this text, as it is. */
void label_builder__set_special(struct label_builder *b, u16 n, const char *text);

/* `from` with the texts of these labels (a bit each) replaced by SERIES_OTHER_TEXT, as it is. */
void label_builder__fold(struct label_builder *b, const struct label_builder *from, u16 mask);

/* A set of one text that is encoded already, escapes and all. */
void label_builder__set(struct label_builder *b, const char *text, size_t len);

/* The text at *pos of an encoded run; false at its end. */
static inline bool labels_next(const u8 *bytes, u16 nbytes, u16 *pos, const char **ret_text,
			       size_t *ret_len)
{
	u16 len;

	if (*pos >= nbytes)
		return false;
	memcpy(&len, &bytes[*pos], LABELS_LENGTH_BYTES);
	*ret_text = (const char *)&bytes[*pos + LABELS_LENGTH_BYTES];
	*ret_len = len;
	*pos = (u16)(*pos + LABELS_LENGTH_BYTES + len);
	return true;
}

/* Walks the texts: start with *pos = 0; false at the end. *ret_text is not NUL-terminated. */
static inline bool labels__next(const struct labels *l, u16 *pos, const char **ret_text,
				size_t *ret_len)
{
	return labels_next(l->bytes, l->nbytes, pos, ret_text, ret_len);
}

static inline bool label_builder__next(const struct label_builder *b, u16 *pos,
				       const char **ret_text, size_t *ret_len)
{
	return labels_next(b->bytes, b->nbytes, pos, ret_text, ret_len);
}

#endif
