/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Findings are kept sorted while they arrive, so that printing is one loop. Memory is bounded
 * whatever the config says: DIAGS_MAX findings of MAX_TEXT bytes. A finding for which there is no
 * memory still counts as an error.
 */
#include "config/diag.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/suggest.h"
#include "base/utf8.h"
#include "base/util.h"

#define MAX_TEXT 512

void diags__init(struct diags *d)
{
	*d = (struct diags){0};
}

void diags__fini(struct diags *d)
{
	for (size_t i = 0; i < d->n; i++)
		free(d->items[i].text);
	free(d->items);
	for (size_t i = 0; i < d->nfiles; i++)
		free(d->files[i]);
	free(d->files);
	diags__init(d);
}

/* Our copy of the file's name, added when it is new; NULL without memory. */
static const char *keep_file(struct diags *d, const char *file)
{
	for (size_t i = 0; i < d->nfiles; i++)
		if (strcmp(d->files[i], file) == 0)
			return d->files[i];

	char **files = reallocarray(d->files, d->nfiles + 1, sizeof(*files));
	if (!files)
		return NULL;
	d->files = files;
	files[d->nfiles] = strdup(file);
	return files[d->nfiles] ? files[d->nfiles++] : NULL;
}

void diags__add_file(struct diags *d, const char *file)
{
	(void)keep_file(d, file); /* without memory the order suffers, nothing else */
}

static size_t file_rank(const struct diags *d, const char *kept)
{
	size_t rank = 0;

	while (rank < d->nfiles && d->files[rank] != kept)
		rank++;
	return rank;
}

static bool stands_before(const struct diags *d, const struct pos *a, const struct pos *b)
{
	if (a->file != b->file)
		return file_rank(d, a->file) < file_rank(d, b->file);
	if (a->line != b->line)
		return a->line < b->line;
	return a->col < b->col;
}

/* One line, safe to show on a terminal: texts of the config may hold anything. */
static void put_printable(struct strbuf *out, const char *s)
{
	size_t n = strlen(s);
	size_t taken;

	for (size_t at = 0; at < n; at += taken) {
		u32 code = (u8)s[at];

		taken = utf8_decode(s + at, n - at, &code);
		if (taken == 0 || code < 0x20 || (code >= 0x7f && code < 0xa0))
			strbuf__printf(out, "\\x%02x", code);
		else
			strbuf__append(out, s + at, taken);
		taken = MAX(taken, 1);
	}
}

static char *make_text(const struct suggestion *suggestion, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));

static char *make_text(const struct suggestion *suggestion, const char *fmt, va_list ap)
{
	char text[MAX_TEXT];
	struct strbuf out;
	size_t len;

	utf8_vformat(text, sizeof(text), fmt, ap);
	strbuf__init(&out);
	put_printable(&out, text);
	if (suggestion && suggestion->best)
		strbuf__printf(&out, " (did you mean '%s'?)", suggestion->best);
	return strbuf__take(&out, &len);
}

/* Behind findings of the same place, so that those stay in the order they came. */
static void insert(struct diags *d, struct diag item)
{
	size_t at = d->n++;

	while (at > 0 && stands_before(d, &item.pos, &d->items[at - 1].pos)) {
		d->items[at] = d->items[at - 1];
		at--;
	}
	d->items[at] = item;
}

static void add(struct diags *d, struct pos pos, bool warning, const struct suggestion *suggestion,
		const char *fmt, va_list ap) __attribute__((format(printf, 5, 0)));

static void add(struct diags *d, struct pos pos, bool warning, const struct suggestion *suggestion,
		const char *fmt, va_list ap)
{
	if (!warning)
		d->errors++;
	if (!d->items)
		d->items = calloc(DIAGS_MAX, sizeof(*d->items));
	if (!d->items || d->n == DIAGS_MAX)
		goto drop;

	pos.file = keep_file(d, pos.file ? pos.file : "default");
	if (!pos.file)
		goto drop;
	char *text = make_text(suggestion, fmt, ap);
	if (!text)
		goto drop;
	insert(d, (struct diag){.pos = pos, .warning = warning, .text = text});
	return;
drop:
	d->dropped++;
}

void diags__error(struct diags *d, struct pos pos, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(d, pos, false, NULL, fmt, ap);
	va_end(ap);
}

void diags__warn(struct diags *d, struct pos pos, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(d, pos, true, NULL, fmt, ap);
	va_end(ap);
}

void diags__unknown(struct diags *d, struct pos pos, const struct suggestion *s, const char *fmt,
		    ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(d, pos, false, s, fmt, ap);
	va_end(ap);
}

void diags__print(const struct diags *d, FILE *out)
{
	for (size_t i = 0; i < d->n; i++) {
		const struct diag *item = &d->items[i];

		fputs(item->pos.file, out);
		if (item->pos.line > 0)
			fprintf(out, ":%u:%u", item->pos.line, item->pos.col);
		fprintf(out, ": %s%s\n", item->warning ? "warning: " : "", item->text);
	}
	if (d->dropped > 0)
		fprintf(out, "%zu more, not shown\n", d->dropped);
}
