/* SPDX-License-Identifier: Apache-2.0 */
/*
 * configuration_md check|write FILE: docs/configuration.md, in which the part between two marker
 * lines is written from the tables that parse the config. `check` fails when it would write
 * something else; `make docs` writes.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/util.h"
#include "config/native_options.h"
#include "config/quantity.h"

static const char begin_mark[] = "<!-- written by `make docs` from config/native_options.c -->\n";
static const char end_mark[] = "<!-- end -->\n";

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
	enum quantity quantity = QUANTITY_PLAIN;

	if (row->type == OPT_SIZE)
		quantity = QUANTITY_BYTES;
	else if (row->type == OPT_DURATION)
		quantity = QUANTITY_TIME;
	if (row->form)
		strbuf__printf(out, "`%s`", row->form->pattern);
	if (row->max == 0)
		return;
	quantity_put(out, quantity, row->min);
	strbuf__puts(out, " to ");
	quantity_put(out, quantity, row->max);
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

static void put_all(struct strbuf *out)
{
	put_table(out, &native_options, "");
	strbuf__puts(out,
		     "\n### Not in this version yet\n\n"
		     "These are known, and refused as such.\n\n| key | what it is |\n|---|---|\n");
	put_later(out, &native_options, "");
	strbuf__putc(out, '\n');
}

static int read_file(const char *path, struct strbuf *text)
{
	FILE *in = fopen(path, "re");
	size_t n = 1;

	while (in && n > 0) {
		char *to = strbuf__reserve(text, 4096);

		n = to ? fread(to, 1, 4096, in) : 0;
		text->len += n;
	}
	int rc = !in || ferror(in) || text->failed ? -EIO : 0;
	if (!rc)
		text->data[text->len] = '\0';
	if (in)
		fclose(in);
	return rc;
}

/* The text with what stands between the marks made anew. False: it has no marks. */
static bool renew(const struct strbuf *text, struct strbuf *out)
{
	const char *begin = strstr(text->data, begin_mark);
	const char *end = begin ? strstr(begin, end_mark) : NULL;

	if (!end)
		return false;
	strbuf__append(out, text->data, (size_t)(begin - text->data) + strlen(begin_mark));
	put_all(out);
	strbuf__puts(out, end);
	return !out->failed;
}

static int write_file(const char *path, const struct strbuf *text)
{
	FILE *out = fopen(path, "we");
	bool ok = out && fwrite(text->data, 1, text->len, out) == text->len;

	if (out && fclose(out))
		ok = false;
	if (!ok)
		fprintf(stderr, "%s: cannot write it\n", path);
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	struct strbuf text;
	struct strbuf renewed;
	int status = EXIT_FAILURE;

	if (argc != 3 || (strcmp(argv[1], "check") != 0 && strcmp(argv[1], "write") != 0)) {
		fprintf(stderr, "usage: configuration_md check|write FILE\n");
		return 2;
	}
	strbuf__init(&text);
	strbuf__init(&renewed);
	if (read_file(argv[2], &text))
		fprintf(stderr, "%s: cannot read it\n", argv[2]);
	else if (!renew(&text, &renewed))
		fprintf(stderr, "%s: no marks to write between\n", argv[2]);
	else if (text.len == renewed.len && memcmp(text.data, renewed.data, text.len) == 0)
		status = EXIT_SUCCESS;
	else if (strcmp(argv[1], "write") == 0)
		status = write_file(argv[2], &renewed);
	else
		fprintf(stderr, "%s: not what the tables say: run `make docs`\n", argv[2]);
	strbuf__fini(&text);
	strbuf__fini(&renewed);
	return status;
}
