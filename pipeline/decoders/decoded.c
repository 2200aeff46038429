/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/decoders/decoded.h"

#include <assert.h>
#include <stdarg.h>
#include <string.h>

#include "base/utf8.h"
#include "pipeline/decoders/decoder.h"

__attribute__((format(printf, 2, 0))) static void set(struct decoded *d, const char *fmt,
						      va_list ap)
{
	utf8_vformat(d->text, sizeof(d->text), fmt, ap);
	d->len = strlen(d->text);
	d->provisional = false;
	d->error = false;
}

void decoded__format(struct decoded *d, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set(d, fmt, ap);
	va_end(ap);
}

void decoded__fail(struct decoded *d, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set(d, fmt, ap);
	va_end(ap);
	d->error = true;
}

void decoded__repair(struct decoded *d, const char *bytes, size_t n, size_t max)
{
	assert(max >= strlen("...") + 1 && max <= DECODED_ROOM);

	d->len = utf8_repair(d->text, max + 1, bytes, n);
	d->provisional = false;
	d->error = false;
}

void decoded__replace(struct decoded *d, const char *text, size_t n)
{
	n = n < DECODED_ROOM ? n : utf8_trim(text, DECODED_ROOM);
	memmove(d->text, text, n);
	d->text[n] = '\0';
	d->len = n;
}

void decoded__cut(struct decoded *d)
{
	char cut[DECODED_MAX + 1];

	if (d->len <= DECODED_MAX)
		return;
	d->len = utf8_repair(cut, sizeof(cut), d->text, d->len);
	memcpy(d->text, cut, d->len + 1);
}
