/* SPDX-License-Identifier: Apache-2.0 */
/* Every type by a table of its own; then that the native tables are ones a manual can be made of.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include "config/arena.h"
#include "config/native_options.h"
#include "config/yaml.h"
#include "tests/unit/config/findings.h"

struct values {
	struct config_text name;
	struct config_text free;
	struct config_number word;
	struct config_number number;
	struct config_number is_signed;
	struct config_number size;
	struct config_number duration;
	struct config_number or_off;
	struct config_number inner;
	const struct yaml_node *list;
	const struct yaml_node *named;
	const struct yaml_node *any;
};

static const struct opt_form form = {"short name", "ab", "ab12", "[ab][ab12]*"};
static const struct opt_word words[] = {
	{"red", false}, {"green", false}, {"blue", true}, {NULL, false}};

static const struct opt_desc inner_rows[] = {
	{.key = "inner", .type = OPT_NUMBER, .offset = offsetof(struct values, inner), .max = 9},
};
static const struct opt_table inner_table = {"section", inner_rows, ARRAY_SIZE(inner_rows)};

#define ROW(member_, type_) \
	.key = #member_, .type = (type_), .offset = offsetof(struct values, member_)

static const struct opt_desc rows[] = {
	{ROW(name, OPT_TEXT), .form = &form, .required = true},
	{ROW(free, OPT_TEXT), .def = "as it was"},
	{ROW(word, OPT_WORD), .words = words, .def = "green"},
	{ROW(number, OPT_NUMBER), .min = 5, .max = 100, .def = "7"},
	{ROW(is_signed, OPT_NUMBER), .min = -4, .max = 8, .def = "-1"},
	{ROW(size, OPT_SIZE), .min = 1, .max = 8ULL << 30, .power_of_two = true, .def = "64KiB"},
	{ROW(duration, OPT_DURATION), .min = 1000, .max = 86400000000000, .def = "5m"},
	{ROW(or_off, OPT_DURATION), .min = 1, .max = 1000, .or_off = true, .def = "off"},
	{.key = "section", .type = OPT_SECTION, .table = &inner_table},
	{ROW(list, OPT_LIST)},
	{ROW(named, OPT_NAMED)},
	{ROW(any, OPT_ANY)},
	{.key = "future", .type = OPT_TEXT, .later = true},
};
static const struct opt_table table = {"thing", rows, ARRAY_SIZE(rows)};

struct fixture {
	struct config_arena *arena;
	struct diags diags;
	struct values values;
};

static int make(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->arena = config_arena__new();
	diags__init(&f->diags);
	opt_table__set_defaults(&table, &f->values);
	*state = f;
	return 0;
}

static int destroy(void **state)
{
	struct fixture *f = *state;

	diags__fini(&f->diags);
	config_arena__free(f->arena);
	free(f);
	return 0;
}

static void read_text(struct fixture *f, const char *file, const char *text)
{
	const struct yaml_node *root = NULL;

	assert_int_equal(yaml__parse(f->arena, file, text, strlen(text), &f->diags, &root), 0);
	assert_non_null(root);
	opt_table__read(&table, root, &f->values, &f->diags);
}

static void defaults_have_no_place(void **state)
{
	const struct fixture *f = *state;

	assert_null(f->values.name.s);
	assert_string_equal(f->values.free.s, "as it was");
	assert_int_equal(f->values.word.n, 1);
	assert_int_equal(f->values.number.n, 7);
	assert_true((s64)f->values.is_signed.n == -1);
	assert_int_equal(f->values.size.n, 65536);
	assert_int_equal(f->values.duration.n, 300000000000);
	assert_int_equal(f->values.or_off.n, 0);
	assert_int_equal(f->values.number.pos.line, 0);
}

static void values_are_stored_with_their_place(void **state)
{
	struct fixture *f = *state;

	read_text(f, "f",
		  "name: ab1\nfree: ''\nword: red\nnumber: 012\nis_signed: -4\nsize: "
		  "2MiB\nduration: 100ms\n"
		  "or_off: 1us\nsection: { inner: 3 }\nlist: [x]\nnamed: { y: z }\nany: w\n");
	assert_findings(&f->diags, "");
	assert_string_equal(f->values.name.s, "ab1");
	assert_string_equal(f->values.free.s, "");
	assert_int_equal(f->values.word.n, 0);
	assert_int_equal(f->values.number.n, 12);
	assert_true((s64)f->values.is_signed.n == -4);
	assert_int_equal(f->values.size.n, 2 << 20);
	assert_int_equal(f->values.duration.n, 100000000);
	assert_int_equal(f->values.or_off.n, 1000);
	assert_int_equal(f->values.inner.n, 3);
	assert_string_equal(f->values.list->first->text, "x");
	assert_string_equal(f->values.named->first->key, "y");
	assert_string_equal(f->values.any->text, "w");
	assert_int_equal(f->values.number.pos.line, 4);
	assert_int_equal(f->values.number.pos.col, 9);
	assert_int_equal(f->values.inner.pos.col, 19);
}

/* One line beside `name: a`, and what is said about it. */
static const struct {
	const char *line;
	const char *finding;
} mistakes[] = {
	{"nam: b", "f:2:1: unknown key 'nam' (did you mean 'name'?)\n"},
	{"futur: b", "f:2:1: unknown key 'futur'\n"}, /* what is not there yet is not advised */
	{"future: b", "f:2:1: 'future' is not available in this version yet\n"},
	{"free:", "f:2:6: 'free' has no value\n"},
	{"word: yellow", "f:2:7: 'word' must be 'red' or 'green', not 'yellow'\n"},
	{"word: blue", "f:2:7: word 'blue' is not available in this version yet; use 'red' or "
		       "'green'\n"},
	{"number: 4", "f:2:9: 'number' must be from 5 to 100, not 4\n"},
	{"number: 101", "f:2:9: 'number' must be from 5 to 100, not 101\n"},
	{"number: -7", "f:2:9: 'number' must be from 5 to 100, not -7\n"},
	{"number: 18446744073709551621", "f:2:9: 'number' must be from 5 to 100, not "
					 "18446744073709551621\n"},
	{"number: -6", "f:2:9: 'number' must be from 5 to 100, not -6\n"},
	{"is_signed: -5", "f:2:12: 'is_signed' must be from -4 to 8, not -5\n"},
	{"is_signed: 9", "f:2:12: 'is_signed' must be from -4 to 8, not 9\n"},
	{"is_signed: 18446744073709551615", "f:2:12: 'is_signed' must be from -4 to 8, not "
					    "18446744073709551615\n"},
	{"is_signed: 9223372036854775808", "f:2:12: 'is_signed' must be from -4 to 8, not "
					   "9223372036854775808\n"},
	{"is_signed: 18446744073709551620", "f:2:12: 'is_signed' must be from -4 to 8, not "
					    "18446744073709551620\n"},
	{"is_signed: -18446744073709551620", "f:2:12: 'is_signed' must be from -4 to 8, not "
					     "-18446744073709551620\n"},
	{"number: 7k", "f:2:9: 'number' must be a number, not '7k'\n"},
	{"number: ''", "f:2:9: 'number' must be a number, not ''\n"},
	{"number: '-'", "f:2:9: 'number' must be a number, not '-'\n"},
	{"number: [7]", "f:2:9: 'number' must be a number, not a list\n"},
	{"size: 0B", "f:2:7: 'size' must be from 1B to 8GiB, not 0B\n"},
	{"size: 16GiB", "f:2:7: 'size' must be from 1B to 8GiB, not 16GiB\n"},
	{"size: 18014398509481984KiB", "f:2:7: 'size' must be from 1B to 8GiB, not "
				       "18014398509481984KiB\n"},
	{"size: 3MiB", "f:2:7: 'size' must be a power of two, not 3MiB\n"},
	{"size: 1M", "f:2:7: 'size' must be a size like 1MiB, not '1M': write 1MiB\n"},
	{"size: 12kb", "f:2:7: 'size' must be a size like 1MiB, not '12kb': write 12KiB\n"},
	{"size: 1mib", "f:2:7: 'size' must be a size like 1MiB, not '1mib': write 1MiB\n"},
	{"size: 1024", "f:2:7: 'size' must be a size like 1MiB, not '1024'\n"},
	{"size: 1 MiB", "f:2:7: 'size' must be a size like 1MiB, not '1 MiB'\n"},
	{"duration: 10ns", "f:2:11: 'duration' must be from 1us to 1d, not 10ns\n"},
	{"duration: 5min", "f:2:11: 'duration' must be a duration like 5m, not '5min': write 5m\n"},
	{"duration: off", "f:2:11: 'duration' must be a duration like 5m, not 'off'\n"},
	{"or_off: never", "f:2:9: 'or_off' must be a duration like 5m or 'off', not 'never'\n"},
	{"section: 3", "f:2:10: 'section' must be a mapping, not text\n"},
	{"section: { inner: 10 }", "f:2:19: 'inner' must be from 0 to 9, not 10\n"},
	{"section: { iner: 1 }", "f:2:12: unknown key 'iner' (did you mean 'inner'?)\n"},
	{"list: { a: b }", "f:2:7: 'list' must be a list, not a mapping\n"},
	{"named: [a]", "f:2:8: 'named' must be a mapping, not a list\n"},
};

