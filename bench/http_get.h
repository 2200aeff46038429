/* SPDX-License-Identifier: Apache-2.0 */
/* One GET over a plain socket, as a scraper makes it. Blocking, for 10 s. */
#ifndef RINGTALLY_BENCH_HTTP_GET_H
#define RINGTALLY_BENCH_HTTP_GET_H

#include "base/types.h"

struct err;
struct http_place;
struct strbuf;

struct http_answer {
	int status;
	const char *body; /* in the text it was read into */
};

/*
 * From a port of 127.0.0.1. `text` takes the whole answer. -ECONNREFUSED or -ECONNRESET, without a
 * message: nobody listens (yet).
 */
int http_get(u16 port, const char *path, struct strbuf *text, struct http_answer *ret_answer,
	     struct err *err);

/* The same elsewhere; -ENOENT, also without a message: there is no such socket file. */
int http_get_from(const struct http_place *place, const char *path, struct strbuf *text,
		  struct http_answer *ret_answer, struct err *err);

/* Of a complete answer. -EBADMSG: it is none, or not all of it. */
int http_answer_parse(const char *text, size_t n, struct http_answer *ret_answer);

/* A port that nobody has just now. */
int http_free_port(u16 *ret_port, struct err *err);

#endif
