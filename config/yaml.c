/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libyaml does the grammar; this file turns its events into the tree, holds the text to our subset
 * and words libyaml's errors. Recursion is bounded by YAML_MAX_DEPTH. The text is checked for
 * characters YAML does not allow before libyaml sees it, so that such errors have a place.
 */
#include "config/yaml.h"

#include <errno.h>
#include <string.h>
#include <yaml.h>

#include "base/strbuf.h"
#include "base/utf8.h"
#include "base/util.h"
#include "config/arena.h"

struct reader {
	yaml_parser_t parser;
	yaml_event_t event; /* the current one */
	struct config_arena *arena;
	struct diags *diags;
	const char *file;
	const char *text;
	size_t n;
	size_t at;	    /* a place in text, to find marks by: how many bytes, */
	size_t index;	    /* and how many characters before it */
	size_t quoted_line; /* in which the last quoted text ends, from 1 */
	size_t nodes;
	bool stopped; /* the rest cannot be read: a finding says why, or rc does */
	int rc;
};

/* What libyaml says, and what helps. */
static const struct advice {
	const char *problem;
	const char *text;
} advices[] = {
	{"mapping values are not allowed in this context",
	 "a text with ': ' in it needs single quotes, or the line is indented too far"},
	{"did not find expected key", "is this line indented like the ones above?"},
	{"did not find expected '-' indicator", "is this line indented like the ones above?"},
	{"could not find expected ':'", "a key ends in ':'"},
	{"did not find expected ',' or ']'", "a '[' is not closed"},
	{"did not find expected ',' or '}'",
	 "a '{' is not closed, or a text with ',' or '[' in it needs single quotes"},
	{"found unexpected end of stream", "a quote is not closed"},
	{"found unknown escape character", "in single quotes a '\\' is just a '\\'"},
	{"found character that cannot start any token",
	 "a text that starts with '@', '`' or '%' needs quotes"},
	{"did not find expected comment or line break",
	 "a text that starts with '>' or '|' needs quotes"},
	{"found a tab character that violates indentation", "indent with spaces"},
};

static struct pos place(const struct reader *r, yaml_mark_t mark)
{
	return (struct pos){
		.file = r->file,
		.line = (unsigned)mark.line + 1,
		.col = (unsigned)mark.column + 1,
	};
}

static struct pos here(const struct reader *r)
{
	return place(r, r->event.start_mark);
}

static const char *find_advice(const struct reader *r)
{
	const char *problem = r->parser.problem;

	if (strcmp(problem, "did not find expected key") == 0 &&
	    r->parser.problem_mark.line + 1 == r->quoted_line)
		return "a text that goes on behind its quotes needs single quotes around all of it";
	for (size_t i = 0; i < ARRAY_SIZE(advices); i++)
		if (strcmp(problem, advices[i].problem) == 0)
			return advices[i].text;
	return NULL;
}

static void report_syntax(struct reader *r)
{
	const yaml_parser_t *p = &r->parser;
	const char *advice = find_advice(r);
	struct strbuf text;

	strbuf__init(&text);
	strbuf__puts(&text, p->problem);
	if (p->context && p->context_mark.line < p->problem_mark.line)
		strbuf__printf(&text, ", in what starts at line %zu", p->context_mark.line + 1);
	if (advice)
		strbuf__printf(&text, " (%s)", advice);
	diags__error(r->diags, place(r, p->problem_mark), "not valid YAML: %s", text.data);
	strbuf__fini(&text);
}

/* Goes to the next event; false when there is none because the reader stopped. */
static bool next(struct reader *r)
{
	if (r->stopped)
		return false;
	yaml_event_delete(&r->event);
	if (yaml_parser_parse(&r->parser, &r->event))
		return true;
	r->stopped = true;
	if (r->parser.error == YAML_MEMORY_ERROR)
		r->rc = -ENOMEM;
	else
		report_syntax(r);
	return false;
}

/* The end of reading: rc, or 0 when a finding says why. */
static struct yaml_node *stop(struct reader *r, int rc)
{
	r->stopped = true;
	r->rc = rc;
	return NULL;
}

static struct yaml_node *new_node(struct reader *r, enum yaml_kind kind)
{
	if (++r->nodes > YAML_MAX_NODES) {
		diags__error(r->diags, here(r), "more than %d texts, lists and mappings in a file",
			     YAML_MAX_NODES);
		return stop(r, 0);
	}
	struct yaml_node *node = config_arena__calloc(r->arena, 1, sizeof(*node));
	if (!node)
		return stop(r, -ENOMEM);
	node->kind = kind;
	node->pos = here(r);
	return node;
}

