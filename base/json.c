/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"

#include <math.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/utf8.h"

/* One character (or one byte that is none) of a string. Returns the bytes it took. */
static size_t put_escaped(struct strbuf *out, const char *s, size_t n)
{
	u32 code;
	size_t taken = utf8_decode(s, n, &code);

	if (taken == 0) {
		strbuf__puts(out, UTF8_REPLACEMENT);
		return 1;
	}
	if (code == '"' || code == '\\')
		strbuf__printf(out, "\\%c", (int)code);
	else if (code == '\n')
		strbuf__puts(out, "\\n");
	else if (code == '\t')
		strbuf__puts(out, "\\t");
	else if (code < 0x20 || (code >= 0x7f && code < 0xa0))
		strbuf__printf(out, "\\u%04x", code);
	else
		strbuf__append(out, s, taken);
	return taken;
}

static void put_quoted(struct strbuf *out, const char *s, size_t n)
{
	strbuf__putc(out, '"');
	for (size_t at = 0; at < n;)
		at += put_escaped(out, s + at, n - at);
	strbuf__putc(out, '"');
}

void json_put_quoted(struct strbuf *out, const char *s)
{
	put_quoted(out, s, strlen(s));
}

void json__init(struct json *j, struct strbuf *out)
{
	*j = (struct json){.out = out};
}

static void separate(struct json *j)
{
	if (j->behind_value)
		strbuf__putc(j->out, ',');
	j->behind_value = true;
}

void json__open(struct json *j, char bracket)
{
	separate(j);
	strbuf__putc(j->out, bracket);
	j->behind_value = false;
}

void json__close(struct json *j, char bracket)
{
	strbuf__putc(j->out, bracket);
	j->behind_value = true;
}

void json__key(struct json *j, const char *key)
{
	separate(j);
	json_put_quoted(j->out, key);
	strbuf__putc(j->out, ':');
	j->behind_value = false;
}

void json__text(struct json *j, const char *s)
{
	separate(j);
	json_put_quoted(j->out, s);
}

void json__text_n(struct json *j, const char *s, size_t n)
{
	separate(j);
	put_quoted(j->out, s, n);
}

void json__u64(struct json *j, u64 n)
{
	separate(j);
	strbuf__put_u64(j->out, n);
}

void json__number(struct json *j, double n)
{
	if (!isfinite(n)) {
		json__null(j);
		return;
	}
	separate(j);
	strbuf__printf(j->out, "%.9g", n);
}

void json__spelt(struct json *j, const char *number)
{
	separate(j);
	strbuf__puts(j->out, number);
}

void json__bool(struct json *j, bool value)
{
	separate(j);
	strbuf__puts(j->out, value ? "true" : "false");
}

void json__null(struct json *j)
{
	separate(j);
	strbuf__puts(j->out, "null");
}
