/* SPDX-License-Identifier: Apache-2.0 */
#include "base/strbuf.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"

#define MIN_CAP 64

/* What an empty buffer's `data` points to; cap is 0 then and nobody writes here. */
static char nothing[1];

void strbuf__init(struct strbuf *sb)
{
	*sb = (struct strbuf){.data = nothing};
}

void strbuf__fini(struct strbuf *sb)
{
	if (sb->cap > 0)
		free(sb->data);
	strbuf__init(sb);
}

void strbuf__reset(struct strbuf *sb)
{
	sb->len = 0;
	sb->failed = false;
	if (sb->cap > 0)
		sb->data[0] = '\0';
}

char *strbuf__grow(struct strbuf *sb, size_t n)
{
	if (sb->failed)
		return NULL;
	if (n > PTRDIFF_MAX / 2 - sb->len)
		goto fail;

	size_t cap = MAX(MAX(sb->cap * 2, sb->len + n + 1), MIN_CAP);
	char *data = realloc(sb->cap > 0 ? sb->data : NULL, cap);
	if (!data)
		goto fail;
	data[sb->len] = '\0';
	sb->data = data;
	sb->cap = cap;
	return data + sb->len;
fail:
	sb->failed = true;
	return NULL;
}

void strbuf__append(struct strbuf *sb, const void *bytes, size_t n)
{
	char *to = strbuf__reserve(sb, n);

	if (!to)
		return;
	if (n > 0)
		memcpy(to, bytes, n);
	to[n] = '\0';
	sb->len += n;
}

void strbuf__puts(struct strbuf *sb, const char *s)
{
	strbuf__append(sb, s, strlen(s));
}

void strbuf__putc(struct strbuf *sb, char c)
{
	strbuf__append(sb, &c, 1);
}

void strbuf__printf(struct strbuf *sb, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	int len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (len < 0) {
		sb->failed = true;
		return;
	}

	char *to = strbuf__reserve(sb, (size_t)len);
	if (!to)
		return;
	va_start(ap, fmt);
	vsnprintf(to, (size_t)len + 1, fmt, ap);
	va_end(ap);
	sb->len += (size_t)len;
}

void strbuf__put_u64(struct strbuf *sb, u64 n)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + n % 10);
		n /= 10;
	} while (n > 0);
	strbuf__append(sb, digits + at, sizeof(digits) - at);
}

char *strbuf__take(struct strbuf *sb, size_t *ret_len)
{
	if (!strbuf__reserve(sb, 0)) { /* also gives an empty buffer memory of its own */
		strbuf__fini(sb);
		return NULL;
	}
	char *data = sb->data;
	*ret_len = sb->len;
	strbuf__init(sb);
	return data;
}
