/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/util.h"
#include "bench/proc_memory.h"

enum { MIB = 1 << 20 };

static void finds_numbers_by_key(void **state)
{
	static const char text[] = "Name:\tRssAnon: 1\nVmRSS:\t   123 kB\nRssAnonX:\t5 kB\n"
				   "RssAnon:\t     456 kB\nodd:\tx\nlast: 7";
	static const struct {
		const char *key;
		bool found;
		u64 value;
	} cases[] = {
		{"VmRSS", true, 123}, {"RssAnon", true, 456}, {"last", true, 7},
		{"odd", false, 0},    {"Rss", false, 0},      {"", false, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		u64 value = 0;

		if (proc_memory_find(text, cases[i].key, &value) != cases[i].found ||
		    value != cases[i].value)
			fail_msg("%s: %llu", cases[i].key, value);
	}
	assert_false(proc_memory_find("", "a", &(u64){0}));
}

static void sees_memory_that_was_touched(void **state)
{
	struct proc_memory before, after;
	struct err err = {0};
	char *block;

	(void)state;
	assert_int_equal(proc_memory_read(getpid(), &before, &err), 0);
	block = malloc((size_t)8 * MIB);
	assert_non_null(block);
	memset(block, 1, (size_t)8 * MIB);
	assert_int_equal(proc_memory_read(getpid(), &after, &err), 0);
	free(block);
	assert_in_range(after.rss_anon - before.rss_anon, 7 * MIB, 12 * MIB);
	assert_true(after.rss >= after.rss_anon);
	assert_true(after.rss_peak >= after.rss_anon);
}

static void says_which_process_is_not_there(void **state)
{
	struct proc_memory memory;
	struct err err = {0};

	(void)state;
	assert_true(proc_memory_read(0, &memory, &err) < 0);
	assert_string_equal(err.msg, "/proc/0/status: No such file or directory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_numbers_by_key),
		cmocka_unit_test(sees_memory_that_was_touched),
		cmocka_unit_test(says_which_process_is_not_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
