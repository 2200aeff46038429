/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/suggest.h"
#include "base/util.h"

/* The longest word there are suggestions for: 64 bytes. */
#define LONG_WORD "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggg"

static const struct {
	const char *typed;
	const char *candidates[4];
	const char *best;
	size_t distance;
} cases[] = {
	{"labelz", {"name", "labels", "help"}, "labels", 1},
	{"lables", {"labels"}, "labels", 1}, /* two neighbours swapped are one edit */
	{"nmae", {"help", "name"}, "name", 1},
	{"evnt", {"event"}, "event", 1},
	{"eventt", {"event"}, "event", 1},
	{"tid", {"uid", "tgid"}, "uid", 1}, /* of equals the first */
	{"syscal_entr", {"syscall_exit", "syscall_enter"}, "syscall_enter", 2},
	{"foo", {"bar"}, NULL, 0},	     /* everything differs */
	{"abcd", {"abxy"}, NULL, 0},	     /* two edits are too many for four bytes */
	{"abcdef", {"abcdxy"}, "abcdxy", 2}, /* and not for six */
	{"", {"a"}, "a", 1},
	{"ca", {"abc"}, NULL, 0}, /* 3, as a pair that was swapped stays together */
	{LONG_WORD, {LONG_WORD "x"}, NULL, 0},
	{LONG_WORD "x", {LONG_WORD}, NULL, 0},
	{LONG_WORD, {LONG_WORD}, LONG_WORD, 0},
};

static void nearest_candidate_is_suggested(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct suggestion s;

		suggestion__init(&s, cases[i].typed);
		for (size_t j = 0; j < ARRAY_SIZE(cases[i].candidates); j++)
			if (cases[i].candidates[j])
				suggestion__offer(&s, cases[i].candidates[j]);
		if (!cases[i].best) {
			assert_null(s.best);
			continue;
		}
		assert_non_null(s.best);
		assert_string_equal(s.best, cases[i].best);
		assert_int_equal(s.distance, cases[i].distance);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nearest_candidate_is_suggested),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
