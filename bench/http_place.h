/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a server is asked, as users write it:
 *
 *   http://HOST:PORT  http://[IPV6]:PORT   perhaps with a `/` behind it; a name is looked up
 *   unix:PATH                              a socket file
 */
#ifndef RINGTALLY_BENCH_HTTP_PLACE_H
#define RINGTALLY_BENCH_HTTP_PLACE_H

#include <sys/socket.h>

#include "base/types.h"

struct err;

struct http_place {
	struct sockaddr_storage address;
	socklen_t len;
	const char *url; /* as it was written; borrowed */
};

/* -EINVAL with a message that says what is wrong. */
int http_place__parse(struct http_place *p, const char *url, struct err *err);

struct http_place http_place_loopback(u16 port);

#endif
