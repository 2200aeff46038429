/* SPDX-License-Identifier: Apache-2.0 */
#include "exporters/api_answer.h"

#include "base/json.h"
#include "base/strbuf.h"
#include "exporters/http_answer.h"
#include "exporters/http_server.h"

#define JSON_TYPE "application/json"

void api_respond(struct http_request *req, enum api_status status, struct strbuf *take_body)
{
	struct http_answer *a = http_answer__new_from((int)status, JSON_TYPE, take_body);

	http_request__answer(req, a);
	http_answer__free(a);
	strbuf__fini(take_body);
}

void api_respond_error(struct http_request *req, enum api_status status, const char *what)
{
	struct strbuf body;
	struct json j;

	strbuf__init(&body);
	json__init(&j, &body);
	json__open(&j, '{');
	json__key(&j, "error");
	json__text(&j, what);
	json__close(&j, '}');
	strbuf__putc(&body, '\n');
	api_respond(req, status, &body);
}
