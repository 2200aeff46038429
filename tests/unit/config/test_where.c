/* SPDX-License-Identifier: Apache-2.0 */
/* Trees with their places, and what is said about a fault. Whole files: tests/config/bad/where_*.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "base/util.h"
#include "config/arena.h"
#include "config/where.h"
#include "tests/unit/aggregators/failing_alloc.h"
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

/* As it would stand at f:1:1. */
static struct config_text plain(const char *s)
{
	return (struct config_text){.s = s, .pos = {"f", 1, 1}};
}

static const struct where *parse(struct fixture *f, struct config_text text)
{
	struct where *where = NULL;

	assert_int_equal(where__parse(&text, f->arena, &f->diags, &where), 0);
	return where;
}

static void put_place(struct strbuf *out, struct pos pos)
{
	if (pos.line == 1)
		strbuf__printf(out, "@%u", pos.col);
	else
		strbuf__printf(out, "@%u:%u", pos.line, pos.col);
}

static void put_test(struct strbuf *out, const struct where *w)
{
	static const char *const ops[] = {"==", "!=", "<",	"<=",	      ">",
					  ">=", "in", "not-in", "starts_with"};

	assert_memory_equal(&w->pos, &w->field.pos, sizeof(w->pos));
	strbuf__printf(out, "%s %s", ops[w->op], w->field.s);
	put_place(out, w->field.pos);
	for (size_t i = 0; i < w->nvalues; i++) {
		strbuf__printf(out, " %s%s%s", w->values[i].quoted ? "<" : "", w->values[i].s,
			       w->values[i].quoted ? ">" : "");
		put_place(out, w->values[i].pos);
	}
}

/* (or@COL LEFT RIGHT), (== FIELD@COL VALUE@COL); <VALUE> was quoted. */
static void put(struct strbuf *out, const struct where *w)
{
	static const char *const words[] = {"or", "and", "not"};

	strbuf__putc(out, '(');
	if (w->kind == WHERE_TEST) {
		put_test(out, w);
	} else {
		strbuf__puts(out, words[w->kind]);
		put_place(out, w->pos);
		strbuf__putc(out, ' ');
		put(out, w->left);
		if (w->right) {
			strbuf__putc(out, ' ');
			put(out, w->right);
		}
	}
	strbuf__putc(out, ')');
}

static const struct {
	const char *text;
	const char *tree;
} trees[] = {
	{"a == b", "(== a@1 b@6)"},
	{"a==b", "(== a@1 b@4)"},
	{"  a != -5 ", "(!= a@3 -5@8)"},
	{"a<10us", "(< a@1 10us@3)"},
	{"a <= 1", "(<= a@1 1@6)"},
	{"a > 1", "(> a@1 1@5)"},
	{"a>=1", "(>= a@1 1@4)"},
	{"a in [x]", "(in a@1 x@7)"},
	{"a in[x,y , -1]", "(in a@1 x@6 y@8 -1@12)"},
	{"a not in ['x', y]", "(not-in a@1 <x>@11 y@16)"},
	{"a starts_with /x.y:z*", "(starts_with a@1 /x.y:z*@15)"},
	{"a == 'in'", "(== a@1 <in>@6)"},
	{"a == ''", "(== a@1 <>@6)"},
	{"a == 'b''s \"c\" \\' and d == \"e \\\"'\\\\ \\n\"",
	 "(and@19 (== a@1 <b's \"c\" \\>@6) (== d@23 <e \"'\\ \\n>@28))"},
	/* a quote inside a word is not one, and no keyword is a part of a word */
	{"a == it's and and_ == x_or", "(and@11 (== a@1 it's@6) (== and_@15 x_or@23))"},
	{"not a == b", "(not@1 (== a@5 b@10))"},
	{"not not(a == b)", "(not@1 (not@5 (== a@9 b@14)))"},
	{"not a not in [b]", "(not@1 (not-in a@5 b@15))"},
	{"a==1 and b==2 and c==3", "(and@15 (and@6 (== a@1 1@4) (== b@10 2@13)) (== c@19 3@22))"},
	{"a==1 or b==2 and c==3", "(or@6 (== a@1 1@4) (and@14 (== b@9 2@12) (== c@18 3@21)))"},
	{"a==1 and b==2 or c==3", "(or@15 (and@6 (== a@1 1@4) (== b@10 2@13)) (== c@18 3@21))"},
	{"(a==1 or b==2) and c==3", "(and@16 (or@7 (== a@2 1@5) (== b@10 2@13)) (== c@20 3@23))"},
	{"not a==1 and b==2", "(and@10 (not@1 (== a@5 1@8)) (== b@14 2@17))"},
	{"((a==1))", "(== a@3 1@6)"},
	{"a == ß and b == \"ü\"", "(and@8 (== a@1 ß@6) (== b@12 <ü>@17))"},
	{"a == b\n\tor c == d", "(or@2:2 (== a@1 b@6) (== c@2:5 d@2:10))"},
};

