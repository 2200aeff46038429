/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "base/util.h"

static void empty_buffer_is_an_empty_string(void **state)
{
	struct strbuf sb;

	(void)state;
	strbuf__init(&sb);
	assert_string_equal(sb.data, "");
	strbuf__reset(&sb);
	assert_string_equal(sb.data, "");
	strbuf__fini(&sb);
	assert_string_equal(sb.data, "");
}

static void appends_end_up_one_behind_the_other(void **state)
{
	struct strbuf sb;

	(void)state;
	strbuf__init(&sb);
	strbuf__puts(&sb, "a");
	strbuf__putc(&sb, 'b');
	strbuf__append(&sb, "c\0d", 3);
	strbuf__append(&sb, NULL, 0);
	strbuf__printf(&sb, "%d-%s", 7, "e");
	assert_int_equal(sb.len, 8);
	assert_memory_equal(sb.data, "abc\0d7-e", 9);
	strbuf__fini(&sb);
}

static void bytes_survive_growth(void **state)
{
	struct strbuf sb;

	(void)state;
	strbuf__init(&sb);
	for (unsigned i = 0; i < 100000; i++)
		strbuf__putc(&sb, (char)(i % 251));
	assert_false(sb.failed);
	assert_int_equal(sb.len, 100000);
	for (unsigned i = 0; i < 100000; i++)
		assert_int_equal((u8)sb.data[i], i % 251);
	assert_int_equal(sb.data[sb.len], 0);
	strbuf__fini(&sb);
}

static void numbers_are_written_in_decimal(void **state)
{
	static const u64 numbers[] = {0, 1, 9, 10, 99, 100, 4294967296ULL, UINT64_MAX};
	struct strbuf sb;
	char expected[32];

	(void)state;
	strbuf__init(&sb);
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		strbuf__reset(&sb);
		strbuf__put_u64(&sb, numbers[i]);
		snprintf(expected, sizeof(expected), "%llu", numbers[i]);
		assert_string_equal(sb.data, expected);
	}
	strbuf__fini(&sb);
}

static void failure_is_sticky_until_reset(void **state)
{
	struct strbuf sb;

	(void)state;
	strbuf__init(&sb);
	strbuf__puts(&sb, "kept");
	assert_null(strbuf__reserve(&sb, SIZE_MAX));
	assert_true(sb.failed);
	strbuf__puts(&sb, "lost");
	strbuf__printf(&sb, "%s", "lost");
	strbuf__put_u64(&sb, 1);
	assert_string_equal(sb.data, "kept");

	strbuf__reset(&sb);
	strbuf__puts(&sb, "again");
	assert_false(sb.failed);
	assert_string_equal(sb.data, "again");
	strbuf__fini(&sb);
}

static void reserve_gives_room_to_write(void **state)
{
	struct strbuf sb;

	(void)state;
	strbuf__init(&sb);
	strbuf__puts(&sb, "ab");
	char *to = strbuf__reserve(&sb, 1000);
	assert_ptr_equal(to, sb.data + 2);
	memset(to, 'x', 1000);
	to[1000] = '\0';
	sb.len += 1000;
	strbuf__putc(&sb, 'y');
	assert_int_equal(sb.len, 1003);
	assert_int_equal(sb.data[1002], 'y');
	strbuf__fini(&sb);
}

static void take_hands_the_bytes_over(void **state)
{
	struct strbuf sb;
	size_t len = 99;

	(void)state;
	strbuf__init(&sb);
	strbuf__puts(&sb, "mine");
	char *text = strbuf__take(&sb, &len);
	assert_string_equal(text, "mine");
	assert_int_equal(len, 4);
	assert_int_equal(sb.len, 0);
	assert_string_equal(sb.data, "");
	free(text);

	text = strbuf__take(&sb, &len);
	assert_string_equal(text, "");
	assert_int_equal(len, 0);
	free(text);
}

static void take_of_a_failed_buffer_gives_nothing(void **state)
{
	struct strbuf sb;
	size_t len = 99;

	(void)state;
	strbuf__init(&sb);
	strbuf__puts(&sb, "partial");
	strbuf__reserve(&sb, SIZE_MAX);
	assert_null(strbuf__take(&sb, &len));
	assert_int_equal(len, 99);
	assert_false(sb.failed);
	assert_string_equal(sb.data, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_buffer_is_an_empty_string),
		cmocka_unit_test(appends_end_up_one_behind_the_other),
		cmocka_unit_test(bytes_survive_growth),
		cmocka_unit_test(numbers_are_written_in_decimal),
		cmocka_unit_test(failure_is_sticky_until_reset),
		cmocka_unit_test(reserve_gives_room_to_write),
		cmocka_unit_test(take_hands_the_bytes_over),
		cmocka_unit_test(take_of_a_failed_buffer_gives_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
