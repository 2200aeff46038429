/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/util.h"

static void set_returns_the_code_and_keeps_the_message(void **state)
{
	struct err err = {0};

	(void)state;
	assert_int_equal(err__set(&err, -EINVAL, "line %d: %s", 3, "odd"), -EINVAL);
	assert_int_equal(err.code, -EINVAL);
	assert_string_equal(err.msg, "line 3: odd");
}

static void first_message_wins(void **state)
{
	struct err err = {0};

	(void)state;
	err__set(&err, -EINVAL, "first");
	assert_int_equal(err__set(&err, -EPERM, "second"), -EINVAL);
	assert_int_equal(err__set_errno(&err, -EPERM, "third"), -EINVAL);
	assert_string_equal(err.msg, "first");
}

static void set_errno_appends_what_the_errno_means(void **state)
{
	struct err err = {0};

	(void)state;
	assert_int_equal(err__set_errno(&err, -ENOENT, "open %s", "x"), -ENOENT);
	assert_string_equal(err.msg, "open x: No such file or directory");
}

static void wrap_puts_context_in_front(void **state)
{
	struct err err = {0};

	(void)state;
	err__set(&err, -EPERM, "attach tp_btf/sched_switch: Operation not permitted");
	assert_int_equal(err__wrap(&err, "probe %s", "runqlat"), -EPERM);
	assert_string_equal(err.msg,
			    "probe runqlat: attach tp_btf/sched_switch: Operation not permitted");
}

static void wrap_of_no_error_stays_no_error(void **state)
{
	struct err err = {0};

	(void)state;
	assert_int_equal(err__wrap(&err, "probe"), 0);
	assert_string_equal(err.msg, "");
}

/* A text of n times "é", which is two bytes: a cut at an odd place would split one. */
static void fill(char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		memcpy(text + i * strlen("é"), "é", strlen("é") + 1);
}

static void long_message_is_cut_between_characters(void **state)
{
	struct err err = {0};
	char text[2000];

	(void)state;
	fill(text, 900);
	err__set(&err, -EINVAL, "%s", text);
	assert_int_equal(strlen(err.msg), 508 + 3);
	assert_memory_equal(err.msg, text, 508);
	assert_string_equal(err.msg + 508, "...");
}

static void cause_is_seen_behind_a_long_prefix(void **state)
{
	struct err err = {0};
	char text[2000];

	(void)state;
	fill(text, 900);
	err__set_errno(&err, -ENOMEM, "%s", text);
	assert_non_null(strstr(err.msg, "...: Cannot allocate memory"));
	for (int i = 0; i < 5; i++)
		err__wrap(&err, "%s", text);
	assert_true(strlen(err.msg) < sizeof(err.msg));
	assert_non_null(strstr(err.msg, "...: é"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(set_returns_the_code_and_keeps_the_message),
		cmocka_unit_test(first_message_wins),
		cmocka_unit_test(set_errno_appends_what_the_errno_means),
		cmocka_unit_test(wrap_puts_context_in_front),
		cmocka_unit_test(wrap_of_no_error_stays_no_error),
		cmocka_unit_test(long_message_is_cut_between_characters),
		cmocka_unit_test(cause_is_seen_behind_a_long_prefix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
