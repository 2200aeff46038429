/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses: a table of forms, of which the first that fits the text opens it. */
#include "exporters/http_address.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/err.h"
#include "base/util.h"

enum { BACKLOG = 128, HOST_MAX = 255, PORT_MAX = 65535, FD_MAX = 1 << 20 };

/* A form: opens a->fd and writes a->url from what follows the prefix. Failing, it may leave both.
 */
struct form {
	const char *prefix;
	int (*open)(struct http_address *a, const char *rest, struct err *err);
};

/* The digits of the whole text as a number up to max; -1 when it is none. */
static int parse_number(const char *text, int max)
{
	int n = 0;

	if (!*text)
		return -1;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return -1;
		n = n * 10 + (*text - '0');
		if (n > max)
			return -1;
	}
	return n;
}

static int new_socket(struct http_address *a, int family)
{
	a->fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	return a->fd < 0 ? -errno : 0;
}

/* ---- HOST:PORT ---- */

static int listen_tcp(struct http_address *a, const struct addrinfo *ai)
{
	const int on = 1;
	const int off = 0;
	const int ret = new_socket(a, ai->ai_family);

	if (ret)
		return ret;
	if (setsockopt(a->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0)
		return -errno;
	/* Only the wildcard takes IPv4 in; for any other address this changes nothing. */
	if (ai->ai_family == AF_INET6 &&
	    setsockopt(a->fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) < 0)
		return -errno;
	if (bind(a->fd, ai->ai_addr, ai->ai_addrlen) < 0 || listen(a->fd, BACKLOG) < 0)
		return -errno;
	return 0;
}

static bool is_wildcard(const struct sockaddr *addr)
{
	if (addr->sa_family == AF_INET)
		return ((const struct sockaddr_in *)(const void *)addr)->sin_addr.s_addr ==
		       htonl(INADDR_ANY);
	return IN6_IS_ADDR_UNSPECIFIED(
		&((const struct sockaddr_in6 *)(const void *)addr)->sin6_addr);
}

/* The URL of a bound socket: what it says of itself. */
static int describe(struct http_address *a)
{
	struct sockaddr_storage addr = {0};
	struct sockaddr *const sa = (struct sockaddr *)&addr;
	socklen_t len = sizeof(addr);
	char host[NI_MAXHOST] = "localhost";
	char port[NI_MAXSERV];

	if (getsockname(a->fd, sa, &len) < 0)
		return -errno;
	if (sa->sa_family == AF_UNIX) {
		const struct sockaddr_un *un = (const struct sockaddr_un *)&addr;

		snprintf(a->url, sizeof(a->url), "unix:%.*s", (int)sizeof(un->sun_path),
			 un->sun_path);
		return 0;
	}
	if (sa->sa_family != AF_INET && sa->sa_family != AF_INET6)
		return -EAFNOSUPPORT;
	if (getnameinfo(sa, len, is_wildcard(sa) ? NULL : host, sizeof(host), port, sizeof(port),
			NI_NUMERICHOST | NI_NUMERICSERV))
		return -EINVAL;
	snprintf(a->url, sizeof(a->url),
		 strchr(host, ':') ? "http://[%.260s]:%s" : "http://%.260s:%s", host, port);
	return 0;
}

/* Splits HOST:PORT, [IPV6]:PORT and :PORT ("" is every interface). */
static int split_host_port(const char *text, char host[HOST_MAX + 1], const char **ret_port)
{
	const char *colon = strrchr(text, ':');

	if (!colon || parse_number(colon + 1, PORT_MAX) < 0)
		return -EINVAL;

	const char *first = text;
	const char *end = colon;

	if (*first == '[') {
		if (end - first < 3 || end[-1] != ']')
			return -EINVAL;
		first++;
		end--;
	} else if (memchr(first, ':', (size_t)(end - first))) {
		return -EINVAL;
	}
	if (end - first > HOST_MAX)
		return -EINVAL;
	memcpy(host, first, (size_t)(end - first));
	host[end - first] = '\0';
	*ret_port = colon + 1;
	return 0;
}

static int resolve(const char *host, const char *port, int family, struct addrinfo **ret_list,
		   struct err *err)
{
	const struct addrinfo hints = {
		.ai_family = family,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_PASSIVE | AI_NUMERICSERV,
	};
	const int code = getaddrinfo(*host ? host : NULL, port, &hints, ret_list);

	if (code == EAI_SYSTEM)
		return err__set_errno(err, -errno, "look up %s", host);
	return code ? err__set(err, -EINVAL, "%s", gai_strerror(code)) : 0;
}

static int open_tcp_as(struct http_address *a, const char *host, const char *port, int family,
		       struct err *err)
{
	struct addrinfo *list;
	int ret = resolve(host, port, family, &list, err);

	if (ret)
		return ret;
	ret = listen_tcp(a, list);
	freeaddrinfo(list);
	return ret;
}

static int open_tcp(struct http_address *a, const char *text, struct err *err)
{
	char host[HOST_MAX + 1];
	const char *port;

	if (split_host_port(text, host, &port))
		return err__set(err, -EINVAL,
				"want HOST:PORT, [IPV6]:PORT, :PORT, unix:PATH or fd://N");

	int ret = open_tcp_as(a, host, port, *host ? AF_UNSPEC : AF_INET6, err);

	if (ret == -EAFNOSUPPORT && !*host) /* a kernel without IPv6 */
		ret = open_tcp_as(a, host, port, AF_INET, err);
	return ret ? ret : describe(a);
}

/* ---- unix:PATH ---- */

/* Is there somebody behind the socket file? Only a refused connection says that there is nobody. */
static bool is_alive(const struct sockaddr_un *addr)
{
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	const bool refused = fd >= 0 &&
			     connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) < 0 &&
			     errno == ECONNREFUSED;

	if (fd >= 0)
		close(fd);
	return !refused;
}

