/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A lexer that knows one token at a time and where it stands, and a function per rule of the
 * grammar. After the first fault nothing is said any more: `failed` lets the rules return without
 * looking, and what they return is not used. Recursion is bounded by MAX_DEPTH.
 */
#include "config/where.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/suggest.h"
#include "base/utf8.h"
#include "base/util.h"
#include "config/arena.h"

enum {
	MAX_DEPTH = 32,
	MAX_NODES = 256,
	MAX_VALUES = 256, /* of a list */
	SHOWN_BYTES = 64,
};

#define BLANKS	    " \t\r\n"
#define MARKS	    "()[],"
#define OPERATORS   "=!<>~&|"
#define QUOTES	    "'\""
#define DIGITS	    "0123456789"
#define IDENTIFIERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"

enum token_kind { TOKEN_END, TOKEN_MARK, TOKEN_OPERATOR, TOKEN_WORD, TOKEN_QUOTED };

struct token {
	enum token_kind kind;
	struct config_text text;
	char shown[SHOWN_BYTES]; /* in its quotes or ours, for messages; "" before the first */
};

struct parser {
	struct config_arena *arena;
	struct diags *diags;
	const struct config_text *whole;
	const char *at;	     /* behind `token` */
	struct pos pos;	     /* of `at` */
	struct token before; /* the one before `token` */
	struct token token;  /* the next to be looked at */
	unsigned depth;
	unsigned nodes;
	bool failed;
	int rc;
};

static const struct operator
{
	const char *text;
	enum where_op op;
}
operators[] = {
	{"==", WHERE_EQ}, {"!=", WHERE_NE}, {"<", WHERE_LT},  {"<=", WHERE_LE},
	{">", WHERE_GT},  {">=", WHERE_GE}, {"in", WHERE_IN}, {"starts_with", WHERE_STARTS_WITH},
};

/* What other languages write, in any case, and what it is here. */
static const struct foreign {
	const char *text;
	const char *here;
} foreigns[] = {
	{"and", "and"},
	{"or", "or"},
	{"not", "not"},
	{"in", "in"},
	{"starts_with", "starts_with"},
	{"&&", "and"},
	{"&", "and"},
	{"||", "or"},
	{"|", "or"},
	{"!", "not"},
	{"=", "=="},
	{"===", "=="},
	{"is", "=="},
	{"eq", "=="},
	{"equals", "=="},
	{"<>", "!="},
	{"!==", "!="},
	{"ne", "!="},
	{"=<", "<="},
	{"=>", ">="},
	{"lt", "<"},
	{"le", "<="},
	{"gt", ">"},
	{"ge", ">="},
	{"~", "starts_with, or == for an exact match"},
	{"=~", "starts_with, or == for an exact match"},
	{"like", "starts_with, or == for an exact match"},
	{"matches", "starts_with, or == for an exact match"},
	{"!~", "not ... starts_with, or != for an exact match"},
	{"startswith", "starts_with"},
};

