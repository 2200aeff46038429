/* SPDX-License-Identifier: Apache-2.0 */
/*
 * configuration_md check|write FILE: the part of docs/configuration.md that is written from the
 * tables that parse the config.
 */
#include <stdio.h>
#include <string.h>

#include "base/strbuf.h"
#include "config/native_options.h"
#include "tests/tools/generated_part.h"

enum { PATH_BYTES = 256 };

/* metrics[].labels[]: the path of what a row's table describes. */
static void extend_path(char path[PATH_BYTES], const char *parent, const struct opt_desc *row)
{
	const char *suffix = "";

	if (row->type == OPT_LIST)
		suffix = "[]";
	else if (row->type == OPT_NAMED)
		suffix = ".NAME";
	snprintf(path, PATH_BYTES, "%s%s%s%s", parent, *parent ? "." : "", row->key, suffix);
}

/* As GitHub makes anchors of headings: letters, digits, - and _ stay. */
static void put_link(struct strbuf *out, const char *text, const char *path)
{
	strbuf__printf(out, "[%s](#", text);
	for (; *path; path++)
		if (strchr("[].`", *path) == NULL)
			strbuf__putc(out,
				     *path >= 'A' && *path <= 'Z' ? (char)(*path | 0x20) : *path);
	strbuf__putc(out, ')');
}

static void put_words(struct strbuf *out, const struct opt_word *words)
{
	size_t n = 0;

	for (const struct opt_word *w = words; w->word; w++)
		if (!w->later)
			strbuf__printf(out, "%s`%s`", n++ > 0 ? ", " : "", w->word);
}

static void put_type(struct strbuf *out, const struct opt_desc *row, const char *path)
{
	static const char *const names[] = {
		[OPT_TEXT] = "text",	      [OPT_WORD] = "one of ",
		[OPT_NUMBER] = "number",      [OPT_SIZE] = "size",
		[OPT_DURATION] = "duration",  [OPT_SECTION] = "",
		[OPT_LIST] = "list of ",      [OPT_NAMED] = "names, each with a ",
		[OPT_ANY] = "text, list or ",
	};

	strbuf__puts(out, names[row->type]);
	if (row->type == OPT_WORD)
		put_words(out, row->words);
	if (row->table)
		put_link(out, row->type == OPT_LIST ? "items" : "mapping", path);
	else if (row->type == OPT_LIST)
		strbuf__puts(out, "texts");
	if (row->or_off)
		strbuf__puts(out, " or `off`");
}

static void put_range(struct strbuf *out, const struct opt_desc *row)
{
	if (row->form)
		strbuf__printf(out, "`%s`", row->form->pattern);
	if (row->max == 0)
		return;
	opt_desc__put_range(row, out);
	if (row->power_of_two)
		strbuf__puts(out, ", a power of two");
}

static void put_row(struct strbuf *out, const struct opt_desc *row, const char *path)
{
	strbuf__printf(out, "| `%s` | ", row->key);
	put_type(out, row, path);
	strbuf__puts(out, " | ");
	if (row->def)
		strbuf__printf(out, "`%s`", row->def);
	else if (row->required)
		strbuf__puts(out, "required");
	strbuf__puts(out, " | ");
	put_range(out, row);
	strbuf__printf(out, " | %s |\n", row->help);
}

static void put_table(struct strbuf *out, const struct opt_table *t, const char *path)
{
	char below[PATH_BYTES];

	if (*path)
		strbuf__printf(out, "\n### `%s`\n\n", path);
	else
		strbuf__puts(out, "\n### Top level\n\n");
	strbuf__puts(out, "| key | type | default | range | what it is |\n|---|---|---|---|---|\n");
	for (size_t i = 0; i < t->n; i++) {
		extend_path(below, path, &t->rows[i]);
		if (!t->rows[i].later)
			put_row(out, &t->rows[i], below);
	}
	for (size_t i = 0; i < t->n; i++) {
		extend_path(below, path, &t->rows[i]);
		if (t->rows[i].table)
			put_table(out, t->rows[i].table, below);
	}
}

static void put_later(struct strbuf *out, const struct opt_table *t, const char *path)
{
	const char *dot = *path ? "." : "";

	for (size_t i = 0; i < t->n; i++) {
		const struct opt_desc *row = &t->rows[i];
		char below[PATH_BYTES];

		if (row->later)
			strbuf__printf(out, "| `%s%s%s` | %s |\n", path, dot, row->key, row->help);
		for (const struct opt_word *w = row->words; w && w->word; w++)
			if (w->later)
				strbuf__printf(out, "| `%s%s%s: %s` | %s |\n", path, dot, row->key,
					       w->word, row->help);
		extend_path(below, path, row);
		if (row->table)
			put_later(out, row->table, below);
	}
}

static int put_all(struct strbuf *out, struct err *err)
{
	(void)err;
	put_table(out, &native_options, "");
	strbuf__puts(out,
		     "\n### Not in this version yet\n\n"
		     "These are known, and refused as such.\n\n| key | what it is |\n|---|---|\n");
	put_later(out, &native_options, "");
	strbuf__putc(out, '\n');
	return 0;
}

int main(int argc, char **argv)
{
	static const struct generated_part tables = {"config/native_options.c", put_all};

	return generated_part__main(&tables, argc, argv);
}
