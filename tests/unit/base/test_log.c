/* SPDX-License-Identifier: Apache-2.0 */
/* stderr becomes a pipe in packet mode: one read returns what one write wrote. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "base/util.h"

static int packets[2];
static int real_stderr;

static int capture(void **state)
{
	(void)state;
	real_stderr = dup(STDERR_FILENO);
	if (pipe2(packets, O_DIRECT | O_NONBLOCK | O_CLOEXEC) < 0)
		return -1;
	return dup2(packets[1], STDERR_FILENO) < 0 ? -1 : 0;
}

static int release(void **state)
{
	(void)state;
	log_set_level(LOG_INFO);
	log_set_format(LOG_LOGFMT);
	dup2(real_stderr, STDERR_FILENO);
	close(real_stderr);
	close(packets[0]);
	close(packets[1]);
	return 0;
}

/* What the next write wrote; "" when there was none. */
static const char *next_write(void)
{
	static char text[4096];
	ssize_t n = read(packets[0], text, sizeof(text) - 1);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void line_is_one_write(void **state)
{
	(void)state;
	log_info("event attached", "event", "syscall_enter", "hook", "tp_btf/sys_enter", NULL);
	log_error("second", NULL);
	assert_string_equal(next_write(), "level=info msg=\"event attached\" event=syscall_enter "
					  "hook=tp_btf/sys_enter\n");
	assert_string_equal(next_write(), "level=error msg=second\n");
	assert_string_equal(next_write(), "");
}

static void lines_above_the_level_are_not_written(void **state)
{
	(void)state;
	log_set_level(LOG_WARN);
	assert_int_equal(log_get_level(), LOG_WARN);
	log_info("no", NULL);
	log_debug("no", NULL);
	log_warn("yes", NULL);
	assert_string_equal(next_write(), "level=warn msg=yes\n");
	assert_string_equal(next_write(), "");
}

/* How a value appears in either format. */
static const struct {
	const char *value;
	const char *logfmt;
	const char *json;
} values[] = {
	{"plain", "plain", "\"plain\""},
	{"", "\"\"", "\"\""},
	{"a b", "\"a b\"", "\"a b\""},
	{"a=b", "\"a=b\"", "\"a=b\""},
	{"say \"x\"", "\"say \\\"x\\\"\"", "\"say \\\"x\\\"\""},
	{"back\\slash", "\"back\\\\slash\"", "\"back\\\\slash\""},
	{"two\nlines\there", "\"two\\nlines\\there\"", "\"two\\nlines\\there\""},
	{"\x1b[31m\x7f", "\"\\u001b[31m\\u007f\"", "\"\\u001b[31m\\u007f\""},
	{"é€😀", "\"é€😀\"", "\"é€😀\""},
	{"bad\xff\xc3(", "\"bad\xef\xbf\xbd\xef\xbf\xbd(\"", "\"bad\xef\xbf\xbd\xef\xbf\xbd(\""},
	{"\xc2\x9b", "\"\\u009b\"", "\"\\u009b\""},
};

static void values_are_escaped_in_logfmt(void **state)
{
	char expected[128];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		log_info("m", "k", values[i].value, NULL);
		snprintf(expected, sizeof(expected), "level=info msg=m k=%s\n", values[i].logfmt);
		assert_string_equal(next_write(), expected);
	}
}

static void values_are_escaped_in_json(void **state)
{
	char expected[128];

	(void)state;
	log_set_format(LOG_JSON);
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		log_info("m", "k", values[i].value, NULL);
		snprintf(expected, sizeof(expected),
			 "{\"level\":\"info\",\"msg\":\"m\",\"k\":%s}\n", values[i].json);
		assert_string_equal(next_write(), expected);
	}
}

static void names_are_parsed(void **state)
{
	enum log_level level = LOG_INFO;
	enum log_format format = LOG_LOGFMT;

	(void)state;
	assert_int_equal(log_level_parse("debug", &level), 0);
	assert_int_equal(level, LOG_DEBUG);
	assert_int_equal(log_format_parse("json", &format), 0);
	assert_int_equal(format, LOG_JSON);
	assert_int_equal(log_level_parse("verbose", &level), -EINVAL);
	assert_int_equal(level, LOG_DEBUG);
	assert_int_equal(log_format_parse("xml", &format), -EINVAL);
	assert_int_equal(format, LOG_JSON);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(line_is_one_write, capture, release),
		cmocka_unit_test_setup_teardown(lines_above_the_level_are_not_written, capture,
						release),
		cmocka_unit_test_setup_teardown(values_are_escaped_in_logfmt, capture, release),
		cmocka_unit_test_setup_teardown(values_are_escaped_in_json, capture, release),
		cmocka_unit_test(names_are_parsed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
