/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A status and a body, which any number of requests may get: the bytes are held once, until the
 * last of them was sent.
 */
#ifndef RINGTALLY_EXPORTERS_HTTP_ANSWER_H
#define RINGTALLY_EXPORTERS_HTTP_ANSWER_H

#include "base/types.h"

struct MHD_Response;
struct strbuf;

struct http_answer {
	size_t owners; /* who made it, and the requests that got it */
	unsigned int code;
	u64 tag; /* free for who made it, to know it again when it was sent; 0 */
	struct MHD_Response *response;
};

/* The body is taken (malloc'ed; may be NULL when n is 0), also on failure, which is NULL: no
 * memory. The type is a literal. */
struct http_answer *http_answer__new(int code, const char *content_type, char *take_body, size_t n);

/* The same with what a buffer holds, which is empty afterwards, whatever happens. */
struct http_answer *http_answer__new_from(int code, const char *content_type,
					  struct strbuf *take_body);

/* Clients get the body in the coding they asked for; this one is in "gzip", or NULL: as it is.
 * False: no memory. */
bool http_answer__set_coding(struct http_answer *a, const char *coding);

/* A line of plain text, given without its end. */
struct http_answer *http_answer__new_line(int code, const char *line);

/* One more owner; __free takes one away, and with the last one the answer. NULL is fine. */
void http_answer__share(struct http_answer *a);
void http_answer__free(struct http_answer *a);

#endif