/* The only one to report what is wrong: once. */
static void fail(struct parser *p, struct pos pos, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void fail(struct parser *p, struct pos pos, const char *fmt, ...)
{
	const char *advice = "";
	char text[512];
	va_list ap;

	if (p->failed)
		return;
	p->failed = true;
	if (p->token.kind == TOKEN_END && p->whole->comment)
		advice = " (a '#' behind a blank starts a comment: put the whole where in single "
			 "quotes)";
	va_start(ap, fmt);
	utf8_vformat(text, sizeof(text), fmt, ap);
	va_end(ap);
	diags__error(p->diags, pos, "%s%s", text, advice);
}

static void fail_memory(struct parser *p)
{
	p->failed = true;
	p->rc = -ENOMEM;
}

/* Goes on by n bytes; in a folded text every place is its start. */
static void skip(struct parser *p, size_t n)
{
	for (; n > 0; n--, p->at++) {
		if (p->whole->folded)
			continue;
		if (*p->at == '\n') {
			p->pos.line++;
			p->pos.col = 1;
		} else if (((unsigned char)*p->at & 0xc0) != 0x80) {
			p->pos.col++;
		}
	}
}

/* Bytes of the quoted text that starts at s, quotes and all; 0 when it is not closed. */
static size_t quoted_len(const char *s)
{
	const char quote = *s;
	size_t n = 1;

	for (; s[n]; n++) {
		const bool doubled = quote == '\'' && s[n] == '\'' && s[n + 1] == '\'';
		const bool escaped = quote == '"' && s[n] == '\\' && s[n + 1];

		if (doubled || escaped)
			n++;
		else if (s[n] == quote)
			return n + 1;
	}
	return 0;
}

/* What the quotes stand for: in single quotes '' is a quote, in double quotes \" and \\ are one
 * character. Whatever else follows a \ stays as it is, behind its \. */
static char *unquote(struct parser *p, const char *s, size_t n)
{
	const char quote = *s;
	char *text = config_arena__strndup(p->arena, s + 1, n - 2);
	char *to = text;

	if (!text)
		return NULL;
	for (const char *from = s + 1; from < s + n - 1; from++) {
		const bool escape = quote == '"' && *from == '\\' && strchr("\"\\", from[1]);

		if (escape || (quote == '\'' && *from == '\''))
			from++;
		*to++ = *from;
	}
	*to = '\0';
	return text;
}

/* The kind of the token at `at`, and how many bytes it has; 0 for a quote that is not closed. */
static size_t measure(const char *at, enum token_kind *ret_kind)
{
	*ret_kind = TOKEN_WORD;
	if (*at == '\0') {
		*ret_kind = TOKEN_END;
		return 0;
	}
	if (strchr(QUOTES, *at)) {
		*ret_kind = TOKEN_QUOTED;
		return quoted_len(at);
	}
	if (strchr(MARKS, *at)) {
		*ret_kind = TOKEN_MARK;
		return 1;
	}
	if (strchr(OPERATORS, *at)) {
		*ret_kind = TOKEN_OPERATOR;
		return strspn(at, OPERATORS);
	}
	return strcspn(at, BLANKS MARKS OPERATORS);
}

static void show(struct token *token, const char *s, size_t n)
{
	const char *quote = token->text.quoted ? "" : "'";
	char text[SHOWN_BYTES - 2];

	utf8_repair(text, sizeof(text), s, n);
	snprintf(token->shown, sizeof(token->shown), "%s%s%s", quote, text, quote);
}

static void next(struct parser *p)
{
	struct token token = {.kind = TOKEN_END};

	if (p->failed)
		return;
	skip(p, strspn(p->at, BLANKS));
	size_t n = measure(p->at, &token.kind);
	const char *start = p->at;
	token.text.pos = p->pos;
	token.text.quoted = token.kind == TOKEN_QUOTED;
	p->before = p->token;
	if (token.text.quoted && n == 0) {
		p->token.kind = TOKEN_END; /* nothing is behind it */
		fail(p, p->pos, "this quote is not closed");
		return;
	}
	token.text.s = token.text.quoted ? unquote(p, start, n)
					 : config_arena__strndup(p->arena, start, n);
	if (!token.text.s) {
		fail_memory(p);
		return;
	}
	show(&token, start, n);
	skip(p, n);
	p->token = token;
}

static bool is(const struct token *token, enum token_kind kind, const char *text)
{
	return token->kind == kind && strcmp(token->text.s, text) == 0;
}

/* Whether the token was the one; if so it is now `before`. */
static bool take(struct parser *p, enum token_kind kind, const char *text)
{
	if (p->failed || !is(&p->token, kind, text))
		return false;
	next(p);
	return true;
}

static bool is_keyword(const struct token *token)
{
	static const char *const keywords[] = {"and", "or", "not", "in", "starts_with"};

	for (size_t i = 0; i < ARRAY_SIZE(keywords); i++)
		if (is(token, TOKEN_WORD, keywords[i]))
			return true;
	return false;
}

static bool is_value(const struct token *token)
{
	return token->kind == TOKEN_QUOTED || (token->kind == TOKEN_WORD && !is_keyword(token));
}

static bool is_number(const struct token *token)
{
	const char *s = token->text.s;

	if (token->kind != TOKEN_WORD)
		return false;
	s += *s == '-';
	return *s && s[strspn(s, DIGITS)] == '\0';
}

/* Says what is expected behind `before`, and that something else is there, or nothing. */
static void expected(struct parser *p, const char *what, const char *advice)
{
	const char *before = p->before.shown;
	const bool end = p->token.kind == TOKEN_END;

	fail(p, p->token.text.pos, "expected %s%s%s%s%s%s", what, *before ? " after " : "", before,
	     end ? "" : ", not ", end ? "" : p->token.shown, advice);
}

/* Whether the token is an operator of another language; then that is said. */
static bool refuse_foreign(struct parser *p)
{
	const struct token *token = &p->token;

	if (p->failed || (token->kind != TOKEN_OPERATOR && token->kind != TOKEN_WORD))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(foreigns); i++) {
		const struct foreign *f = &foreigns[i];

		if (strcasecmp(f->text, token->text.s) != 0 || strcmp(f->here, token->text.s) == 0)
			continue;
		fail(p, token->text.pos, "unknown operator %s: write %s", token->shown, f->here);
		return true;
	}
	return false;
}

