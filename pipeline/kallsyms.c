/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines are `ffffffff81000000 T name`, and behind a tab `[module]` where it is a module's. Without
 * CAP_SYSLOG, or with kernel.kptr_restrict, every address is 0.
 *
 * Names lie one behind the other in the order of the file; symbols are sorted by address.
 */
#include "pipeline/kallsyms.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"

struct symbol {
	u64 start;
	size_t name; /* where its name begins */
};

struct kallsyms {
	struct symbol *symbols;
	size_t n;
	size_t room;
	struct strbuf names; /* each with its NUL */
};

static int compare_starts(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;

	return (x->start > y->start) - (x->start < y->start);
}

static int compare_symbols(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;
	const int order = compare_starts(a, b);

	return order ? order : (x->name > y->name) - (x->name < y->name);
}

static int add_symbol(struct kallsyms *k, u64 start, const char *name, size_t len)
{
	if (k->n == k->room) {
		const size_t room = k->room ? 2 * k->room : 1024;
		struct symbol *grown = reallocarray(k->symbols, room, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		k->symbols = grown;
		k->room = room;
	}
	k->symbols[k->n++] = (struct symbol){start, k->names.len};
	strbuf__append(&k->names, name, len);
	strbuf__putc(&k->names, '\0');
	return k->names.failed ? -ENOMEM : 0;
}

/* What is no line of a function is left out. */
static int add_line(struct kallsyms *k, const char *line)
{
	char *rest;
	const u64 start = strtoull(line, &rest, 16);

	if (!start || rest == line || rest[0] != ' ' || !rest[1] || !strchr("tTwW", rest[1]) ||
	    rest[2] != ' ')
		return 0;

	const char *name = rest + 3;
	const size_t len = strcspn(name, "\t\n");

	return len ? add_symbol(k, start, name, len) : 0;
}

static int read_lines(struct kallsyms *k, FILE *f)
{
	char *line = NULL;
	size_t room = 0;
	bool any = false;
	int rc = 0;

	while (!rc && getline(&line, &room, f) > 0) {
		any = true;
		rc = add_line(k, line);
	}
	if (!rc && ferror(f))
		rc = -EIO;
	if (!rc && any && k->n == 0)
		rc = -EACCES;
	free(line);
	return rc;
}

/* All aliases but the first give way, and what was room for more. */
static void sort_symbols(struct kallsyms *k)
{
	size_t kept = 0;

	if (k->n == 0)
		return;
	qsort(k->symbols, k->n, sizeof(*k->symbols), compare_symbols);
	for (size_t i = 0; i < k->n; i++)
		if (kept == 0 || k->symbols[i].start != k->symbols[kept - 1].start)
			k->symbols[kept++] = k->symbols[i];
	k->n = kept;

	struct symbol *fitted = reallocarray(k->symbols, kept, sizeof(*fitted));

	if (fitted)
		k->symbols = fitted;
}

int kallsyms__read(const char *path, struct kallsyms **ret_kallsyms)
{
	FILE *f = fopen(path, "re");

	if (!f)
		return -errno;

	struct kallsyms *k = calloc(1, sizeof(*k));
	int rc = -ENOMEM;

	if (k) {
		strbuf__init(&k->names);
		rc = read_lines(k, f);
	}
	fclose(f);
	if (rc) {
		kallsyms__free(k);
		return rc;
	}
	sort_symbols(k);
	*ret_kallsyms = k;
	return 0;
}

void kallsyms__free(struct kallsyms *k)
{
	if (!k)
		return;
	strbuf__fini(&k->names);
	free(k->symbols);
	free(k);
}

const char *kallsyms__name(const struct kallsyms *k, u64 address)
{
	const struct symbol key = {.start = address};
	const struct symbol *found =
		k->n ? bsearch(&key, k->symbols, k->n, sizeof(key), compare_starts) : NULL;

	return found ? k->names.data + found->name : NULL;
}
