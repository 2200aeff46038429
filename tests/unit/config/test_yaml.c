/* SPDX-License-Identifier: Apache-2.0 */
/* Trees, places and bounds. What is refused, and how it is worded: tests/config/bad. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "base/util.h"
#include "config/arena.h"
#include "config/yaml.h"
#include "tests/unit/config/findings.h"

struct fixture {
	struct config_arena *arena;
	struct diags diags;
};

static int make(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->arena = config_arena__new();
	diags__init(&f->diags);
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

static const struct yaml_node *parse(struct fixture *f, const char *text)
{
	const struct yaml_node *root = NULL;

	assert_int_equal(yaml__parse(f->arena, "f", text, strlen(text), &f->diags, &root), 0);
	return root;
}

/* The tree in one line: LINE:COL of every node, keys with theirs. */
static void describe(struct strbuf *out, const struct yaml_node *node)
{
	static const char open[] = {[YAML_LIST] = '[', [YAML_MAP] = '{'};
	static const char close[] = {[YAML_LIST] = ']', [YAML_MAP] = '}'};

	if (node->key)
		strbuf__printf(out, "%u:%u %s=", node->key_pos.line, node->key_pos.col, node->key);
	strbuf__printf(out, "%u:%u ", node->pos.line, node->pos.col);
	if (node->kind == YAML_TEXT)
		strbuf__printf(out, "'%s'", node->text);
	if (node->kind == YAML_EMPTY)
		strbuf__puts(out, "empty");
	if (node->kind == YAML_BROKEN)
		strbuf__puts(out, "broken");
	if (node->kind != YAML_LIST && node->kind != YAML_MAP)
		return;
	size_t n = 0;
	strbuf__putc(out, open[node->kind]);
	for (const struct yaml_node *child = node->first; child; child = child->next) {
		strbuf__puts(out, n++ > 0 ? ", " : "");
		describe(out, child);
	}
	strbuf__putc(out, close[node->kind]);
	assert_int_equal(n, node->n);
}

static const struct {
	const char *text;
	const char *tree;
} trees[] = {
	{"", "1:1 empty"},
	{"# nothing\n", "2:1 empty"},
	{"a: b", "1:1 {1:1 a=1:4 'b'}"},
	{"a: 'b c'\n\"d\": \"e\\tf\"\n", "1:1 {1:1 a=1:4 'b c', 2:1 d=2:6 'e\tf'}"},
	{"- 010\n- yes\n- ~\n- ''\n-\n", "1:1 [1:3 '010', 2:3 'yes', 3:3 '~', 4:3 '', 5:2 empty]"},
	{"a:\n  - b: c\n    d: [e, {f: g}]\n",
	 "1:1 {1:1 a=2:3 [2:5 {2:5 b=2:8 'c', 3:5 d=3:8 [3:9 'e', 3:12 {3:13 f=3:16 'g'}]}]}"},
	{"é: ü # ß\nß: |\n  two\n  lines\n", "1:1 {1:1 é=1:4 'ü', 2:1 ß=2:4 'two\nlines\n'}"},
	{"\xef\xbb\xbf"
	 "a: b",
	 "1:1 {1:1 a=1:4 'b'}"},
	{"a: b\r\nc: d\r\n", "1:1 {1:1 a=1:4 'b', 2:1 c=2:4 'd'}"},
};

static void tree_has_texts_and_places(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(trees); i++) {
		const struct yaml_node *root = parse(f, trees[i].text);
		struct strbuf out;

		assert_non_null(root);
		strbuf__init(&out);
		describe(&out, root);
		assert_string_equal(out.data, trees[i].tree);
		strbuf__fini(&out);
	}
	assert_int_equal(f->diags.n, 0);
}

static void what_is_refused_is_left_out_of_the_tree(void **state)
{
	struct fixture *f = *state;
	const struct yaml_node *root =
		parse(f, "a: &x 1\nb: *x\nc: !!int 2\na: 3\n<<: 4\n[d]: 5\ne: \"\\0\"\n");
	struct strbuf out;

	strbuf__init(&out);
	describe(&out, root);
	assert_string_equal(out.data, "1:1 {1:1 a=1:4 '1', 2:1 b=2:4 broken, 3:1 c=3:4 '2', "
				      "7:1 e=7:4 broken}");
	assert_int_equal(f->diags.errors, 7);
	strbuf__fini(&out);
}

static void keys_are_found(void **state)
{
	const struct yaml_node *root = parse(*state, "a: 1\nb: 2\n");

	assert_string_equal(yaml_node__find(root, "b")->text, "2");
	assert_null(yaml_node__find(root, "c"));
}

/* n times the piece, parsed. */
static const struct yaml_node *parse_repeated(struct fixture *f, const char *piece, size_t n)
{
	struct strbuf text;

	strbuf__init(&text);
	for (size_t i = 0; i < n; i++)
		strbuf__puts(&text, piece);
	const struct yaml_node *root = parse(f, text.data);
	strbuf__fini(&text);
	return root;
}

static void too_many_bytes_are_refused(void **state)
{
	struct fixture *f = *state;

	assert_non_null(parse_repeated(f, "#\n", YAML_MAX_BYTES / 2));
	assert_null(parse_repeated(f, "#\n", YAML_MAX_BYTES / 2 + 1));
	assert_findings(&f->diags, "f: larger than 4 MiB\n");
}

static void too_many_nodes_are_refused(void **state)
{
	struct fixture *f = *state;

	assert_non_null(parse_repeated(f, "- a\n", YAML_MAX_NODES - 1)); /* and the list */
	assert_null(parse_repeated(f, "- a\n", YAML_MAX_NODES));
	assert_findings(&f->diags, "f:100000:3: more than 100000 texts, lists and mappings in a "
				   "file\n");
}

static void too_deep_a_tree_is_refused(void **state)
{
	struct fixture *f = *state;

	assert_non_null(parse_repeated(f, "- ", YAML_MAX_DEPTH - 1)); /* around an empty node */
	assert_null(parse_repeated(f, "- ", YAML_MAX_DEPTH));
	assert_findings(&f->diags, "f:1:64: nested deeper than 32 levels\n");
}

static void too_many_keys_are_refused(void **state)
{
	struct fixture *f = *state;
	struct strbuf text;

	strbuf__init(&text);
	for (int i = 0; i < YAML_MAX_KEYS; i++)
		strbuf__printf(&text, "k%d: v\n", i);
	assert_non_null(parse(f, text.data));
	strbuf__puts(&text, "one: more\n");
	assert_null(parse(f, text.data));
	assert_findings(&f->diags, "f:1001:1: more than 1000 keys in a mapping\n");
	strbuf__fini(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(tree_has_texts_and_places, make, destroy),
		cmocka_unit_test_setup_teardown(what_is_refused_is_left_out_of_the_tree, make,
						destroy),
		cmocka_unit_test_setup_teardown(keys_are_found, make, destroy),
		cmocka_unit_test_setup_teardown(too_many_bytes_are_refused, make, destroy),
		cmocka_unit_test_setup_teardown(too_many_nodes_are_refused, make, destroy),
		cmocka_unit_test_setup_teardown(too_deep_a_tree_is_refused, make, destroy),
		cmocka_unit_test_setup_teardown(too_many_keys_are_refused, make, destroy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
