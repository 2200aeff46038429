/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An address to serve at, as users write it, and the listening socket made from it:
 *
 *   HOST:PORT  [IPV6]:PORT   one address; a name is looked up, which may block
 *   :PORT  [::]:PORT         every interface, IPv4 too
 *   unix:PATH                a socket file; one that nobody listens on any more is replaced
 *   fd://N                   a socket that was passed to the process and listens already
 *
 * Port 0 takes a free one. Sockets are non-blocking and close-on-exec.
 */
#ifndef RINGTALLY_EXPORTERS_HTTP_ADDRESS_H
#define RINGTALLY_EXPORTERS_HTTP_ADDRESS_H

#include <sys/stat.h>

#include "base/types.h"

struct err;

struct http_address {
	int fd;	       /* -1 while closed */
	char url[512]; /* what to type into a browser: the port as bound, wildcards as localhost */
	char *path;    /* the socket file to remove at the end, or NULL */
	struct stat created; /* that file as it was made: another one of that name is left alone */
};

/* The error is one line: "listen on 127.0.0.1:9435: Address already in use". */
int http_address__open(struct http_address *a, const char *text, struct err *err);
void http_address__close(struct http_address *a);

#endif