static int remove_stale(const struct sockaddr_un *addr, struct err *err)
{
	struct stat st;

	if (lstat(addr->sun_path, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return err__set(err, -EEXIST, "the file exists and is not a socket");
	if (is_alive(addr))
		return -EADDRINUSE;
	return unlink(addr->sun_path) < 0 ? -errno : 0;
}

/* From bind on, http_address__close removes the file. */
static int listen_unix(struct http_address *a, const struct sockaddr_un *addr)
{
	const int ret = new_socket(a, AF_UNIX);

	if (ret)
		return ret;
	a->path = strdup(addr->sun_path);
	if (!a->path)
		return -ENOMEM;
	if (bind(a->fd, (const struct sockaddr *)addr, sizeof(*addr)) < 0 ||
	    lstat(a->path, &a->created) < 0 || listen(a->fd, BACKLOG) < 0)
		return -errno;
	return 0;
}

static int open_unix(struct http_address *a, const char *path, struct err *err)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};

	const size_t n = strlen(path);

	if (n == 0 || n >= sizeof(addr.sun_path))
		return err__set(err, -EINVAL, "want a path of 1 to %zu bytes",
				sizeof(addr.sun_path) - 1);
	memcpy(addr.sun_path, path, n);

	int ret = remove_stale(&addr, err);

	if (!ret)
		ret = listen_unix(a, &addr);
	return ret ? ret : describe(a);
}

/* ---- fd://N ---- */

/* Works on a copy: the socket stays with whoever passed it, and one named twice is no harm. */
static int open_fd(struct http_address *a, const char *text, struct err *err)
{
	const int fd = parse_number(text, FD_MAX);
	int listens = 0;
	socklen_t len = sizeof(listens);

	if (fd < 0)
		return err__set(err, -EINVAL, "want fd://N, N the number of a file descriptor");
	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len) < 0)
		return -errno;
	if (!listens)
		return err__set(err, -EINVAL, "the socket does not listen");
	a->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (a->fd < 0 || fcntl(a->fd, F_SETFL, fcntl(a->fd, F_GETFL) | O_NONBLOCK) < 0)
		return -errno;
	return describe(a);
}

/* ---- */

static const struct form forms[] = {
	{"unix:", open_unix},
	{"fd://", open_fd},
	{"", open_tcp},
};

int http_address__open(struct http_address *a, const char *text, struct err *err)
{
	const struct form *form = forms;
	struct err cause = {0};

	*a = (struct http_address){.fd = -1};
	while (strncmp(text, form->prefix, strlen(form->prefix)) != 0)
		form++;

	const int ret = form->open(a, text + strlen(form->prefix), &cause);

	if (!ret)
		return 0;
	http_address__close(a);
	if (cause.code)
		return err__set(err, ret, "listen on %s: %s", text, cause.msg);
	return err__set_errno(err, ret, "listen on %s", text);
}

void http_address__close(struct http_address *a)
{
	struct stat now;

	if (a->fd >= 0)
		close(a->fd);
	if (a->path && lstat(a->path, &now) == 0 && now.st_dev == a->created.st_dev &&
	    now.st_ino == a->created.st_ino)
		unlink(a->path);
	free(a->path);
	a->path = NULL;
	a->fd = -1;
}
