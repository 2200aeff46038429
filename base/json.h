/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON text, written front to back: the writer owns commas, quotes and escapes, so nobody else puts
 * JSON together. Failure is the buffer's (strbuf.failed), looked at once at the end.
 *
 *   json__open(&j, '{'); json__key(&j, "rows"); json__open(&j, '['); ... json__close(&j, ']');
 */
#ifndef RINGTALLY_BASE_JSON_H
#define RINGTALLY_BASE_JSON_H

#include "base/types.h"

struct strbuf;

struct json {
	struct strbuf *out;
	bool behind_value; /* the next value or key needs a comma */
};

void json__init(struct json *j, struct strbuf *out);

void json__open(struct json *j, char bracket);	/* '{' or '[' */
void json__close(struct json *j, char bracket); /* '}' or ']' */
void json__key(struct json *j, const char *key);

void json__text(struct json *j, const char *s);
void json__text_n(struct json *j, const char *s, size_t n); /* NULs may be inside */
void json__u64(struct json *j, u64 n);
void json__number(struct json *j, double n);	      /* what is no number in JSON becomes null */
void json__spelt(struct json *j, const char *number); /* whose digits are there already */
void json__bool(struct json *j, bool value);
void json__null(struct json *j);

/* A JSON string, in quotes. Not UTF-8: U+FFFD. No control character goes through, C1 included: a
 * terminal would obey them. */
void json_put_quoted(struct strbuf *out, const char *s);

#endif
