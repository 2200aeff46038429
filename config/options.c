/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A type is a row of `types`: the kind of node it takes, how messages call it, and the function
 * that turns a node of that kind into the member. Those functions report what is wrong and return
 * false.
 */
#include "config/options.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/suggest.h"
#include "base/util.h"
#include "config/config.h"
#include "config/quantity.h"
#include "config/yaml.h"

typedef bool read_fn(const struct opt_desc *row, const struct yaml_node *node, void *dest,
		     struct diags *diags);

static read_fn read_text, read_word, read_quantity, read_section, keep_node;

static const struct type {
	const char *what; /* "'key' must be ..." */
	enum yaml_kind kind;
	read_fn *read;
	enum quantity quantity;
} types[] = {
	[OPT_TEXT] = {"text", YAML_TEXT, read_text, 0},
	[OPT_WORD] = {"a word", YAML_TEXT, read_word, 0},
	[OPT_NUMBER] = {"a number", YAML_TEXT, read_quantity, QUANTITY_PLAIN},
	[OPT_SIZE] = {"a size like 1MiB", YAML_TEXT, read_quantity, QUANTITY_BYTES},
	[OPT_DURATION] = {"a duration like 5m", YAML_TEXT, read_quantity, QUANTITY_TIME},
	[OPT_SECTION] = {"a mapping", YAML_MAP, read_section, 0},
	[OPT_LIST] = {"a list", YAML_LIST, keep_node, 0},
	[OPT_NAMED] = {"a mapping", YAML_MAP, keep_node, 0},
	[OPT_ANY] = {"a value", YAML_TEXT, keep_node, 0},
};

const char *opt_kind_name(const struct yaml_node *node)
{
	static const char *const names[] = {
		[YAML_TEXT] = "text",	  [YAML_LIST] = "a list",     [YAML_MAP] = "a mapping",
		[YAML_EMPTY] = "nothing", [YAML_BROKEN] = "an error",
	};

	return names[node->kind];
}

struct config_text opt_text(const struct yaml_node *node)
{
	return (struct config_text){
		.s = node->text,
		.pos = node->pos,
		.quoted = node->quoted,
		.folded = node->folded,
		.comment = node->comment,
	};
}

/* Whether a scalar may be stored: not when it already is, from another file. */
static bool is_first(const struct opt_desc *row, const struct pos *stored,
		     const struct yaml_node *node, struct diags *diags)
{
	if (stored->line == 0)
		return true;
	diags__error(diags, node->key_pos, "'%s' is given twice (the first is at %s:%u:%u)",
		     row->key, stored->file, stored->line, stored->col);
	return false;
}

static bool has_form(const struct opt_form *form, const char *s)
{
	if (*s == '\0' || !strchr(form->first, *s))
		return false;
	return s[1 + strspn(s + 1, form->rest)] == '\0';
}

static bool read_text(const struct opt_desc *row, const struct yaml_node *node, void *dest,
		      struct diags *diags)
{
	struct config_text *text = dest;

	if (!is_first(row, &text->pos, node, diags))
		return false;
	if (row->form && !has_form(row->form, node->text)) {
		diags__error(diags, node->pos, "'%s' is not a %s: it must match %s", node->text,
			     row->form->what, row->form->pattern);
		return false;
	}
	*text = opt_text(node);
	return true;
}

static void refuse_word(const struct opt_desc *row, const struct yaml_node *node, bool later,
			struct diags *diags)
{
	struct strbuf words;

	strbuf__init(&words);
	for (const struct opt_word *w = row->words; w->word; w++)
		if (!w->later)
			strbuf__printf(&words, "%s'%s'", words.len > 0 ? " or " : "", w->word);
	if (later)
		diags__error(diags, node->pos,
			     "%s '%s' is not available in this version yet; use %s", row->key,
			     node->text, words.data);
	else
		diags__error(diags, node->pos, "'%s' must be %s, not '%s'", row->key, words.data,
			     node->text);
	strbuf__fini(&words);
}

static bool read_word(const struct opt_desc *row, const struct yaml_node *node, void *dest,
		      struct diags *diags)
{
	struct config_number *number = dest;
	const struct opt_word *w = row->words;

	if (!is_first(row, &number->pos, node, diags))
		return false;
	while (w->word && strcmp(w->word, node->text) != 0)
		w++;
	if (!w->word || w->later) {
		refuse_word(row, node, w->word != NULL, diags);
		return false;
	}
	*number = (struct config_number){.n = (u64)(w - row->words), .pos = node->pos};
	return true;
}

static void put_limit(struct strbuf *out, enum quantity quantity, s64 limit)
{
	if (limit < 0)
		strbuf__putc(out, '-');
	quantity_put(out, quantity, limit < 0 ? -(u64)limit : (u64)limit);
}

void opt_desc__put_range(const struct opt_desc *row, struct strbuf *out)
{
	put_limit(out, types[row->type].quantity, row->min);
	strbuf__puts(out, " to ");
	put_limit(out, types[row->type].quantity, row->max);
}

static bool check_range(const struct opt_desc *row, const struct yaml_node *node, s64 n,
			struct diags *diags)
{
	struct strbuf range;

	if (n >= row->min && n <= row->max) {
		if (!row->power_of_two || (n & (n - 1)) == 0)
			return true;
		diags__error(diags, node->pos, "'%s' must be a power of two, not %s", row->key,
			     node->text);
		return false;
	}
	strbuf__init(&range);
	strbuf__puts(&range, "from ");
	opt_desc__put_range(row, &range);
	strbuf__puts(&range, row->or_off ? " or 'off'" : "");
	diags__error(diags, node->pos, "'%s' must be %s, not %s", row->key, range.data, node->text);
	strbuf__fini(&range);
	return false;
}

