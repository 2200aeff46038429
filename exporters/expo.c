/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A line is put together from pieces that were spelt once per family, in one run of text (_ is a
 * blank):
 *
 *   before each label value            {comm="         ",device="
 *   before the number                  "}_             or _ without labels
 *   for each bucket, the last too      ",le="0.001"}_  or {le="0.001"}_
 *
 * A counter's line is name, piece, value, piece, value, piece, NUMBER; the names are pieces too.
 * All lines of a series are written through a pointer, into room reserved once for the most they
 * can take.
 */
#include "exporters/expo.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "aggregators/labels.h"
#include "aggregators/snapshot.h"
#include "base/util.h"
#include "exporters/decimal.h"

/* Pieces by number: names, then one for each label, the one that closes the labels, bounds. */
enum piece {
	PIECE_BUCKET,
	PIECE_SUM,
	PIECE_COUNT,
	PIECE_NAME, /* the first label's piece is copied along with it */
	PIECE_LABELS,
};

enum {
	BLOCK_BYTES = 16,
	CLOSING_MAX = sizeof("\",le=\"\"} ") + DECIMAL_U128_DIGITS,
};

/*
 * Texts are short: a call of memcpy would cost more than the copying. So whole blocks are copied,
 * up to one byte less than a block too much: both sides have room for it.
 */
static char *put_blocks(char *p, const char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i += BLOCK_BYTES)
		memcpy(p + i, bytes + i, BLOCK_BYTES);
	return p + n;
}

/* ---- texts ---- */

/* At most twice n bytes. HELP texts leave the quote as it is. */
static char *put_escaped(char *p, const char *text, size_t n, bool quoted)
{
	for (size_t i = 0; i < n; i++) {
		const char c = text[i];

		if (c == '\\' || c == '\n' || (c == '"' && quoted))
			*p++ = '\\';
		*p++ = (char)(c == '\n' ? 'n' : c);
	}
	return p;
}

/* The same byte eight times. */
#define EIGHT(byte) (0x0101010101010101ULL * (u8)(byte))

/* Not 0: one of the eight bytes is c. */
static u64 find_byte(u64 word, char c)
{
	const u64 zero = word ^ EIGHT(c);

	return (zero - EIGHT(1)) & ~zero & EIGHT(0x80);
}

/* Not 0: one of these bytes must be escaped. */
static u64 find_special(u64 word)
{
	return find_byte(word, '"') | find_byte(word, '\\') | find_byte(word, '\n');
}

/* Copies n bytes, at most eight; returns them. */
static u64 copy_word(char *p, const char *text, size_t n)
{
	u64 word = 0;

	memcpy(&word, text, n);
	memcpy(p, &word, n);
	return word;
}

/* A text is copied while looking for what must be escaped; the last word lies over the one before.
 */
static char *put_value(char *p, const char *text, size_t n)
{
	u64 found = 0;

	if (n >= 8) {
		for (size_t i = 0; i + 8 < n; i += 8)
			found |= find_special(copy_word(p + i, text + i, 8));
		found |= find_special(copy_word(p + n - 8, text + n - 8, 8));
	} else if (n >= 4) {
		found = find_special(copy_word(p, text, 4) | copy_word(p + n - 4, text + n - 4, 4)
								     << 32);
	} else {
		return put_escaped(p, text, n, true);
	}
	return found ? put_escaped(p, text, n, true) : p + n;
}

/* ---- the pieces of a family ---- */

void expo__init(struct expo *e)
{
	*e = (struct expo){0};
	strbuf__init(&e->text);
}

void expo__fini(struct expo *e)
{
	strbuf__fini(&e->text);
	free(e->starts);
}

/* What is spelt from now on is the next piece. */
static void begin_piece(struct expo *e)
{
	e->starts[e->npieces++] = e->text.len;
}

static void spell_names(struct expo *e)
{
	static const char *const suffixes[] = {
		[PIECE_BUCKET] = "_bucket",
		[PIECE_SUM] = "_sum",
		[PIECE_COUNT] = "_count",
		[PIECE_NAME] = "",
	};

	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		begin_piece(e);
		strbuf__puts(&e->text, e->desc->name);
		strbuf__puts(&e->text, suffixes[i]);
	}
}

static void spell_labels(struct expo *e)
{
	const struct family_desc *desc = e->desc;

	for (u16 i = 0; i < desc->nlabels; i++) {
		begin_piece(e);
		strbuf__puts(&e->text, i == 0 ? "{" : "\",");
		strbuf__puts(&e->text, desc->label_names[i]);
		strbuf__puts(&e->text, "=\"");
	}
	begin_piece(e);
	strbuf__puts(&e->text, desc->nlabels > 0 ? "\"} " : " ");
}

static void spell_bounds(struct expo *e)
{
	const struct family_desc *desc = e->desc;

	for (u32 i = 0; i <= desc->nbounds; i++) {
		begin_piece(e);
		strbuf__puts(&e->text, desc->nlabels > 0 ? "\",le=\"" : "{le=\"");
		if (i < desc->nbounds)
			decimal_append_bound(&e->text, desc->bounds[i], desc->scale);
		else
			strbuf__puts(&e->text, "+Inf");
		strbuf__puts(&e->text, "\"} ");
	}
}

/* Pieces are copied in blocks: there is something to read behind the last one. */
static void pad_pieces(struct expo *e)
{
	static const char padding[BLOCK_BYTES];

	e->starts[e->npieces] = e->text.len;
	strbuf__append(&e->text, padding, sizeof(padding));
}