static void mistake_is_a_finding_and_keeps_the_default(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(mistakes); i++) {
		char text[128];

		assert_int_equal(make(state), 0);
		struct fixture *f = *state;
		snprintf(text, sizeof(text), "name: a\n%s", mistakes[i].line);
		read_text(f, "f", text);
		assert_findings(&f->diags, mistakes[i].finding);
		assert_int_equal(f->values.number.n, 7);
		assert_int_equal(f->values.size.n, 65536);
		destroy(state);
	}
}

static void text_must_have_its_form(void **state)
{
	struct fixture *f = *state;

	read_text(f, "f", "name: 1a\n");
	assert_findings(&f->diags, "f:1:7: '1a' is not a short name: it must match [ab][ab12]*\n");
	assert_null(f->values.name.s);
}

static void missing_key_is_said_where_the_mapping_starts(void **state)
{
	struct fixture *f = *state;

	read_text(f, "f", "\n\nfree: x\n");
	assert_findings(&f->diags, "f:3:1: this thing has no 'name'\n");
}

static void scalar_of_an_earlier_file_stays(void **state)
{
	struct fixture *f = *state;

	read_text(f, "1", "name: a\nnumber: 8\nword: red\n");
	read_text(f, "2", "name: b\nnumber: 9\nword: green\n");
	assert_findings(&f->diags, "2:1:1: 'name' is given twice (the first is at 1:1:7)\n"
				   "2:2:1: 'number' is given twice (the first is at 1:2:9)\n"
				   "2:3:1: 'word' is given twice (the first is at 1:3:7)\n");
	assert_string_equal(f->values.name.s, "a");
	assert_int_equal(f->values.number.n, 8);
}

