/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small HTTP server inside the uv loop (libmicrohttpd, which only http_*.c know): fixed
 * paths, GET and HEAD, answers at once or later. Connections, header sizes and idle times are
 * bounded. Unknown paths are 404, other methods 405 (with Allow).
 */
#ifndef RINGTALLY_EXPORTERS_HTTP_SERVER_H
#define RINGTALLY_EXPORTERS_HTTP_SERVER_H

#include "base/types.h"

struct err;
struct http_answer;
struct uv_loop_s;

struct http_server;
struct http_request; /* alive until it is answered, also when the client went away */

/* Every request that a handler is given must be answered, once, sooner or later. */
typedef void (*http_handler_fn)(void *ctx, struct http_request *req);

int http_server__new(struct uv_loop_s *loop, struct http_server **ret_server, struct err *err);

/* Before or after listening. `path` is borrowed for life. Two handlers for a path: -EEXIST. */
int http_server__route(struct http_server *s, const char *path, http_handler_fn handler, void *ctx,
		       struct err *err);

/*
 * What became of an answer: it was sent whole (the kernel has all of it, which is all that can be
 * known), or not. Called from inside the server, which is not to be called back; the request may be
 * asked until the return. When the server stops, the answer may be its own.
 */
typedef void (*http_sent_fn)(void *ctx, const struct http_request *req, const struct http_answer *a,
			     bool whole);

/* Tells of every answer to requests for a path, until it is unrouted; ctx is the handler's. */
void http_server__watch(struct http_server *s, const char *path, http_sent_fn sent);

/* No more requests for this path: 404 from now on. What the handler has it still must answer. */
void http_server__unroute(struct http_server *s, const char *path);

/* Binds and serves one address: HOST:PORT, [V6]:PORT, :PORT (every interface), unix:PATH, fd://N.
 * May be called several times. Port 0 takes a free one. */
int http_server__listen(struct http_server *s, const char *address, struct err *err);

/* "http://127.0.0.1:9435" of the i-th address (the port as bound; wildcards as localhost); NULL
 * past the last. */
const char *http_server__url(const struct http_server *s, size_t i);

/* Stops accepting, answers what is pending with 503, closes; stopped is called on a later turn.
 * Then http_server__free may be called. Handlers still answer what they have: it is dropped. */
void http_server__stop(struct http_server *s, void (*stopped)(void *ctx), void *ctx);
void http_server__free(struct http_server *s); /* also one that never listened; NULL is fine */

/* Answers, from the handler or any later turn. NULL closes the connection without an answer. */
void http_request__answer(struct http_request *req, struct http_answer *a);

/* The same with an answer of its own. */
void http_request__respond(struct http_request *req, int code, const char *content_type,
			   char *take_body, size_t n);

/* The same with a line of text (without its end). */
void http_request__respond_line(struct http_request *req, int code, const char *line);

/* When the request's headers had arrived, on uv_hrtime()'s clock (ns). */
u64 http_request__arrived_ns(const struct http_request *req);

bool http_request__is_head(const struct http_request *req);

/*
 * What else the client said; borrowed until the answer was sent, at least until the handler
 * returned. NULL where it did not, or has gone. An argument stands in the query and is decoded
 * (%41 is A, + is a blank); what is wrongly encoded stays as it is. It may have NULs inside: then
 * *ret_len is more than strlen().
 */
const char *http_request__user_agent(const struct http_request *req);
const char *http_request__accept_encoding(const struct http_request *req);
const char *http_request__argument(const struct http_request *req, const char *name,
				   size_t *ret_len);

/* The client's address without its port, or "unix"; an IPv4 address looks like one also where IPv6
 * brought it. "" when the client has gone. */
enum { HTTP_PEER_MAX = 46 };
void http_request__peer(const struct http_request *req, char ret_text[HTTP_PEER_MAX]);

#endif