static void refuse_quantity(const struct opt_desc *row, const struct yaml_node *node,
			    struct diags *diags)
{
	const struct type *type = &types[row->type];
	char meant[64];

	if (quantity_meant(type->quantity, node->text, meant))
		diags__error(diags, node->pos, "'%s' must be %s, not '%s': write %s", row->key,
			     type->what, node->text, meant);
	else
		diags__error(diags, node->pos, "'%s' must be %s%s, not '%s'", row->key, type->what,
			     row->or_off ? " or 'off'" : "", node->text);
}

static bool read_quantity(const struct opt_desc *row, const struct yaml_node *node, void *dest,
			  struct diags *diags)
{
	struct config_number *number = dest;
	char why[128]; /* what is wrong is said in terms of the key instead */
	u64 n = 0;

	if (!is_first(row, &number->pos, node, diags))
		return false;
	if (row->or_off && strcmp(node->text, "off") == 0) {
		*number = (struct config_number){.n = 0, .pos = node->pos};
		return true;
	}
	int rc = quantity_parse(types[row->type].quantity, node->text, &n, why);
	/* What is no s64 is in no row's range. */
	if (rc == -ERANGE || (*node->text != '-' && n > INT64_MAX))
		n = *node->text == '-' ? (u64)INT64_MIN : INT64_MAX;
	if (rc == -EINVAL) {
		refuse_quantity(row, node, diags);
		return false;
	}
	if (!check_range(row, node, (s64)n, diags))
		return false;
	*number = (struct config_number){.n = n, .pos = node->pos};
	return true;
}

static bool read_section(const struct opt_desc *row, const struct yaml_node *node, void *dest,
			 struct diags *diags)
{
	opt_table__read(row->table, node, dest, diags);
	return true;
}

static bool keep_node(const struct opt_desc *row, const struct yaml_node *node, void *dest,
		      struct diags *diags)
{
	const struct yaml_node **kept = dest;

	(void)row;
	(void)diags;
	*kept = node;
	return true;
}

/* A section's members are in the struct that holds the section, not in one of its own. */
static void *member(const struct opt_desc *row, void *dest)
{
	return row->type == OPT_SECTION ? dest : (char *)dest + row->offset;
}

bool opt_desc__read(const struct opt_desc *row, const struct yaml_node *node, void *dest,
		    struct diags *diags)
{
	const struct type *type = &types[row->type];

	if (node->kind == YAML_BROKEN)
		return false;
	if (node->kind == YAML_EMPTY) {
		diags__error(diags, node->pos, "'%s' has no value", row->key);
		return false;
	}
	if (node->kind != type->kind && row->type != OPT_ANY) {
		diags__error(diags, node->pos, "'%s' must be %s, not %s", row->key, type->what,
			     opt_kind_name(node));
		return false;
	}
	return type->read(row, node, member(row, dest), diags);
}

void opt_table__set_defaults(const struct opt_table *t, void *dest)
{
	struct diags none; /* a test reads every default of every table */

	diags__init(&none);
	for (size_t i = 0; i < t->n; i++) {
		const struct opt_desc *row = &t->rows[i];
		const struct yaml_node node = {.kind = YAML_TEXT, .text = row->def};

		if (row->later)
			continue;
		if (row->type == OPT_SECTION)
			opt_table__set_defaults(row->table, dest);
		else if (row->def)
			opt_desc__read(row, &node, dest, &none);
	}
	diags__fini(&none);
}

static const struct opt_desc *find_row(const struct opt_table *t, const char *key)
{
	for (size_t i = 0; i < t->n; i++)
		if (strcmp(t->rows[i].key, key) == 0)
			return &t->rows[i];
	return NULL;
}

static void refuse_key(const struct opt_table *t, const struct yaml_node *value,
		       struct diags *diags)
{
	struct suggestion suggestion;

	suggestion__init(&suggestion, value->key);
	for (size_t i = 0; i < t->n; i++)
		if (!t->rows[i].later)
			suggestion__offer(&suggestion, t->rows[i].key);
	diags__unknown(diags, value->key_pos, &suggestion, "unknown key '%s'", value->key);
}

static void check_required(const struct opt_table *t, const struct yaml_node *map,
			   struct diags *diags)
{
	const struct yaml_node *name = yaml_node__find(map, "name");

	for (size_t i = 0; i < t->n; i++) {
		const char *key = t->rows[i].key;

		if (!t->rows[i].required || yaml_node__find(map, key))
			continue;
		if (name && name->kind == YAML_TEXT)
			diags__error(diags, map->pos, "%s '%s' has no '%s'", t->noun, name->text,
				     key);
		else
			diags__error(diags, map->pos, "this %s has no '%s'", t->noun, key);
	}
}

void opt_table__read(const struct opt_table *t, const struct yaml_node *map, void *dest,
		     struct diags *diags)
{
	if (map->kind == YAML_BROKEN)
		return;
	if (map->kind != YAML_MAP && map->kind != YAML_EMPTY) {
		diags__error(diags, map->pos, "this %s must be a mapping, not %s", t->noun,
			     opt_kind_name(map));
		return;
	}
	for (const struct yaml_node *value = map->first; value; value = value->next) {
		const struct opt_desc *row = find_row(t, value->key);

		if (!row)
			refuse_key(t, value, diags);
		else if (row->later)
			diags__error(diags, value->key_pos,
				     "'%s' is not available in this version yet", value->key);
		else
			opt_desc__read(row, value, dest, diags);
	}
	check_required(t, map, diags);
}
