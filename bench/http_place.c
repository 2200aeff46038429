/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/http_place.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "base/err.h"

#define HTTP "http://"
#define UNIX "unix:"

enum { HOST_MAX = 255, PORT_DIGITS_MAX = 5, PORT_MAX = 65535 };

static int refuse(struct err *err, const char *url)
{
	return err__set(err, -EINVAL,
			"server '%s': write http://HOST:PORT, http://[IPV6]:PORT or unix:PATH",
			url);
}

static int parse_unix(struct http_place *p, const char *path, struct err *err)
{
	struct sockaddr_un *un = (struct sockaddr_un *)&p->address;
	const size_t n = strlen(path);

	if (n == 0)
		return refuse(err, p->url);
	if (n >= sizeof(un->sun_path))
		return err__set(err, -EINVAL,
				"server '%s': the path of a socket has at most %zu bytes", p->url,
				sizeof(un->sun_path) - 1);
	un->sun_family = AF_UNIX;
	memcpy(un->sun_path, path, n + 1);
	p->len = sizeof(*un);
	return 0;
}

/* HOST:PORT or [IPV6]:PORT, perhaps with a slash. False: it is neither. */
static bool split(const char *text, char host[HOST_MAX + 1], char port[PORT_DIGITS_MAX + 1])
{
	const char *slash = strchr(text, '/');
	const char *end = slash ? slash : text + strlen(text);
	const char *colon = memrchr(text, ':', (size_t)(end - text));
	const char *from = text, *to = colon;

	if (!colon || (slash && slash[1]))
		return false;
	if (*from == '[' && to > from && to[-1] == ']') {
		from++;
		to--;
	} else if (memchr(from, ':', (size_t)(to - from))) {
		return false;
	}
	if (to <= from || to - from > HOST_MAX || end - colon - 1 > PORT_DIGITS_MAX)
		return false;
	memcpy(host, from, (size_t)(to - from));
	host[to - from] = '\0';
	memcpy(port, colon + 1, (size_t)(end - colon - 1));
	port[end - colon - 1] = '\0';
	return strspn(port, "0123456789") == strlen(port) && strtoul(port, NULL, 10) > 0 &&
	       strtoul(port, NULL, 10) <= PORT_MAX;
}

static int parse_http(struct http_place *p, const char *text, struct err *err)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	char host[HOST_MAX + 1], port[PORT_DIGITS_MAX + 1];
	struct addrinfo *found;
	int rc;

	if (!split(text, host, port))
		return refuse(err, p->url);
	rc = getaddrinfo(host, port, &hints, &found);
	if (rc)
		return err__set(err, -EINVAL, "server '%s': %s", p->url, gai_strerror(rc));
	memcpy(&p->address, found->ai_addr, found->ai_addrlen);
	p->len = found->ai_addrlen;
	freeaddrinfo(found);
	return 0;
}

int http_place__parse(struct http_place *p, const char *url, struct err *err)
{
	*p = (struct http_place){.url = url};
	if (!strncmp(url, UNIX, sizeof(UNIX) - 1))
		return parse_unix(p, url + sizeof(UNIX) - 1, err);
	if (!strncmp(url, HTTP, sizeof(HTTP) - 1))
		return parse_http(p, url + sizeof(HTTP) - 1, err);
	return refuse(err, url);
}

struct http_place http_place_loopback(u16 port)
{
	struct http_place p = {.len = sizeof(struct sockaddr_in), .url = "127.0.0.1"};

	*(struct sockaddr_in *)&p.address = (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr = {htonl(INADDR_LOOPBACK)},
	};
	return p;
}