static void refuse_extras(struct reader *r, const yaml_char_t *anchor, const yaml_char_t *tag)
{
	if (anchor)
		diags__error(r->diags, here(r), "anchors ('&%s') are not supported", anchor);
	if (tag)
		diags__error(r->diags, here(r),
			     "tags ('!...') are not supported: every value has a type already%s",
			     *tag == '!' ? " (a text that starts with '!' needs quotes)" : "");
}

static size_t count_characters(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((u8)*s & 0xc0) != 0x80;
	return n;
}

/* Whether a comment follows in the line of a mark; marks come in the order of the text. */
static bool comment_follows(struct reader *r, yaml_mark_t mark)
{
	for (; r->at < r->n && r->index < mark.index; r->index++)
		do
			r->at++;
		while (r->at < r->n && ((u8)r->text[r->at] & 0xc0) == 0x80);

	size_t at = r->at;
	while (at < r->n && (r->text[at] == ' ' || r->text[at] == '\t'))
		at++;
	return r->index == mark.index && at < r->n && r->text[at] == '#';
}

/* How the text of the current event is written. */
static void describe_text(struct reader *r, struct yaml_node *node)
{
	const yaml_event_t *e = &r->event;
	const yaml_scalar_style_t style = e->data.scalar.style;

	node->quoted = style == YAML_SINGLE_QUOTED_SCALAR_STYLE ||
		       style == YAML_DOUBLE_QUOTED_SCALAR_STYLE;
	node->folded = e->start_mark.line != e->end_mark.line ||
		       e->end_mark.column - e->start_mark.column !=
			       count_characters(node->text) + (node->quoted ? 2 : 0);
	if (node->quoted)
		r->quoted_line = e->end_mark.line + 1;
	node->comment = style == YAML_PLAIN_SCALAR_STYLE && comment_follows(r, e->end_mark);
}

static struct yaml_node *read_text(struct reader *r)
{
	const char *value = (const char *)r->event.data.scalar.value;
	size_t n = r->event.data.scalar.length;
	struct yaml_node *node = new_node(r, YAML_TEXT);

	if (!node)
		return NULL;
	refuse_extras(r, r->event.data.scalar.anchor, r->event.data.scalar.tag);
	if (n == 0 && r->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
		node->kind = YAML_EMPTY;
	if (r->event.data.scalar.tag && *r->event.data.scalar.tag == '!')
		node->kind = YAML_BROKEN; /* the start of the text, likely: the rest says nothing */
	if (memchr(value, '\0', n)) {
		diags__error(r->diags, node->pos, "a text cannot hold a NUL character ('\\0')");
		node->kind = YAML_BROKEN;
	}
	node->text = config_arena__strndup(r->arena, value, n);
	if (!node->text)
		return stop(r, -ENOMEM);
	describe_text(r, node);
	return node;
}

static struct yaml_node *read_node(struct reader *r, unsigned depth);

static struct yaml_node *read_list(struct reader *r, unsigned depth)
{
	struct yaml_node *list = new_node(r, YAML_LIST);

	if (!list)
		return NULL;
	refuse_extras(r, r->event.data.sequence_start.anchor, r->event.data.sequence_start.tag);
	const struct yaml_node **tail = &list->first;
	while (next(r) && r->event.type != YAML_SEQUENCE_END_EVENT) {
		struct yaml_node *item = read_node(r, depth + 1);
		if (!item)
			return NULL;
		*tail = item;
		tail = &item->next;
		list->n++;
	}
	return r->stopped ? NULL : list;
}

const struct yaml_node *yaml_node__find(const struct yaml_node *map, const char *key)
{
	for (const struct yaml_node *value = map->first; value; value = value->next)
		if (strcmp(value->key, key) == 0)
			return value;
	return NULL;
}

/* Whether the key may stand in the mapping; a finding says why not. */
static bool accept_key(struct reader *r, const struct yaml_node *map, const struct yaml_node *key)
{
	if (key->kind == YAML_BROKEN)
		return false;
	if (key->kind != YAML_TEXT) {
		diags__error(r->diags, key->pos, "a key must be text");
		return false;
	}
	if (strcmp(key->text, "<<") == 0) {
		diags__error(r->diags, key->pos, "merge keys ('<<') are not supported");
		return false;
	}
	const struct yaml_node *first = yaml_node__find(map, key->text);
	if (first)
		diags__error(r->diags, key->pos,
			     "key '%s' is given twice (the first is at line %u)", key->text,
			     first->key_pos.line);
	return !first;
}

static struct yaml_node *read_map(struct reader *r, unsigned depth)
{
	struct yaml_node *map = new_node(r, YAML_MAP);

