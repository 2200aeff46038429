/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/utf8.h"
#include "base/util.h"

#define R UTF8_REPLACEMENT

enum { LARGE = 64, LARGEST_CODE = 0x10ffff };

struct repair_case {
	const char *bytes;
	const char *want;
};

static void check(const struct repair_case *cases, size_t n, size_t size)
{
	for (size_t i = 0; i < n; i++) {
		char text[LARGE];
		const char *bytes = cases[i].bytes;
		const size_t len = utf8_repair(text, size, bytes, strlen(bytes));

		assert_string_equal(text, cases[i].want);
		assert_int_equal(len, strlen(cases[i].want));
	}
}

static void well_formed_text_stays_as_it_is(void **state)
{
	static const struct repair_case cases[] = {
		{"", ""},
		{"nginx", "nginx"},
		{"\x01\x7f", "\x01\x7f"},
		{"\xc2\x80 \xdf\xbf", "\xc2\x80 \xdf\xbf"},
		{"\xe0\xa0\x80 \xed\x9f\xbf \xee\x80\x80",
		 "\xe0\xa0\x80 \xed\x9f\xbf \xee\x80\x80"},
		{"\xf0\x90\x80\x80 \xf4\x8f\xbf\xbf", "\xf0\x90\x80\x80 \xf4\x8f\xbf\xbf"},
	};

	(void)state;
	check(cases, ARRAY_SIZE(cases), LARGE);
}

/* The standard's own examples are tables 3-8 to 3-11 of version 15. */
static void maximal_subparts_become_one_replacement_each(void **state)
{
	static const struct repair_case cases[] = {
		{"\xff", R},
		{"\x80\xbf", R R},
		{"\xe2\x82", R},
		{"\xe2\x82z", R "z"},
		{"\xf0\x9f\x98", R},
		{"a\xf1\x80\x80\xe1\x80\xc2"
		 "b\x80"
		 "c\x80\xbf"
		 "d",
		 "a" R R R "b" R "c" R R "d"},
		{"\xc0\xaf\xe0\x80\xbf\xf0\x81\x82"
		 "A",
		 R R R R R R R R "A"},
		{"\xed\xa0\x80\xed\xbf\xbf\xed\xaf"
		 "A",
		 R R R R R R R R "A"},
		{"\xf4\x91\x92\x93\xff"
		 "A\x80\xbf"
		 "B",
		 R R R R R "A" R R "B"},
		{"\xe1\x80\xe2\xf0\x91\x92\xf1\xbf"
		 "A",
		 R R R R "A"},
		{"\xf5\x80\x80\x80", R R R R},
	};

	(void)state;
	check(cases, ARRAY_SIZE(cases), LARGE);
}

static void long_text_is_cut_between_characters(void **state)
{
	static const struct repair_case cases[] = {
		{"1234567", "1234567"},
		{"12345678", "1234..."},
		{"123\xc3\xa9"
		 "89",
		 "123\xc3\xa9"
		 "89"},
		{"123\xc3\xa9"
		 "89a",
		 "123..."},
		{"\xf0\x9f\x98\x80\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80..."},
		{"\xff\xff\xff", R "..."},
		{R R "1", R R "1"},
	};

	(void)state;
	check(cases, ARRAY_SIZE(cases), sizeof("1234567"));
}

static void least_room_takes_the_dots_alone(void **state)
{
	static const struct repair_case cases[] = {
		{"abc", "abc"},
		{"abcd", "..."},
		{"\xff", R},
		{"\xffx", "..."},
	};

	(void)state;
	check(cases, ARRAY_SIZE(cases), sizeof("..."));
}

/* Of all characters of three and four bytes: which two bytes do they begin with? */
static void mark_starts(bool starts[256][256])
{
	for (u32 code = 0x800; code <= LARGEST_CODE; code++) {
		if (code >= 0xd800 && code <= 0xdfff)
			continue;
		if (code < 0x10000)
			starts[0xe0 | code >> 12][0x80 | (code >> 6 & 0x3f)] = true;
		else
			starts[0xf0 | code >> 18][0x80 | (code >> 12 & 0x3f)] = true;
	}
}

static void two_bytes_are_one_subpart_if_a_character_begins_with_them(void **state)
{
	static bool starts[256][256];

	(void)state;
	mark_starts(starts);
	for (u32 first = 0xe0; first <= 0xff; first++) {
		for (u32 second = 0x80; second <= 0xff; second++) {
			const char bytes[] = {(char)first, (char)second};
			char text[LARGE];

			utf8_repair(text, sizeof(text), bytes, sizeof(bytes));
			assert_string_equal(text, starts[first][second] ? R : R R);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(well_formed_text_stays_as_it_is),
		cmocka_unit_test(maximal_subparts_become_one_replacement_each),
		cmocka_unit_test(long_text_is_cut_between_characters),
		cmocka_unit_test(least_room_takes_the_dots_alone),
		cmocka_unit_test(two_bytes_are_one_subpart_if_a_character_begins_with_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