static void tree_has_parts_and_places(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(trees); i++) {
		const struct where *where = parse(f, plain(trees[i].text));
		struct strbuf out;

		strbuf__init(&out);
		assert_non_null(where);
		put(&out, where);
		assert_string_equal(out.data, trees[i].tree);
		strbuf__fini(&out);
	}
	assert_int_equal(f->diags.n, 0);
}

static void quoted_text_starts_behind_its_quote(void **state)
{
	struct fixture *f = *state;
	struct config_text text = plain("a b");

	text.quoted = true;
	assert_null(parse(f, text));
	assert_findings(&f->diags, "f:1:4: expected an operator after 'a', not 'b'\n");
}

static void everything_in_a_folded_text_is_at_its_start(void **state)
{
	struct fixture *f = *state;
	struct config_text text = plain("a == b\nand c == d");
	struct strbuf out;

	text.folded = true;
	text.quoted = true;
	text.pos.line = 7;
	strbuf__init(&out);
	put(&out, parse(f, text));
	assert_string_equal(out.data, "(and@7:1 (== a@7:1 b@7:1) (== c@7:1 d@7:1))");
	strbuf__fini(&out);
}

static void comment_is_told_when_the_text_ends_too_early(void **state)
{
	struct fixture *f = *state;
	struct config_text text = plain("a ==");

	text.comment = true;
	assert_null(parse(f, text));
	text.s = "a";
	assert_null(parse(f, text));
	text.s = "a b";
	assert_null(parse(f, text));
	assert_findings(&f->diags,
			"f:1:2: expected an operator after 'a' (a '#' behind a blank starts a "
			"comment: put the whole where in single quotes)\n"
			"f:1:3: expected an operator after 'a', not 'b'\n"
			"f:1:5: expected a value after '==' (a '#' behind a blank starts a "
			"comment: put the whole where in single quotes)\n");
}

static const struct {
	const char *text;
	const char *finding;
} faults[] = {
	{"", "f:1:1: a where is empty\n"},
	{" \n", "f:1:1: a where is empty\n"},
	{"and", "f:1:1: expected a field, not 'and'\n"},
	{"'a' == b", "f:1:1: expected a field, not 'a' (a field has no quotes)\n"},
	{"a.b == c", "f:1:1: expected a field, not 'a.b'\n"},
	{"größe == c", "f:1:1: expected a field, not 'größe'\n"},
	{"a", "f:1:2: expected an operator after 'a'\n"},
	{"a b", "f:1:3: expected an operator after 'a', not 'b'\n"},
	{"a 'b'", "f:1:3: expected an operator after 'a', not 'b'\n"},
	{"a >= ", "f:1:6: expected a value after '>='\n"},
	{"a == (b)", "f:1:6: expected a value after '==', not '('\n"},
	{"a == not b", "f:1:6: expected a value after '==', not 'not'\n"},
	{"a == !b", "f:1:6: expected a value after '==', not '!'\n"},
	{"a == [b]", "f:1:6: expected one value after '==', not '[': write in [...]\n"},
	{"a != [b]", "f:1:6: expected one value after '!=', not '[': write not in [...]\n"},
	{"a < [b]", "f:1:5: expected a value after '<', not '['\n"},
	{"a == \"b c\" d", "f:1:12: expected 'and' or 'or' after \"b c\", not 'd' (a text with "
			   "blanks needs quotes)\n"},
	{"a == 10 us", "f:1:9: expected 'and' or 'or' after '10', not 'us' (a number and its unit "
		       "are one word: 10us)\n"},
	{"a == b)", "f:1:7: this ')' closes nothing\n"},
	{"(a == b", "f:1:1: this '(' is not closed\n"},
	{"((a == b)", "f:1:1: this '(' is not closed\n"},
	{"(a == b]", "f:1:8: expected 'and', 'or' or ')' after 'b', not ']'\n"},
	{"(a == b && c == d)", "f:1:9: unknown operator '&&': write and\n"},
	{"()", "f:1:2: expected a field after '(', not ')'\n"},
	{"a == 'b", "f:1:6: this quote is not closed\n"},
	{"a == 'b''", "f:1:6: this quote is not closed\n"},
	{"a == \"b\\\"", "f:1:6: this quote is not closed\n"},
	{"a in", "f:1:5: expected '[' after 'in'\n"},
	{"a in b", "f:1:6: expected '[' after 'in', not 'b'\n"},
	{"a in []", "f:1:6: this list is empty\n"},
	{"a in [b", "f:1:6: this '[' is not closed\n"},
	{"a in [b,]", "f:1:9: expected a value after ',', not ']'\n"},
	{"a in [b c]", "f:1:9: expected ',' or ']' after 'b', not 'c' (a text with blanks needs "
		       "quotes)\n"},
	{"a not", "f:1:6: expected 'in' after 'not': other tests have the 'not' in front of the "
		  "field\n"},
	{"a not == b", "f:1:7: expected 'in' after 'not', not '==': other tests have the 'not' in "
		       "front of the field\n"},
	{"a && b", "f:1:3: unknown operator '&&': write and\n"},
	{"a == b || c", "f:1:8: unknown operator '||': write or\n"},
	{"a == b OR c == d", "f:1:8: unknown operator 'OR': write or\n"},
	{"a = b", "f:1:3: unknown operator '=': write ==\n"},
	{"!a == b", "f:1:1: unknown operator '!': write not\n"},
	{"NOT a == b", "f:1:1: unknown operator 'NOT': write not\n"},
	{"a <> b", "f:1:3: unknown operator '<>': write !=\n"},
	{"a IN [b]", "f:1:3: unknown operator 'IN': write in\n"},
	{"a =~ b", "f:1:3: unknown operator '=~': write starts_with, or == for an exact match\n"},
	{"a Like b", "f:1:3: unknown operator 'Like': write starts_with, or == for an exact "
		     "match\n"},
	{"a !~ b", "f:1:3: unknown operator '!~': write not ... starts_with, or != for an exact "
		   "match\n"},
	{"a start_with b", "f:1:3: unknown operator 'start_with' (did you mean 'starts_with'?)\n"},
	{"a <=> b", "f:1:3: unknown operator '<=>'\n"},
};