int expo__begin(struct expo *e, const struct family_desc *desc)
{
	const size_t npieces = (size_t)PIECE_LABELS + desc->nlabels + 1 + desc->nbounds + 1;
	size_t *starts = reallocarray(e->starts, npieces + 1, sizeof(*starts));

	if (!starts)
		return -ENOMEM;
	e->starts = starts;
	e->npieces = 0;
	e->desc = desc;
	strbuf__reset(&e->text);
	spell_names(e);
	spell_labels(e);
	e->line_bytes = e->text.len + CLOSING_MAX + DECIMAL_U128_DIGITS + desc->scale +
			sizeof("0.\n") + BLOCK_BYTES;
	spell_bounds(e);
	pad_pieces(e);
	return e->text.failed ? -ENOMEM : 0;
}

/* ---- lines ---- */

void expo__head(const struct expo *e, struct strbuf *out)
{
	static const char *const types[] = {
		[AGG_SHAPE_COUNTER] = "counter",
		[AGG_SHAPE_GAUGE] = "gauge",
		[AGG_SHAPE_HISTOGRAM] = "histogram",
	};
	const struct family_desc *desc = e->desc;
	const size_t nhelp = desc->help ? strlen(desc->help) : 0;

	if (nhelp > 0) {
		strbuf__puts(out, "# HELP ");
		strbuf__puts(out, desc->name);
		strbuf__putc(out, ' ');

		char *p = strbuf__reserve(out, 2 * nhelp);

		if (p)
			strbuf__commit(out, put_escaped(p, desc->help, nhelp, false));
		strbuf__putc(out, '\n');
	}
	strbuf__puts(out, "# TYPE ");
	strbuf__puts(out, desc->name);
	strbuf__putc(out, ' ');
	strbuf__puts(out, types[desc->shape]);
	strbuf__putc(out, '\n');
}

/* Pieces first .. end - 1. */
static char *put_pieces(const struct expo *e, char *p, size_t first, size_t end)
{
	const size_t start = e->starts[first];

	return put_blocks(p, e->text.data + start, e->starts[end] - start);
}

static char *put_piece(const struct expo *e, char *p, size_t piece)
{
	return put_pieces(e, p, piece, piece + 1);
}

/* The piece of the first label stands there already. */
static char *put_labels(const struct expo *e, char *p, const struct labels *labels)
{
	size_t piece = PIECE_LABELS;
	const char *text;
	size_t n;

	for (u16 pos = 0; labels__next(labels, &pos, &text, &n); piece++) {
		if (piece > PIECE_LABELS)
			p = put_piece(e, p, piece);
		p = put_value(p, text, n);
	}
	return p;
}

/* Behind the piece of the first label, if there is any. */
static size_t second_piece(const struct expo *e)
{
	return PIECE_LABELS + (e->desc->nlabels > 0);
}

static size_t closing_piece(const struct expo *e)
{
	return PIECE_LABELS + (size_t)e->desc->nlabels;
}

/* The end of a line: the piece that closes the labels, and the number. */
static char *put_tail(const struct expo *e, char *p, size_t piece, u128 n, u8 scale)
{
	p = put_piece(e, p, piece);
	p = decimal_put(p, n, scale);
	*p++ = '\n';
	return p;
}

static char *put_sample(const struct expo *e, char *p, const struct labels *labels, u128 n)
{
	p = put_pieces(e, p, PIECE_NAME, second_piece(e));
	p = put_labels(e, p, labels);
	return put_tail(e, p, closing_piece(e), n, e->desc->scale);
}

/* Labels are spelt in the first line, from where the other lines copy them. */
static char *put_histogram(const struct expo *e, char *p, const struct labels *labels,
			   const u64 *buckets, u128 sum)
{
	const size_t closing = closing_piece(e);
	const char *const line = p;
	const char *const spelt = p = put_piece(e, p, PIECE_BUCKET);

	p = put_pieces(e, p, PIECE_LABELS, second_piece(e));
	p = put_labels(e, p, labels);

	const size_t nline = (size_t)(p - line);
	const size_t nspelt = (size_t)(p - spelt);
	u64 count = 0;

	for (u32 i = 0; i <= e->desc->nbounds; i++) {
		if (i > 0)
			p = mempcpy(p, line, nline);
		count += buckets[i];
		p = put_tail(e, p, closing + 1 + i, count, 0);
	}
	p = mempcpy(put_piece(e, p, PIECE_SUM), spelt, nspelt);
	p = put_tail(e, p, closing, sum, e->desc->scale);
	p = mempcpy(put_piece(e, p, PIECE_COUNT), spelt, nspelt);
	return put_tail(e, p, closing, count, 0);
}

size_t expo__lines_per_series(const struct expo *e)
{
	if (e->desc->shape != AGG_SHAPE_HISTOGRAM)
		return 1;
	return (size_t)e->desc->nbounds + 3; /* +Inf, _sum, _count */
}

void expo__series(const struct expo *e, struct strbuf *out, const struct family_snapshot *fs,
		  size_t series)
{
	const struct labels *labels = fs->labels[series];
	const size_t line_bytes = e->line_bytes + 2 * (size_t)labels->nbytes;
	char *p = strbuf__reserve(out, expo__lines_per_series(e) * line_bytes);

	if (!p)
		return;
	assert(labels->n == e->desc->nlabels);
	if (e->desc->shape == AGG_SHAPE_HISTOGRAM)
		p = put_histogram(e, p, labels,
				  &fs->rows.buckets[series * ((size_t)e->desc->nbounds + 1)],
				  fs->rows.sums[series]);
	else
		p = put_sample(e, p, labels, fs->rows.sums[series]);
	strbuf__commit(out, p);
}
