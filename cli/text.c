/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/text.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/utf8.h"
#include "base/util.h"

enum { WIDTH = 100, PRINTF_BYTES = 256 };

static bool wants_bold(FILE *out)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	if (no_color && *no_color)
		return false;
	return isatty(fileno(out)) && (!term || strcmp(term, "dumb"));
}

void text__init(struct text *t, FILE *out)
{
	*t = (struct text){.out = out, .bold = wants_bold(out)};
}

/* Returns how many columns n bytes take. */
static u32 put(FILE *out, const char *s, size_t n)
{
	u32 columns = 0;
	size_t taken;

	for (size_t at = 0; at < n; at += taken, columns++) {
		u32 code = 0;

		taken = utf8_decode(s + at, n - at, &code);
		if (taken == 0 || code < 0x20 || (code >= 0x7f && code < 0xa0))
			fputc('?', out);
		else
			fwrite(s + at, 1, taken, out);
		taken = MAX(taken, (size_t)1);
	}
	return columns;
}

void text__puts(struct text *t, const char *s)
{
	t->column += put(t->out, s, strlen(s));
}

static void put_styled(struct text *t, const char *style, const char *s)
{
	if (t->bold)
		fputs(style, t->out);
	text__puts(t, s);
	if (t->bold)
		fputs("\033[0m", t->out);
}

void text__bold(struct text *t, const char *s)
{
	put_styled(t, "\033[1m", s);
}

void text__alarm(struct text *t, const char *s)
{
	put_styled(t, "\033[1;31m", s);
}

void text__printf(struct text *t, const char *fmt, ...)
{
	char s[PRINTF_BYTES];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(s, sizeof(s), fmt, ap);
	va_end(ap);
	text__puts(t, s);
}

void text__to(struct text *t, u32 column)
{
	for (; t->column < column; t->column++)
		fputc(' ', t->out);
}

void text__wrap(struct text *t, const char *s)
{
	u32 indent = t->column;

	for (s += strspn(s, " "); *s; s += strspn(s, " ")) {
		size_t n = strcspn(s, " ");

		if (t->column > indent && t->column + 1 + n > WIDTH) {
			text__end(t);
			text__to(t, indent);
		} else if (t->column > indent) {
			text__to(t, t->column + 1);
		}
		t->column += put(t->out, s, n);
		s += n;
	}
}

void text__end(struct text *t)
{
	fputc('\n', t->out);
	t->column = 0;
}

struct text_size text_size(u64 bytes)
{
	static const char *const units[] = {"KiB", "MiB", "GiB", "TiB"};
	struct text_size size;
	double n = (double)bytes / 1024;
	size_t unit = 0;

	if (bytes < 1024) {
		snprintf(size.text, sizeof(size.text), "%llu B", bytes);
		return size;
	}
	for (; n >= 1024 && unit + 1 < ARRAY_SIZE(units); unit++)
		n /= 1024;
	snprintf(size.text, sizeof(size.text), "%.1f %s", n, units[unit]);
	return size;
}
