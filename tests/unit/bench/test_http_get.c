/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "base/util.h"
#include "bench/http_get.h"

static void takes_whole_answers_only(void **state)
{
	static const struct {
		const char *text;
		int status; /* 0: refused */
		const char *body;
	} cases[] = {
		{"HTTP/1.0 200 OK\r\n\r\n", 200, ""},
		{"HTTP/1.1 503 Service Unavailable\r\nA: b\r\n\r\nnot yet", 503, "not yet"},
		{"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", 200, "abc"},
		{"HTTP/1.1 200 OK\r\ncontent-length: 3\r\nB: c\r\n\r\nabc", 200, "abc"},
		{"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab", 0, NULL},
		{"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcd", 0, NULL},
		/* what the body says is no header */
		{"HTTP/1.1 200 OK\r\n\r\nx\r\nContent-Length: 3\r\n\r\n", 200,
		 "x\r\nContent-Length: 3\r\n\r\n"},
		{"HTTP/1.1 200 OK\r\nContent-Le", 0, NULL},
		{"HTTP/1.1 20 OK\r\n\r\n", 0, NULL},
		{"HTTP/1.1 abc\r\n\r\n", 0, NULL},
		{"HTTP/2 200\r\n\r\n", 0, NULL},
		{"HTTP/1.\r\n\r\n", 0, NULL},
		{"\r\n\r\n", 0, NULL},
		{"", 0, NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct http_answer answer = {0};
		int rc = http_answer_parse(cases[i].text, strlen(cases[i].text), &answer);

		if (rc != (cases[i].status ? 0 : -EBADMSG) || answer.status != cases[i].status)
			fail_msg("case %zu: %d, status %d", i, rc, answer.status);
		if (cases[i].status)
			assert_string_equal(answer.body, cases[i].body);
	}
}

static void nobody_listening_is_no_message(void **state)
{
	struct http_answer answer;
	struct err err = {0};
	struct strbuf text;
	u16 port = 0;

	(void)state;
	strbuf__init(&text);
	assert_int_equal(http_free_port(&port, &err), 0);
	assert_in_range(port, 1024, 32767);
	assert_int_equal(http_get(port, "/", &text, &answer, &err), -ECONNREFUSED);
	assert_int_equal(err.code, 0);
	strbuf__fini(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_whole_answers_only),
		cmocka_unit_test(nobody_listening_is_no_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
