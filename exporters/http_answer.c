/* SPDX-License-Identifier: Apache-2.0 */
/* A libmicrohttpd response and its status. */
#include "exporters/http_answer.h"

#include <microhttpd.h>
#include <stdlib.h>

#include "base/strbuf.h"

static bool add_headers(const struct http_answer *a, const char *content_type)
{
	if (!MHD_add_response_header(a->response, MHD_HTTP_HEADER_CONTENT_TYPE, content_type))
		return false;
	return a->code != MHD_HTTP_METHOD_NOT_ALLOWED ||
	       MHD_add_response_header(a->response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
}

struct http_answer *http_answer__new(int code, const char *content_type, char *take_body, size_t n)
{
	struct http_answer *a = calloc(1, sizeof(*a));
	struct MHD_Response *response =
		a ? MHD_create_response_from_buffer(n, take_body, MHD_RESPMEM_MUST_FREE) : NULL;

	if (!response) {
		free(take_body);
		free(a);
		return NULL;
	}
	a->owners = 1;
	a->code = (unsigned int)code;
	a->response = response;
	if (!add_headers(a, content_type)) {
		http_answer__free(a);
		return NULL;
	}
	return a;
}

struct http_answer *http_answer__new_from(int code, const char *content_type,
					  struct strbuf *take_body)
{
	size_t n = 0;
	char *body = strbuf__take(take_body, &n);

	return body ? http_answer__new(code, content_type, body, n) : NULL;
}

bool http_answer__set_coding(struct http_answer *a, const char *coding)
{
	if (coding &&
	    !MHD_add_response_header(a->response, MHD_HTTP_HEADER_CONTENT_ENCODING, coding))
		return false;
	return MHD_add_response_header(a->response, MHD_HTTP_HEADER_VARY,
				       MHD_HTTP_HEADER_ACCEPT_ENCODING);
}

struct http_answer *http_answer__new_line(int code, const char *line)
{
	struct strbuf body;

	strbuf__init(&body);
	strbuf__puts(&body, line);
	strbuf__putc(&body, '\n');
	return http_answer__new_from(code, "text/plain; charset=utf-8", &body);
}

void http_answer__share(struct http_answer *a)
{
	if (a)
		a->owners++;
}

void http_answer__free(struct http_answer *a)
{
	if (!a || --a->owners > 0)
		return;
	MHD_destroy_response(a->response);
	free(a);
}
