/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A line is put together from pieces that were spelt once per family, in one run of text (_ is a
 * blank):
 *
 *   before each label value            {comm="         ",device="
 *   before the number                  "}_             or _ without labels
 *   for each bucket, the last too      ",le="0.001"}_  or {le="0.001"}_
 *
 * A counter's line is NAME, piece, value, piece, value, piece, NUMBER. All lines of a series are
 * written through a pointer, into room reserved once for the most they can take.
 */
#include "exporters/expo.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "aggregators/labels.h"
#include "aggregators/snapshot.h"
#include "base/util.h"

enum {
	U128_DIGITS = 39,
	CHUNK_DIGITS = 19, /* the most of which every value fits a u64 */
	/* Go writes a float's shortest form with an e when the exponent is outside of these. */
	PLAIN_EXPONENT_MIN = -4,
	PLAIN_EXPONENT_MAX = 5,
	CLOSING_MAX = sizeof("\",le=\"\"} ") + U128_DIGITS, /* the bound of a bucket is a u64 */
};

#define CHUNK 10000000000000000000ULL /* 10^CHUNK_DIGITS */

/* ---- numbers ---- */

/* The number 0.DIGITS times 10^exponent, without zeros at either end of DIGITS ("0" for zero). */
struct decimal {
	const char *digits; /* borrowed */
	size_t ndigits;
	s32 exponent;
};

/* Writes the digits of n so that they end before `end`; returns the first. */
static char *digits_before(char *end, u64 n)
{
	do {
		*--end = (char)('0' + n % 10);
		n /= 10;
	} while (n > 0);
	return end;
}

static char *wide_digits_before(char *end, u128 n)
{
	while (n > UINT64_MAX) {
		char *first = digits_before(end, (u64)(n % CHUNK));

		end -= CHUNK_DIGITS;
		memset(end, '0', (size_t)(first - end));
		n /= CHUNK;
	}
	return digits_before(end, (u64)n);
}

/* The digits are written before `room_end`: U128_DIGITS bytes. */
static struct decimal decimal_of(char *room_end, u128 n, u8 scale)
{
	const char *end = room_end;
	const char *digits = wide_digits_before(room_end, n);
	const s32 exponent = (s32)(end - digits) - (n == 0 ? 0 : scale);

	while (end - digits > 1 && end[-1] == '0')
		end--;
	return (struct decimal){digits, (size_t)(end - digits), exponent};
}

static char *put(char *p, const char *bytes, size_t n)
{
	return mempcpy(p, bytes, n);
}

static char *put_zeros(char *p, size_t n)
{
	memset(p, '0', n);
	return p + n;
}

static char *put_plain(char *p, const struct decimal *d)
{
	if (d->exponent <= 0) {
		p = put(p, "0.", 2);
		p = put_zeros(p, (size_t)-d->exponent);
		return put(p, d->digits, d->ndigits);
	}

	const size_t whole = MIN((size_t)d->exponent, d->ndigits);

	p = put(p, d->digits, whole);
	p = put_zeros(p, (size_t)d->exponent - whole);
	if (whole < d->ndigits) {
		*p++ = '.';
		p = put(p, d->digits + whole, d->ndigits - whole);
	}
	return p;
}

/* D.DDDe+XX, at least two digits in the exponent. */
static char *put_scientific(char *p, const struct decimal *d)
{
	const s32 exponent = d->exponent - 1;
	const u64 magnitude = (u64)(exponent < 0 ? -exponent : exponent);
	char room[U128_DIGITS];
	char *const end = room + sizeof(room);
	const char *first = digits_before(end, magnitude);

	*p++ = d->digits[0];
	if (d->ndigits > 1) {
		*p++ = '.';
		p = put(p, d->digits + 1, d->ndigits - 1);
	}
	*p++ = 'e';
	*p++ = exponent < 0 ? '-' : '+';
	p = put_zeros(p, magnitude < 10 ? 1 : 0);
	return put(p, first, (size_t)(end - first));
}

/* At most U128_DIGITS + scale + "0." bytes. */
static char *put_number(char *p, u128 n, u8 scale)
{
	char room[U128_DIGITS];
	const struct decimal d = decimal_of(room + sizeof(room), n, scale);

	return put_plain(p, &d);
}

/* At most U128_DIGITS bytes. */
static char *put_bound(char *p, u64 n, u8 scale)
{
	char room[U128_DIGITS];
	const struct decimal d = decimal_of(room + sizeof(room), n, scale);

	if (d.exponent - 1 < PLAIN_EXPONENT_MIN || d.exponent - 1 > PLAIN_EXPONENT_MAX)
		return put_scientific(p, &d);
	return put_plain(p, &d);
}

/* What was written through a pointer that strbuf__reserve gave out is now part of the buffer. */
static void commit(struct strbuf *out, char *end)
{
	*end = '\0';
	out->len = (size_t)(end - out->data);
}

void expo_number(struct strbuf *out, u128 n, u8 scale)
{
	char *p = strbuf__reserve(out, U128_DIGITS + (size_t)scale + 2);

	if (p)
		commit(out, put_number(p, n, scale));
}

void expo_bound(struct strbuf *out, u64 n, u8 scale)
{
	char *p = strbuf__reserve(out, U128_DIGITS);

	if (p)
		commit(out, put_bound(p, n, scale));
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

static bool needs_escape(const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (text[i] == '\\' || text[i] == '\n' || text[i] == '"')
			return true;
	return false;
}

static char *put_value(char *p, const char *text, size_t n)
{
	if (needs_escape(text, n))
		return put_escaped(p, text, n, true);
	return put(p, text, n);
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

static void spell_labels(struct expo *e)
{
	const struct family_desc *desc = e->desc;

	for (u16 i = 0; i < desc->nlabels; i++) {
		e->starts[i] = e->text.len;
		strbuf__puts(&e->text, i == 0 ? "{" : "\",");
		strbuf__puts(&e->text, desc->label_names[i]);
		strbuf__puts(&e->text, "=\"");
	}
	e->starts[desc->nlabels] = e->text.len;
	strbuf__puts(&e->text, desc->nlabels > 0 ? "\"} " : " ");
}

static void spell_bounds(struct expo *e)
{
	const struct family_desc *desc = e->desc;

	for (u32 i = 0; i <= desc->nbounds; i++) {
		e->starts[desc->nlabels + 1 + i] = e->text.len;
		strbuf__puts(&e->text, desc->nlabels > 0 ? "\",le=\"" : "{le=\"");
		if (i < desc->nbounds)
			expo_bound(&e->text, desc->bounds[i], desc->scale);
		else
			strbuf__puts(&e->text, "+Inf");
		strbuf__puts(&e->text, "\"} ");
	}
}

int expo__begin(struct expo *e, const struct family_desc *desc)
{
	const size_t npieces = (size_t)desc->nlabels + 1 + desc->nbounds + 1;
	size_t *starts = reallocarray(e->starts, npieces + 1, sizeof(*starts));

	if (!starts)
		return -ENOMEM;
	e->starts = starts;
	e->desc = desc;
	e->nname = strlen(desc->name);
	strbuf__reset(&e->text);
	spell_labels(e);
	spell_bounds(e);
	e->starts[npieces] = e->text.len;
	e->line_bytes = e->nname + sizeof("_bucket") + e->starts[desc->nlabels] + CLOSING_MAX +
			U128_DIGITS + desc->scale + sizeof("0.\n");
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
			commit(out, put_escaped(p, desc->help, nhelp, false));
		strbuf__putc(out, '\n');
	}
	strbuf__puts(out, "# TYPE ");
	strbuf__puts(out, desc->name);
	strbuf__putc(out, ' ');
	strbuf__puts(out, types[desc->shape]);
	strbuf__putc(out, '\n');
}

static char *put_piece(const struct expo *e, char *p, size_t piece)
{
	const size_t start = e->starts[piece];

	return put(p, e->text.data + start, e->starts[piece + 1] - start);
}

static char *put_labels(const struct expo *e, char *p, const struct labels *labels)
{
	const char *text;
	size_t n;
	u16 pos = 0;

	for (u16 i = 0; i < e->desc->nlabels && labels__next(labels, &pos, &text, &n); i++) {
		p = put_piece(e, p, i);
		p = put_value(p, text, n);
	}
	return p;
}

static char *put_name(const struct expo *e, char *p, const char *suffix)
{
	p = put(p, e->desc->name, e->nname);
	return stpcpy(p, suffix);
}

/* The end of a line: the piece that closes the labels, and the number. */
static char *put_tail(const struct expo *e, char *p, size_t piece, u128 n, u8 scale)
{
	p = put_piece(e, p, piece);
	p = put_number(p, n, scale);
	*p++ = '\n';
	return p;
}

static char *put_sample(const struct expo *e, char *p, const struct labels *labels, u128 n)
{
	p = put_name(e, p, "");
	p = put_labels(e, p, labels);
	return put_tail(e, p, e->desc->nlabels, n, e->desc->scale);
}

/* Labels are spelt in the first line, from where the other lines copy them. */
static char *put_histogram(const struct expo *e, char *p, const struct labels *labels,
			   const u64 *buckets, u128 sum)
{
	const size_t closing = e->desc->nlabels;
	const char *const line = p;
	const char *const spelt = p = put_name(e, p, "_bucket");

	p = put_labels(e, p, labels);

	const size_t nline = (size_t)(p - line);
	const size_t nspelt = (size_t)(p - spelt);
	u64 count = 0;

	for (u32 i = 0; i <= e->desc->nbounds; i++) {
		if (i > 0)
			p = put(p, line, nline);
		count += buckets[i];
		p = put_tail(e, p, closing + 1 + i, count, 0);
	}
	p = put(put_name(e, p, "_sum"), spelt, nspelt);
	p = put_tail(e, p, closing, sum, e->desc->scale);
	p = put(put_name(e, p, "_count"), spelt, nspelt);
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
	commit(out, p);
}