/* A row that can be parsed and documented. Returns the table to go on with, or NULL. */
static void check_row(const struct opt_desc *row)
{
	assert_non_null(row->key);
	assert_non_null(row->help);
	assert_true(row->help[0] != '\0' && row->help[strlen(row->help) - 1] == '.');
	if (row->later)
		return;
	if (row->type == OPT_NUMBER || row->type == OPT_SIZE || row->type == OPT_DURATION)
		assert_true(row->min < row->max);
	if (row->type == OPT_WORD)
		assert_non_null(row->words);
	if (row->type == OPT_SECTION || row->type == OPT_NAMED)
		assert_non_null(row->table);
}

/* The default is a value that the row itself would take. */
static void check_default(const struct opt_desc *row)
{
	const struct yaml_node node = {.kind = YAML_TEXT, .pos = {"f", 1, 1}, .text = row->def};
	union {
		struct root_values root;
		struct metric_values metric;
		struct label_config label;
		struct event_values event;
		struct buckets_config buckets;
	} values;
	struct diags d;

	memset(&values, 0, sizeof(values));
	diags__init(&d);
	assert_true(opt_desc__read(row, &node, &values, &d));
	assert_int_equal(d.n, 0);
	diags__fini(&d);
}

static void check_table(const struct opt_table *t)
{
	assert_non_null(t->noun);
	for (size_t i = 0; i < t->n; i++) {
		check_row(&t->rows[i]);
		if (t->rows[i].def)
			check_default(&t->rows[i]);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(t->rows[i].key, t->rows[j].key);
		if (t->rows[i].table)
			check_table(t->rows[i].table);
	}
}

static void native_tables_are_complete(void **state)
{
	(void)state;
	check_table(&native_options);
	assert_string_equal(label_options.rows[0].key, "name");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(defaults_have_no_place, make, destroy),
		cmocka_unit_test_setup_teardown(values_are_stored_with_their_place, make, destroy),
		cmocka_unit_test(mistake_is_a_finding_and_keeps_the_default),
		cmocka_unit_test_setup_teardown(text_must_have_its_form, make, destroy),
		cmocka_unit_test_setup_teardown(missing_key_is_said_where_the_mapping_starts, make,
						destroy),
		cmocka_unit_test_setup_teardown(scalar_of_an_earlier_file_stays, make, destroy),
		cmocka_unit_test(native_tables_are_complete),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
