/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/suggest.h"
#include "tests/unit/aggregators/failing_alloc.h"
#include "tests/unit/config/findings.h"

static struct pos at(const char *file, unsigned line, unsigned col)
{
	return (struct pos){.file = file, .line = line, .col = col};
}

static void findings_are_printed_by_place(void **state)
{
	struct diags d;

	(void)state;
	diags__init(&d);
	diags__add_file(&d, "z.yaml");
	diags__add_file(&d, "a.yaml");
	diags__error(&d, at("a.yaml", 1, 1), "third");
	diags__error(&d, at("z.yaml", 10, 2), "second");
	diags__warn(&d, at("z.yaml", 9, 30), "first");
	diags__error(&d, at("a.yaml", 1, 1), "fourth");
	diags__error(&d, at("unread.yaml", 0, 0), "fifth");
	diags__error(&d, at(NULL, 0, 0), "sixth");
	assert_findings(&d, "z.yaml:9:30: warning: first\n"
			    "z.yaml:10:2: second\n"
			    "a.yaml:1:1: third\n"
			    "a.yaml:1:1: fourth\n"
			    "unread.yaml: fifth\n"
			    "default: sixth\n");
	assert_int_equal(d.n, 6);
	assert_int_equal(d.errors, 5);
	diags__fini(&d);
}

static void findings_outlive_the_name_of_their_file(void **state)
{
	char file[] = "a.yaml";
	struct diags d;

	(void)state;
	diags__init(&d);
	diags__error(&d, at(file, 1, 2), "x");
	memset(file, '?', sizeof(file) - 1);
	assert_findings(&d, "a.yaml:1:2: x\n");
	diags__fini(&d);
}

static void unknown_names_what_is_near(void **state)
{
	struct suggestion s;
	struct diags d;

	(void)state;
	diags__init(&d);
	suggestion__init(&s, "labelz");
	diags__unknown(&d, at("f", 1, 1), &s, "unknown key '%s'", s.word);
	suggestion__offer(&s, "labels");
	diags__unknown(&d, at("f", 2, 1), &s, "unknown key '%s'", s.word);
	assert_findings(&d, "f:1:1: unknown key 'labelz'\n"
			    "f:2:1: unknown key 'labelz' (did you mean 'labels'?)\n");
	diags__fini(&d);
}

static void control_characters_are_shown_not_sent(void **state)
{
	struct diags d;

	(void)state;
	diags__init(&d);
	diags__error(&d, at("f", 1, 1), "'%s'", "a\nb\x1b[31m\x7f\xc2\x9b\xff é");
	assert_findings(&d, "f:1:1: 'a\\x0ab\\x1b[31m\\x7f\\x9b\\xff é'\n");
	diags__fini(&d);
}

static void long_text_is_cut(void **state)
{
	struct diags d;
	char text[1000];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	diags__init(&d);
	diags__error(&d, at("f", 1, 1), "%s", text);
	assert_int_equal(strlen(d.items[0].text), 511);
	assert_string_equal(d.items[0].text + 508, "...");
	diags__fini(&d);
}

static void findings_without_end_are_counted(void **state)
{
	struct diags d;

	(void)state;
	diags__init(&d);
	for (unsigned i = 0; i < DIAGS_MAX + 5; i++)
		diags__error(&d, at("f", i + 1, 1), "x");
	assert_int_equal(d.n, DIAGS_MAX);
	assert_int_equal(d.errors, DIAGS_MAX + 5);
	char *text = findings_text(&d);
	assert_non_null(strstr(text, "f:1000:1: x\n5 more, not shown\n"));
	free(text);
	diags__fini(&d);
}

static void findings_without_memory_still_count(void **state)
{
	struct diags d;

	(void)state;
	for (unsigned fails_from = 1; fails_from <= 2; fails_from++) {
		diags__init(&d);
		alloc_fails_from(fails_from);
		diags__error(&d, at("f", 1, 1), "x");
		alloc_works();
		assert_int_equal(d.errors, 1);
		assert_findings(&d, "1 more, not shown\n");
		diags__fini(&d);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(findings_are_printed_by_place),
		cmocka_unit_test(findings_outlive_the_name_of_their_file),
		cmocka_unit_test(unknown_names_what_is_near),
		cmocka_unit_test(control_characters_are_shown_not_sent),
		cmocka_unit_test(long_text_is_cut),
		cmocka_unit_test(findings_without_end_are_counted),
		cmocka_unit_test(findings_without_memory_still_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
