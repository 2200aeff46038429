/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A client that shares the thread with the loop of the server it talks to: nothing sleeps, the loop
 * is turned until what is waited for has come. A test that waits in vain fails after PATIENCE_MS.
 */
#ifndef RINGTALLY_TESTS_EXPORTERS_HTTP_CLIENT_H
#define RINGTALLY_TESTS_EXPORTERS_HTTP_CLIENT_H

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <uv.h>

#include "base/strbuf.h"

enum { PATIENCE_MS = 20000 };

struct client {
	int fd;
	bool closed;	  /* by the server */
	struct strbuf in; /* all that came so far */
};

/* One turn of the loop; waits for something to happen on it, or on a client, only a little. */
static inline void turn(uv_loop_t *loop)
{
	struct pollfd backend = {.fd = uv_backend_fd(loop), .events = POLLIN};
	const int timeout = uv_backend_timeout(loop);

	poll(&backend, 1, timeout < 0 || timeout > 1 ? 1 : timeout);
	uv_run(loop, UV_RUN_NOWAIT);
}

static inline void turn_with_patience(uv_loop_t *loop, u64 begin_ns, const char *condition)
{
	turn(loop);
	if (uv_hrtime() - begin_ns > PATIENCE_MS * 1000000ULL)
		fail_msg("waited in vain for: %s", condition);
}

/* Turns the loop until the condition holds. */
#define TURN_UNTIL(loop, condition)                           \
	for (const u64 begin_ns = uv_hrtime(); !(condition);) \
	turn_with_patience(loop, begin_ns, #condition)

static inline void client__init(struct client *c, int family)
{
	c->fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	c->closed = false;
	strbuf__init(&c->in);
	assert_true(c->fd >= 0);
}

/* From 127.0.0.`from`, to the URL of a server: http://127.0.0.1:PORT or unix:PATH. */
static inline void client__connect_from(struct client *c, unsigned int from, const char *url)
{
	struct sockaddr_in here = {.sin_family = AF_INET};
	struct sockaddr_in there = {.sin_family = AF_INET};
	struct sockaddr_un file = {.sun_family = AF_UNIX};

	if (!strncmp(url, "unix:", 5)) {
		client__init(c, AF_UNIX);
		snprintf(file.sun_path, sizeof(file.sun_path), "%s", url + 5);
		assert_int_equal(connect(c->fd, (struct sockaddr *)&file, sizeof(file)), 0);
		return;
	}
	client__init(c, AF_INET);
	here.sin_addr.s_addr = htonl(0x7f000000 + from);
	there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	there.sin_port = htons((unsigned short)strtol(strrchr(url, ':') + 1, NULL, 10));
	assert_int_equal(bind(c->fd, (struct sockaddr *)&here, sizeof(here)), 0);
	assert_int_equal(connect(c->fd, (struct sockaddr *)&there, sizeof(there)), 0);
}

static inline void client__connect(struct client *c, const char *url)
{
	client__connect_from(c, 1, url);
}

static inline void client__send(struct client *c, const char *text)
{
	assert_int_equal(send(c->fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* A request after which the server closes. */
static inline void client__ask(struct client *c, const char *method, const char *path)
{
	char text[256];

	snprintf(text, sizeof(text), "%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
		 method, path);
	client__send(c, text);
}

/* Takes what has come; true when the server closed. */
static inline bool client__at_end(struct client *c)
{
	char part[65536];

	for (;;) {
		const ssize_t n = recv(c->fd, part, sizeof(part), MSG_DONTWAIT);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return c->closed;
		if (n <= 0) {
			c->closed = true;
			return true;
		}
		strbuf__append(&c->in, part, (size_t)n);
	}
}

static inline bool client__has(struct client *c, const char *text)
{
	client__at_end(c);
	return strstr(c->in.data, text) != NULL;
}

/* Of the answer: 200 ...; 0 when there is none. */
static inline int client__status(const struct client *c)
{
	return c->in.len > 12 ? (int)strtol(c->in.data + strlen("HTTP/1.1 "), NULL, 10) : 0;
}

static inline const char *client__body(const struct client *c)
{
	const char *end = strstr(c->in.data, "\r\n\r\n");

	assert_non_null(end);
	return end + 4;
}

static inline void client__close(struct client *c)
{
	close(c->fd);
	strbuf__fini(&c->in);
}

#endif