	if (!map)
		return NULL;
	refuse_extras(r, r->event.data.mapping_start.anchor, r->event.data.mapping_start.tag);
	const struct yaml_node **tail = &map->first;
	while (next(r) && r->event.type != YAML_MAPPING_END_EVENT) {
		if (map->n == YAML_MAX_KEYS) {
			diags__error(r->diags, here(r), "more than %d keys in a mapping",
				     YAML_MAX_KEYS);
			return stop(r, 0);
		}
		const struct yaml_node *key = read_node(r, depth + 1);
		if (!key || !next(r))
			return NULL;
		struct yaml_node *value = read_node(r, depth + 1);
		if (!value)
			return NULL;
		if (!accept_key(r, map, key))
			continue;
		value->key = key->text;
		value->key_pos = key->pos;
		*tail = value;
		tail = &value->next;
		map->n++;
	}
	return r->stopped ? NULL : map;
}

/* The node that starts with the current event; NULL when the reader stopped. */
static struct yaml_node *read_node(struct reader *r, unsigned depth)
{
	if (depth > YAML_MAX_DEPTH) {
		diags__error(r->diags, here(r), "nested deeper than %d levels", YAML_MAX_DEPTH);
		return stop(r, 0);
	}
	switch (r->event.type) {
	case YAML_SCALAR_EVENT:
		return read_text(r);
	case YAML_SEQUENCE_START_EVENT:
		return read_list(r, depth);
	case YAML_MAPPING_START_EVENT:
		return read_map(r, depth);
	default: /* the grammar leaves only the alias */
		diags__error(r->diags, here(r), "aliases ('*%s') are not supported",
			     r->event.data.alias.anchor);
		return new_node(r, YAML_BROKEN);
	}
}

static bool advance(struct reader *r, unsigned events)
{
	while (events > 0 && next(r))
		events--;
	return events == 0;
}

static struct yaml_node *read_stream(struct reader *r)
{
	if (!advance(r, 2)) /* the start of the stream, then of a document */
		return NULL;
	if (r->event.type == YAML_STREAM_END_EVENT)
		return new_node(r, YAML_EMPTY);
	if (!next(r))
		return NULL;
	struct yaml_node *root = read_node(r, 1);
	if (!root || !advance(r, 2)) /* its end, then of the stream */
		return NULL;
	if (r->event.type != YAML_STREAM_END_EVENT)
		diags__error(r->diags, here(r), "a second document ('---'): a file holds one");
	return root;
}

/* What YAML 1.1 calls printable. */
static bool is_allowed(u32 code)
{
	if (code < 0x20)
		return code == '\t' || code == '\n' || code == '\r';
	if (code >= 0x7f && code < 0xa0)
		return code == 0x85;
	return code != 0xfeff && code != 0xfffe && code != 0xffff;
}

/* Whether libyaml's reader will take every character; a finding says which one it would not. */
static bool check_characters(const char *file, const char *text, size_t n, struct diags *diags)
{
	struct pos pos = {.file = file, .line = 1, .col = 1};
	size_t taken;

	for (size_t at = 0; at < n; at += taken) {
		u32 code;

		taken = utf8_decode(text + at, n - at, &code);
		if (taken == 0) {
			diags__error(diags, pos, "byte 0x%02x is not valid UTF-8", (u8)text[at]);
			return false;
		}
		if (!is_allowed(code)) {
			diags__error(diags, pos, "character U+%04X is not allowed in YAML", code);
			return false;
		}
		pos.col++;
		if (code == '\n') {
			pos.line++;
			pos.col = 1;
		}
	}
	return true;
}

int yaml__parse(struct config_arena *arena, const char *file, const char *text, size_t n,
		struct diags *diags, const struct yaml_node **ret_root)
{
	static const char mark[] = "\xef\xbb\xbf"; /* the byte order mark some editors write */
	struct reader r = {.arena = arena, .diags = diags, .file = file};

	*ret_root = NULL;
	if (n > YAML_MAX_BYTES) {
		diags__error(diags, (struct pos){.file = file}, "larger than %d MiB",
			     YAML_MAX_BYTES >> 20);
		return 0;
	}
	if (n >= strlen(mark) && memcmp(text, mark, strlen(mark)) == 0) {
		text += strlen(mark);
		n -= strlen(mark);
	}
	if (!check_characters(file, text, n, diags))
		return 0;
	r.text = text;
	r.n = n;
	if (!yaml_parser_initialize(&r.parser))
		return -ENOMEM;
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r.parser, (const yaml_char_t *)text, n);
	*ret_root = read_stream(&r);
	yaml_event_delete(&r.event);
	yaml_parser_delete(&r.parser);
	return r.rc;
}
