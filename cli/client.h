/* SPDX-License-Identifier: Apache-2.0 */
/* A running daemon, asked for its JSON pages: what the verbs that look at one share. */
#ifndef RINGTALLY_CLI_CLIENT_H
#define RINGTALLY_CLI_CLIENT_H

#include <jansson.h>

#include "base/strbuf.h"
#include "bench/http_place.h"

struct err;

#define CLIENT_SERVER "http://127.0.0.1:9435" /* where `run` listens by itself */

struct client {
	struct http_place place;
	struct strbuf text; /* of the last answer */
};

/* The URL is borrowed for life. -EINVAL: it makes no sense. */
int client__init(struct client *c, const char *url, struct err *err);
void client__fini(struct client *c);

/* A GET of a page that answers with a JSON object; *ret_object is the caller's (json_decref). The
 * error is one line: who does not answer, or what was answered, and what to do. */
int client__get(struct client *c, const char *path, json_t **ret_object, struct err *err);

#endif
