/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/util.h"
#include "bench/exposition.h"

static void assert_span(const struct span *span, const char *want)
{
	char got[128];

	snprintf(got, sizeof(got), "%.*s", (int)span->n, span->s);
	assert_string_equal(got, want);
}

static void reads_samples_and_nothing_else(void **state)
{
	static const struct {
		const char *line;
		const char *name; /* NULL: no sample */
		const char *labels;
		double value;
	} cases[] = {
		{"a 1\n", "a", "", 1},
		{"a{} 1\n", "a", "", 1},
		{"a{b=\"c\"} 2.5\n", "a", "b=\"c\"", 2.5},
		{"a{b=\"c\",d=\"e\"} 1e3 1700000000\n", "a", "b=\"c\",d=\"e\"", 1000},
		{"a{b=\"}\"} 3\n", "a", "b=\"}\"", 3},
		{"a{b=\"\\\"} 4\"} 5\n", "a", "b=\"\\\"} 4\"", 5},
		{"a{b=\"\\\\\"} 6\n", "a", "b=\"\\\\\"", 6},
		{"a\t7", "a", "", 7},
		/* none of these is one */
		{"", NULL, NULL, 0},
		{"\n\n", NULL, NULL, 0},
		{"# TYPE a counter\n", NULL, NULL, 0},
		{"a\n5\n", NULL, NULL, 0},
		{"a{b=\"c\nd\n", NULL, NULL, 0},
		{"a{b=\"c\" 1\n", NULL, NULL, 0},
		{"a{b=\"c\\", NULL, NULL, 0},
		{"a{", NULL, NULL, 0},
		{"a x\n", NULL, NULL, 0},
		{"{b=\"c\"} 1\n", NULL, NULL, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *at = cases[i].line;
		struct exposition_sample s;

		if (exposition_next(&at, &s) != (cases[i].name != NULL))
			fail_msg("case %zu: %s", i, cases[i].line);
		if (!cases[i].name)
			continue;
		assert_span(&s.name, cases[i].name);
		assert_span(&s.labels, cases[i].labels);
		assert_true(s.value >= cases[i].value && s.value <= cases[i].value);
	}
}

static void goes_through_a_text(void **state)
{
	const char *at = "# HELP a b\na 1\nbroken\nb{c=\"d\"} 2\n# EOF\n";
	struct exposition_sample s;

	(void)state;
	assert_true(exposition_next(&at, &s));
	assert_true(span__is(&s.name, "a"));
	assert_true(exposition_next(&at, &s));
	assert_true(span__is(&s.name, "b"));
	assert_false(exposition_next(&at, &s));
	assert_int_equal(*at, '\0');
}

static struct exposition_sample sample_of(const char *line)
{
	struct exposition_sample s;

	assert_true(exposition_next(&line, &s));
	return s;
}

static void finds_labels_by_name(void **state)
{
	struct exposition_sample s = sample_of("a{b=\"x,c=\\\"y\\\"\",c=\"z\", d=\"\"} 1\n");
	struct span value;

	(void)state;
	assert_true(exposition_sample__label(&s, "b", &value));
	assert_span(&value, "x,c=\\\"y\\\"");
	assert_true(exposition_sample__label(&s, "c", &value));
	assert_span(&value, "z");
	assert_true(exposition_sample__label(&s, "d", &value));
	assert_span(&value, "");
	assert_false(exposition_sample__label(&s, "e", &value));
}

static void what_was_folded_or_lost_does_not_live(void **state)
{
	static const struct {
		const char *line;
		bool live;
	} cases[] = {
		{"a 1\n", true},
		{"a{b=\"c\"} 1\n", true},
		{"a{b=\"__other__\"} 1\n", false},
		{"a{b=\"c\",d=\"__lost__\",le=\"1\"} 1\n", false},
		{"a{b=\"not__lost__\"} 1\n", true},
		{"a{__other__=\"c\"} 1\n", true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct exposition_sample s = sample_of(cases[i].line);

		if (exposition_sample__is_live(&s) != cases[i].live)
			fail_msg("%s", cases[i].line);
	}
}

static void finds_a_value(void **state)
{
	const char *text = "a{b=\"c\"} 1\na{b=\"d\"} 2\na_b 3\n";
	double value = 0;

	(void)state;
	assert_true(exposition_find(text, "a", "b", "d", &value));
	assert_int_equal((int)value, 2);
	assert_true(exposition_find(text, "a_b", NULL, NULL, &value));
	assert_int_equal((int)value, 3);
	assert_false(exposition_find(text, "a", "b", "e", &value));
	assert_false(exposition_find(text, "b", NULL, NULL, &value));
	assert_int_equal((int)value, 3);
}

static void eats_prefixes(void **state)
{
	struct span span = {"ringtally_x", 11};

	(void)state;
	assert_false(span__eat(&span, "ringtally_xy"));
	assert_false(span__eat(&span, "other"));
	assert_span(&span, "ringtally_x");
	assert_true(span__eat(&span, "ringtally"));
	assert_true(span__eat(&span, "_"));
	assert_span(&span, "x");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_samples_and_nothing_else),
		cmocka_unit_test(goes_through_a_text),
		cmocka_unit_test(finds_labels_by_name),
		cmocka_unit_test(what_was_folded_or_lost_does_not_live),
		cmocka_unit_test(finds_a_value),
		cmocka_unit_test(eats_prefixes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
