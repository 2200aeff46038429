/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A growing byte buffer. Appending never returns an error: the first failed allocation makes the
 * buffer `failed`, later appends do nothing, and the caller checks once at the end.
 * `data` always ends in a NUL that `len` does not count (also when empty).
 */
#ifndef RINGTALLY_BASE_STRBUF_H
#define RINGTALLY_BASE_STRBUF_H

#include <stdarg.h>
#include <stddef.h>

#include "base/types.h"

struct strbuf {
	char *data;
	size_t len;
	size_t cap;
	bool failed;
};

void strbuf__init(struct strbuf *sb);
void strbuf__fini(struct strbuf *sb);
void strbuf__reset(struct strbuf *sb); /* empties it, keeps the memory, clears `failed` */

/* Makes the buffer grow to have room for n more bytes, or fail. */
char *strbuf__grow(struct strbuf *sb, size_t n);

/* Room for n more bytes (and the NUL): a pointer to write them to, or NULL when it failed. What was
 * written there, up to `end`, is then made part of the buffer by __commit. */
static inline char *strbuf__reserve(struct strbuf *sb, size_t n)
{
	return !sb->failed && n < sb->cap - sb->len ? sb->data + sb->len : strbuf__grow(sb, n);
}

static inline void strbuf__commit(struct strbuf *sb, char *end)
{
	*end = '\0';
	sb->len = (size_t)(end - sb->data);
}

void strbuf__append(struct strbuf *sb, const void *bytes, size_t n);
void strbuf__puts(struct strbuf *sb, const char *s);
void strbuf__putc(struct strbuf *sb, char c);
void strbuf__printf(struct strbuf *sb, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void strbuf__put_u64(struct strbuf *sb, u64 n); /* decimal; much cheaper than printf */

/* The bytes, now the caller's to free(); NULL when the buffer failed. The buffer is empty after. */
char *strbuf__take(struct strbuf *sb, size_t *ret_len);

#endif