static void first_fault_is_the_only_finding(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
		assert_int_equal(make(state), 0);
		struct fixture *f = *state;
		assert_null(parse(f, plain(faults[i].text)));
		assert_findings(&f->diags, faults[i].finding);
		destroy(state);
	}
}

/* HEAD, n times PIECE, TAIL. */
static const struct where *parse_repeated(struct fixture *f, const char *head, const char *piece,
					  size_t n, const char *tail)
{
	struct strbuf text;

	strbuf__init(&text);
	strbuf__puts(&text, head);
	for (size_t i = 0; i < n; i++)
		strbuf__puts(&text, piece);
	strbuf__puts(&text, tail);
	const struct where *where = parse(f, plain(text.data));
	strbuf__fini(&text);
	return where;
}

static void size_and_depth_are_bounded(void **state)
{
	struct fixture *f = *state;

	assert_non_null(parse_repeated(f, "", "(", 31, "a==b)))))))))))))))))))))))))))))))"));
	assert_null(parse_repeated(f, "", "(", 32, "a==b"));
	assert_non_null(parse_repeated(f, "", "not ", 31, "a==b"));
	assert_null(parse_repeated(f, "", "not ", 32, "a==b"));
	assert_non_null(parse_repeated(f, "a==b", " or a==b", 127, "")); /* 128 tests, 127 `or` */
	assert_null(parse_repeated(f, "a==b", " or a==b", 128, ""));
	assert_non_null(parse_repeated(f, "a in [b", ",b", 255, "]"));
	assert_null(parse_repeated(f, "a in [b", ",b", 256, "]"));
	assert_findings(&f->diags,
			"f:1:33: nested deeper than 32 levels\n"
			"f:1:129: nested deeper than 32 levels\n"
			"f:1:519: more than 256 values in a list\n"
			"f:1:1022: more than 256 parts (tests, and, or, not) in a where\n");
}

static void running_out_of_memory_is_no_finding(void **state)
{
	const struct config_text text = plain("not a in ['b', c] or d starts_with \"x\"");
	struct fixture *f = *state;
	struct where *where = NULL;
	unsigned left = 0;
	int rc;

	/* The arena's block has room for ever more of the parts, and there is no second block. */
	do {
		config_arena__free(f->arena);
		f->arena = config_arena__new();
		assert_non_null(config_arena__calloc(f->arena, 1, (16 << 10) - left));
		alloc_fails_from(1);
		rc = where__parse(&text, f->arena, &f->diags, &where);
		alloc_works();
		assert_int_equal(rc, where ? 0 : -ENOMEM);
		left += 16;
	} while (rc);
	assert_true(left > 500);
	assert_int_equal(f->diags.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(tree_has_parts_and_places, make, destroy),
		cmocka_unit_test_setup_teardown(quoted_text_starts_behind_its_quote, make, destroy),
		cmocka_unit_test_setup_teardown(everything_in_a_folded_text_is_at_its_start, make,
						destroy),
		cmocka_unit_test_setup_teardown(comment_is_told_when_the_text_ends_too_early, make,
						destroy),
		cmocka_unit_test(first_fault_is_the_only_finding),
		cmocka_unit_test_setup_teardown(size_and_depth_are_bounded, make, destroy),
		cmocka_unit_test_setup_teardown(running_out_of_memory_is_no_finding, make, destroy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
