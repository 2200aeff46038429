/* SPDX-License-Identifier: Apache-2.0 */
/* How pages under /api/v1/ answer: with JSON, also when something goes wrong: {"error":TEXT}. */
#ifndef RINGTALLY_EXPORTERS_API_ANSWER_H
#define RINGTALLY_EXPORTERS_API_ANSWER_H

struct http_request;
struct strbuf;

enum api_status {
	API_OK = 200,
	API_BAD_REQUEST = 400,
	API_NOT_FOUND = 404,
	API_UNAVAILABLE = 503,
};

/* What the buffer holds, which is freed. A buffer that has failed closes the connection. */
void api_respond(struct http_request *req, enum api_status status, struct strbuf *take_body);

void api_respond_error(struct http_request *req, enum api_status status, const char *what);

#endif
