/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/err.h"
#include "bench/page.h"

enum { LINES = 1000 };

static size_t count_lines(const char *text, size_t n)
{
	size_t lines = 0;

	for (size_t i = 0; i < n; i++)
		lines += text[i] == '\n';
	return lines;
}

/* Else the ways are not to be compared. */
static void everybody_writes_the_same_lines(void **state)
{
	struct err err = {0};
	struct page page;
	size_t n;

	(void)state;
	assert_int_equal(page__init(&page, LINES, &err), 0);
	n = page_snprintf.write(&page);
	assert_int_equal(count_lines(page.room.data, n), LINES);
	assert_non_null(memmem(page.text.data, page.text.len, page.room.data, n));
	assert_int_equal(page_text.write(&page), page.text.len);
	/* HELP, TYPE, and the two special series */
	assert_int_equal(count_lines(page.text.data, page.text.len), LINES + 4);
	assert_int_equal(page_memcpy.write(&page), page.text.len);
	assert_memory_equal(page.room.data, page.text.data, page.text.len);
	assert_in_range(page_gzip.write(&page), 1, page.text.len / 4);
	assert_int_equal(page_snapshot.write(&page), (LINES + 2) * sizeof(u128));
	page__fini(&page);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(everybody_writes_the_same_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
