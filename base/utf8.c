/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"

#include <stdio.h>
#include <string.h>

#include "base/util.h"

/* The forms of a character by its first byte: how many bytes, the least code that needs them. */
static const struct utf8_form {
	u8 mask;
	u8 lead;
	u8 bytes;
	u32 least;
} forms[] = {
	{0x80, 0x00, 1, 0},
	{0xe0, 0xc0, 2, 0x80},
	{0xf0, 0xe0, 3, 0x800},
	{0xf8, 0xf0, 4, 0x10000},
};

static const struct utf8_form *form_of(u8 first)
{
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++)
		if ((first & forms[i].mask) == forms[i].lead)
			return &forms[i];
	return NULL;
}

size_t utf8_decode(const char *s, size_t n, u32 *ret_code)
{
	const struct utf8_form *form = n > 0 ? form_of((u8)s[0]) : NULL;

	if (!form || form->bytes > n)
		return 0;
	u32 code = (u8)s[0] & (u8)~form->mask;
	for (size_t i = 1; i < form->bytes; i++) {
		if (((u8)s[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | ((u8)s[i] & 0x3f);
	}
	if (code < form->least || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return 0;
	*ret_code = code;
	return form->bytes;
}

size_t utf8_trim(const char *s, size_t n)
{
	size_t start = n;

	while (start > 0 && n - start < 3 && ((u8)s[start - 1] & 0xc0) == 0x80)
		start--;
	if (start == 0)
		return n;
	const struct utf8_form *form = form_of((u8)s[--start]);
	return form && form->bytes > n - start ? start : n;
}

/*
 * How many bytes of a start that is no character stand for one: the longest start of some
 * character, or a single byte. When such a start can go on at all, it can go on with the least of
 * continuation bytes, because only the first of them is ever restricted, and that one is part of
 * the start.
 */
static size_t maximal_subpart(const char *s, size_t n)
{
	const struct utf8_form *form = form_of((u8)s[0]);

	for (size_t len = form ? MIN(n, form->bytes - 1U) : 0; len > 1; len--) {
		char completed[4] = {'\x80', '\x80', '\x80', '\x80'};
		u32 code;

		memcpy(completed, s, len);
		if (utf8_decode(completed, form->bytes, &code))
			return len;
	}
	return 1;
}

size_t utf8_repair(char *buf, size_t size, const char *bytes, size_t n)
{
	static const char dots[] = "...";
	size_t len = 0;
	size_t cut = 0; /* the last end of a character that leaves room for the dots */

	for (size_t i = 0; i < n;) {
		u32 code;
		const size_t whole = utf8_decode(bytes + i, n - i, &code);
		const char *character = whole ? bytes + i : UTF8_REPLACEMENT;
		const size_t width = whole ? whole : strlen(UTF8_REPLACEMENT);

		if (len + width >= size) {
			memcpy(buf + cut, dots, sizeof(dots));
			return cut + strlen(dots);
		}
		memcpy(buf + len, character, width);
		len += width;
		if (len + sizeof(dots) <= size)
			cut = len;
		i += whole ? whole : maximal_subpart(bytes + i, n - i);
	}
	buf[len] = '\0';
	return len;
}

void utf8_vformat(char *buf, size_t size, const char *fmt, va_list ap)
{
	static const char dots[] = "...";
	int len = vsnprintf(buf, size, fmt, ap);

	if (len < 0) {
		buf[0] = '\0';
		return;
	}
	if ((size_t)len >= size)
		memcpy(buf + utf8_trim(buf, size - sizeof(dots)), dots, sizeof(dots));
}
