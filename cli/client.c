/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/client.h"

#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "bench/http_get.h"

int client__init(struct client *c, const char *url, struct err *err)
{
	strbuf__init(&c->text);
	return http_place__parse(&c->place, url, err);
}

void client__fini(struct client *c)
{
	strbuf__fini(&c->text);
}

static int nobody(const struct client *c, int code, struct err *err)
{
	return err__set(err, code,
			"no daemon answers at %s (%s): start one with `ringtally run`, or say "
			"where it listens with --server=URL",
			c->place.url, strerror(-code));
}

/* The object of an answer; what is none has a place where it ceases to be JSON. */
static int parse(const struct client *c, const char *path, const char *body, json_t **ret_object,
		 struct err *err)
{
	json_error_t wrong;
	json_t *object = json_loads(body, JSON_REJECT_DUPLICATES, &wrong);

	if (!object)
		return err__set(err, -EBADMSG, "%s%s is not JSON: line %d: %s", c->place.url, path,
				wrong.line, wrong.text);
	if (!json_is_object(object)) {
		json_decref(object);
		return err__set(err, -EBADMSG, "%s%s is no JSON object", c->place.url, path);
	}
	*ret_object = object;
	return 0;
}

/* With the daemon's own words, where it has some. */
static int refused(const struct client *c, const char *path, const struct http_answer *answer,
		   struct err *err)
{
	json_t *object = json_loads(answer->body, 0, NULL);
	const char *why = json_string_value(json_object_get(object, "error"));

	if (answer->status == 404 && !why)
		err__set(err, -EBADMSG, "%s has no %s: is it a ringtally daemon of this version?",
			 c->place.url, path);
	else
		err__set(err, -EBADMSG, "%s%s: HTTP status %d%s%s", c->place.url, path,
			 answer->status, why ? ": " : "", why ? why : "");
	json_decref(object);
	return err->code;
}

int client__get(struct client *c, const char *path, json_t **ret_object, struct err *err)
{
	struct http_answer answer;
	int rc = http_get_from(&c->place, path, &c->text, &answer, err);

	if (rc == -EBADMSG)
		return err__wrap(err, "no whole HTTP answer");
	if (rc)
		return err->code ? err->code : nobody(c, rc, err);
	if (answer.status != 200)
		return refused(c, path, &answer, err);
	return parse(c, path, answer.body, ret_object, err);
}