static void refuse_operator(struct parser *p)
{
	const struct token *token = &p->token;
	struct suggestion suggestion;

	if (p->failed || refuse_foreign(p))
		return;
	suggestion__init(&suggestion, token->text.s);
	for (size_t i = 0; i < ARRAY_SIZE(operators); i++)
		if (strlen(operators[i].text) > 2) /* anything is near to `in` */
			suggestion__offer(&suggestion, operators[i].text);
	if (token->kind == TOKEN_WORD && suggestion.best) {
		p->failed = true;
		diags__unknown(p->diags, token->text.pos, &suggestion, "unknown operator %s",
			       token->shown);
	} else if (token->kind == TOKEN_OPERATOR) {
		fail(p, token->text.pos, "unknown operator %s", token->shown);
	} else {
		expected(p, "an operator", "");
	}
}

static struct where *new_node(struct parser *p, enum where_kind kind, struct pos pos)
{
	if (++p->nodes > MAX_NODES)
		fail(p, pos, "more than %d parts (tests, and, or, not) in a where", MAX_NODES);
	if (p->failed)
		return NULL;
	struct where *w = config_arena__calloc(p->arena, 1, sizeof(*w));
	if (!w) {
		fail_memory(p);
		return NULL;
	}
	w->kind = kind;
	w->pos = pos;
	return w;
}

static struct where *join(struct parser *p, enum where_kind kind, struct pos pos,
			  struct where *left, struct where *right)
{
	struct where *w = new_node(p, kind, pos);

	if (w) {
		w->left = left;
		w->right = right;
	}
	return w;
}

static bool parse_value(struct parser *p, struct config_text *ret_value)
{
	if (p->failed)
		return false;
	if (!is_value(&p->token)) {
		expected(p, "a value", "");
		return false;
	}
	*ret_value = p->token.text;
	next(p);
	return !p->failed;
}

static bool keep_values(struct parser *p, struct where *test, const struct config_text *values,
			size_t n)
{
	test->values = config_arena__calloc(p->arena, n, sizeof(*values));
	if (!test->values) {
		fail_memory(p);
		return false;
	}
	memcpy(test->values, values, n * sizeof(*values));
	test->nvalues = n;
	return true;
}

/* What stands after a value is neither of the expected. */
static void refuse_after_value(struct parser *p, const char *what)
{
	const bool value = is_value(&p->before);

	if (value && is_number(&p->before) && p->token.kind == TOKEN_WORD)
		expected(p, what, " (a number and its unit are one word: 10us)");
	else if (value && is_value(&p->token))
		expected(p, what, " (a text with blanks needs quotes)");
	else
		expected(p, what, "");
}

static void parse_list(struct parser *p, struct where *test)
{
	struct config_text values[MAX_VALUES];
	const struct pos start = p->token.text.pos;
	size_t n = 0;

	if (!take(p, TOKEN_MARK, "[")) {
		expected(p, "'['", "");
		return;
	}
	if (is(&p->token, TOKEN_MARK, "]"))
		fail(p, start, "this list is empty");
	do {
		if (n == MAX_VALUES)
			fail(p, p->token.text.pos, "more than %d values in a list", MAX_VALUES);
		if (p->failed || !parse_value(p, &values[n]))
			return;
		n++;
	} while (take(p, TOKEN_MARK, ","));
	if (take(p, TOKEN_MARK, "]"))
		keep_values(p, test, values, n);
	else if (!p->failed && p->token.kind == TOKEN_END)
		fail(p, start, "this '[' is not closed");
	else
		refuse_after_value(p, "',' or ']'");
}

