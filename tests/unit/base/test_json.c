/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "base/json.h"
#include "base/strbuf.h"

static void assert_text(struct strbuf *sb, const char *want)
{
	assert_false(sb->failed);
	assert_string_equal(sb->data, want);
	strbuf__fini(sb);
}

static void the_writer_owns_the_commas(void **state)
{
	struct strbuf sb;
	struct json j;

	(void)state;
	strbuf__init(&sb);
	json__init(&j, &sb);
	json__open(&j, '{');
	json__key(&j, "empty");
	json__open(&j, '[');
	json__close(&j, ']');
	json__key(&j, "some");
	json__open(&j, '[');
	json__u64(&j, UINT64_MAX);
	json__text(&j, "a");
	json__null(&j);
	json__open(&j, '{');
	json__close(&j, '}');
	json__bool(&j, true);
	json__bool(&j, false);
	json__close(&j, ']');
	json__key(&j, "last");
	json__number(&j, 0.5);
	json__close(&j, '}');
	assert_text(&sb, "{\"empty\":[],\"some\":[18446744073709551615,\"a\",null,{},true,false],"
			 "\"last\":0.5}");
}

static void what_is_no_number_in_json_is_null(void **state)
{
	static const double numbers[] = {NAN, INFINITY, -INFINITY};
	struct strbuf sb;
	struct json j;

	(void)state;
	strbuf__init(&sb);
	json__init(&j, &sb);
	json__open(&j, '[');
	for (size_t i = 0; i < 3; i++)
		json__number(&j, numbers[i]);
	json__number(&j, -1e300);
	json__close(&j, ']');
	assert_text(&sb, "[null,null,null,-1e+300]");
}

static void texts_are_escaped(void **state)
{
	static const struct {
		const char *text;
		const char *want;
	} cases[] = {
		{"", "\"\""},
		{"a \"b\" \\", "\"a \\\"b\\\" \\\\\""},
		{"\n\t\r\x01\x7f", "\"\\n\\t\\u000d\\u0001\\u007f\""},
		{"gr\xc3\xbc\xc3\x9f", "\"gr\xc3\xbc\xc3\x9f\""},
		{"\xc2\x9b", "\"\\u009b\""},
		{"\xff.", "\"\xef\xbf\xbd.\""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct strbuf sb;

		strbuf__init(&sb);
		json_put_quoted(&sb, cases[i].text);
		assert_text(&sb, cases[i].want);
	}
}

static void texts_may_have_a_length_and_numbers_be_spelt(void **state)
{
	struct strbuf sb;
	struct json j;

	(void)state;
	strbuf__init(&sb);
	json__init(&j, &sb);
	json__open(&j, '[');
	json__text_n(&j, "a\0b\"c", 4);
	json__text_n(&j, "x", 0);
	json__spelt(&j, "340282366920938463463374607431768211455.000000001");
	json__spelt(&j, "0");
	json__close(&j, ']');
	assert_text(&sb, "[\"a\\u0000b\\\"\",\"\","
			 "340282366920938463463374607431768211455.000000001,0]");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_writer_owns_the_commas),
		cmocka_unit_test(what_is_no_number_in_json_is_null),
		cmocka_unit_test(texts_are_escaped),
		cmocka_unit_test(texts_may_have_a_length_and_numbers_be_spelt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
