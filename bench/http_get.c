/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/http_get.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "bench/http_place.h"
#include "bench/pause.h"

enum { PATIENCE_S = 10, CHUNK_BYTES = 65536 };

/* Below the ports that the kernel gives to clients: a client that tries again and again to reach a
 * port of its own range where nobody listens may at last be connected to itself. */
enum { PORT_FIRST = 20000, PORT_COUNT = 10000, PORT_TRIES = 100 };

static int dial(const struct http_place *place, int *ret_fd)
{
	const struct timeval patience = {.tv_sec = PATIENCE_S};
	int fd = socket(place->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int rc = 0;

	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) ||
	    connect(fd, (const struct sockaddr *)&place->address, place->len)) {
		rc = -errno;
		close(fd);
		return rc;
	}
	*ret_fd = fd;
	return 0;
}

/* HTTP/1.0: the answer comes in one piece and ends with the connection. */
static int ask(int fd, const char *path)
{
	struct strbuf request;
	int rc = 0;

	strbuf__init(&request);
	strbuf__printf(&request, "GET %s HTTP/1.0\r\nHost: localhost\r\n\r\n", path);
	if (request.failed)
		rc = -ENOMEM;
	else if (send(fd, request.data, request.len, MSG_NOSIGNAL) != (ssize_t)request.len)
		rc = errno ? -errno : -EIO;
	strbuf__fini(&request);
	return rc;
}

static int hear(int fd, struct strbuf *text)
{
	u64 end = pause_now_ns() + PATIENCE_S * 1000000000ULL;

	strbuf__reset(text);
	while (pause_now_ns() < end) {
		char *to = strbuf__reserve(text, CHUNK_BYTES);
		ssize_t n = to ? recv(fd, to, CHUNK_BYTES, 0) : 0;

		if (!to)
			return -ENOMEM;
		if (n < 0)
			return -errno;
		if (n == 0)
			return 0;
		strbuf__commit(text, to + n);
	}
	return -ETIMEDOUT;
}

/* How long the body is to be; SIZE_MAX: it does not say. */
static size_t content_length(const char *head, const char *body)
{
	static const char key[] = "content-length:";

	for (const char *line = strstr(head, "\r\n"); line && line < body;
	     line = strstr(line + 2, "\r\n"))
		if (!strncasecmp(line + 2, key, sizeof(key) - 1))
			return strtoul(line + 2 + sizeof(key) - 1, NULL, 10);
	return SIZE_MAX;
}

int http_answer_parse(const char *text, size_t n, struct http_answer *ret_answer)
{
	static const char version[] = "HTTP/1."; /* and a digit and a space */
	const char *body = strstr(text, "\r\n\r\n");
	size_t length;
	char *end;
	long status;

	if (!body || strncmp(text, version, sizeof(version) - 1) != 0)
		return -EBADMSG;
	status = strtol(text + sizeof(version), &end, 10);
	if (end != text + sizeof(version) + 4 || status < 100 || status > 999)
		return -EBADMSG;
	body += 4;
	length = content_length(text, body);
	if (length != SIZE_MAX && length != n - (size_t)(body - text))
		return -EBADMSG;
	*ret_answer = (struct http_answer){(int)status, body};
	return 0;
}

/* What a caller that waits for a server expects to happen. */
static bool is_absence(int rc)
{
	return rc == -ECONNREFUSED || rc == -ECONNRESET || rc == -ENOENT;
}

int http_get_from(const struct http_place *place, const char *path, struct strbuf *text,
		  struct http_answer *ret_answer, struct err *err)
{
	int fd = -1, rc = dial(place, &fd);

	if (!rc) {
		rc = ask(fd, path);
		if (!rc)
			rc = hear(fd, text);
		close(fd);
		if (!rc)
			rc = http_answer_parse(text->data, text->len, ret_answer);
	}
	if (rc && !is_absence(rc))
		err__set_errno(err, rc, "GET %s from %s", path, place->url);
	return rc;
}

int http_get(u16 port, const char *path, struct strbuf *text, struct http_answer *ret_answer,
	     struct err *err)
{
	const struct http_place place = http_place_loopback(port);
	int rc = http_get_from(&place, path, text, ret_answer, err);

	return rc && !is_absence(rc) ? err__wrap(err, "port %u", port) : rc;
}

static bool is_free(u16 port)
{
	const struct http_place place = http_place_loopback(port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool bound = fd >= 0 && !bind(fd, (const struct sockaddr *)&place.address, place.len);

	if (fd >= 0)
		close(fd);
	return bound;
}

int http_free_port(u16 *ret_port, struct err *err)
{
	for (int i = 0; i < PORT_TRIES; i++) {
		u16 random, port;

		if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random))
			break;
		port = (u16)(PORT_FIRST + random % PORT_COUNT);
		if (!is_free(port))
			continue;
		*ret_port = port;
		return 0;
	}
	return err__set(err, -EADDRINUSE, "no free port on 127.0.0.1");
}