/* The operator behind a field, `not in` too. */
static bool parse_operator(struct parser *p, enum where_op *ret_op)
{
	if (take(p, TOKEN_WORD, "not")) {
		if (!take(p, TOKEN_WORD, "in")) {
			expected(p, "'in'", ": other tests have the 'not' in front of the field");
			return false;
		}
		*ret_op = WHERE_NOT_IN;
		return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(operators); i++) {
		const struct operator* o = & operators[i];

		if (take(p, TOKEN_WORD, o->text) || take(p, TOKEN_OPERATOR, o->text)) {
			*ret_op = o->op;
			return !p->failed;
		}
	}
	refuse_operator(p);
	return false;
}

static struct where *parse_test(struct parser *p)
{
	const struct config_text field = p->token.text;
	struct config_text value;

	if (refuse_foreign(p))
		return NULL;
	if (!is_value(&p->token) || field.quoted || !strchr(IDENTIFIERS, field.s[0]) ||
	    field.s[strspn(field.s, IDENTIFIERS DIGITS)] != '\0') {
		expected(p, "a field", field.quoted ? " (a field has no quotes)" : "");
		return NULL;
	}
	struct where *test = new_node(p, WHERE_TEST, field.pos);
	next(p);
	if (p->failed || !parse_operator(p, &test->op))
		return NULL;
	test->field = field;
	if (test->op == WHERE_IN || test->op == WHERE_NOT_IN) {
		parse_list(p, test);
		return test;
	}
	if (is(&p->token, TOKEN_MARK, "[") && test->op <= WHERE_NE)
		expected(p, "one value",
			 test->op == WHERE_EQ ? ": write in [...]" : ": write not in [...]");
	if (parse_value(p, &value))
		keep_values(p, test, &value, 1);
	return test;
}

static struct where *parse_expr(struct parser *p);

static struct where *parse_group(struct parser *p, struct pos open)
{
	struct where *inner = parse_expr(p);

	if (p->failed || take(p, TOKEN_MARK, ")"))
		return inner;
	if (p->token.kind == TOKEN_END)
		fail(p, open, "this '(' is not closed");
	else if (!refuse_foreign(p))
		refuse_after_value(p, "'and', 'or' or ')'");
	return NULL;
}

static struct where *parse_fact(struct parser *p)
{
	const struct pos pos = p->token.text.pos;
	struct where *w;

	if (++p->depth > MAX_DEPTH)
		fail(p, pos, "nested deeper than %d levels", MAX_DEPTH);
	if (p->failed)
		return NULL;
	if (take(p, TOKEN_WORD, "not"))
		w = join(p, WHERE_NOT, pos, parse_fact(p), NULL);
	else if (take(p, TOKEN_MARK, "("))
		w = parse_group(p, pos);
	else
		w = parse_test(p);
	p->depth--;
	return w;
}

static struct where *parse_term(struct parser *p)
{
	struct where *left = parse_fact(p);

	for (struct pos pos = p->token.text.pos; take(p, TOKEN_WORD, "and");
	     pos = p->token.text.pos)
		left = join(p, WHERE_AND, pos, left, parse_fact(p));
	return left;
}

static struct where *parse_expr(struct parser *p)
{
	struct where *left = parse_term(p);

	for (struct pos pos = p->token.text.pos; take(p, TOKEN_WORD, "or"); pos = p->token.text.pos)
		left = join(p, WHERE_OR, pos, left, parse_term(p));
	return left;
}

static void parse_end(struct parser *p)
{
	if (p->failed || p->token.kind == TOKEN_END || refuse_foreign(p))
		return;
	if (is(&p->token, TOKEN_MARK, ")"))
		fail(p, p->token.text.pos, "this ')' closes nothing");
	else
		refuse_after_value(p, "'and' or 'or'");
}

int where__parse(const struct config_text *text, struct config_arena *arena, struct diags *diags,
		 struct where **ret_where)
{
	struct parser p = {
		.arena = arena,
		.diags = diags,
		.whole = text,
		.at = text->s,
		.pos = text->pos,
	};

	p.pos.col += text->quoted && !text->folded;
	next(&p);
	if (!p.failed && p.token.kind == TOKEN_END)
		fail(&p, text->pos, "a where is empty");
	struct where *where = parse_expr(&p);
	parse_end(&p);
	*ret_where = p.failed ? NULL : where;
	return p.rc;
}
