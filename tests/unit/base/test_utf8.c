/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/utf8.h"
#include "base/util.h"

static const struct {
	const char *bytes;
	size_t taken;
	u32 code;
} characters[] = {
	{"a", 1, 'a'},
	{"\x7f", 1, 0x7f},
	{"\xc2\x80", 2, 0x80},
	{"\xdf\xbf", 2, 0x7ff},
	{"\xe0\xa0\x80", 3, 0x800},
	{"\xef\xbf\xbf", 3, 0xffff},
	{"\xf0\x90\x80\x80", 4, 0x10000},
	{"\xf4\x8f\xbf\xbf", 4, 0x10ffff},
	{"\x80", 0, 0},		    /* a continuation without a start */
	{"\xc0\x80", 0, 0},	    /* overlong */
	{"\xe0\x9f\xbf", 0, 0},	    /* overlong */
	{"\xf0\x8f\xbf\xbf", 0, 0}, /* overlong */
	{"\xed\xa0\x80", 0, 0},	    /* a surrogate */
	{"\xf4\x90\x80\x80", 0, 0}, /* above U+10FFFF */
	{"\xf8\x88\x80\x80", 0, 0}, /* no such start */
	{"\xe2\x82", 0, 0},	    /* cut */
	{"\xe2\x28\xa1", 0, 0},	    /* a continuation is missing */
	{"", 0, 0},
};

static void characters_are_decoded_and_others_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(characters); i++) {
		const char *bytes = characters[i].bytes;
		u32 code = 0;

		assert_int_equal(utf8_decode(bytes, strlen(bytes), &code), characters[i].taken);
		assert_int_equal(code, characters[i].code);
	}
}

static void trim_drops_only_a_cut_character(void **state)
{
	static const struct {
		const char *bytes;
		size_t kept;
	} cases[] = {
		{"", 0},
		{"ab", 2},
		{"a\xc3", 1},
		{"a\xc3\xa9", 3},
		{"a\xe2\x82", 1},
		{"\xf0\x9f\x98", 0},
		{"\xf0\x9f\x98\x80", 4},
		{"\x80\x80", 2},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(utf8_trim(cases[i].bytes, strlen(cases[i].bytes)), cases[i].kept);
}

static void format(char *buf, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void format(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	utf8_vformat(buf, size, fmt, ap);
	va_end(ap);
}

static void formatted_text_that_does_not_fit_ends_in_dots(void **state)
{
	char buf[8];

	(void)state;
	format(buf, sizeof(buf), "%s", "1234567");
	assert_string_equal(buf, "1234567");
	format(buf, sizeof(buf), "%s", "12345678");
	assert_string_equal(buf, "1234...");
	format(buf, sizeof(buf), "123%s", "éé");
	assert_string_equal(buf, "123éé");
	format(buf, sizeof(buf), "123%s", "ééé");
	assert_string_equal(buf, "123...");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(characters_are_decoded_and_others_refused),
		cmocka_unit_test(trim_drops_only_a_cut_character),
		cmocka_unit_test(formatted_text_that_does_not_fit_ends_in_dots),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
