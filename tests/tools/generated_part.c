/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/tools/generated_part.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/strbuf.h"

static const char end_mark[] = "<!-- end -->\n";

static int read_file(const char *path, struct strbuf *text, struct err *err)
{
	FILE *in = fopen(path, "re");
	size_t n = 1;

	while (in && n > 0) {
		char *to = strbuf__reserve(text, 4096);

		n = to ? fread(to, 1, 4096, in) : 0;
		text->len += n;
	}
	bool ok = in && !ferror(in);
	char *end = ok ? strbuf__reserve(text, 1) : NULL;

	if (end)
		*end = '\0';
	if (in)
		fclose(in);
	return end ? 0 : err__set(err, -EIO, "cannot read it");
}

static int write_file(const char *path, const struct strbuf *text, struct err *err)
{
	FILE *out = fopen(path, "we");
	bool ok = out && fwrite(text->data, 1, text->len, out) == text->len;

	if (out && fclose(out))
		ok = false;
	return ok ? 0 : err__set(err, -EIO, "cannot write it");
}

/* The text with what stands between the marks made anew. */
static int renew(const struct generated_part *part, const struct strbuf *text, struct strbuf *out,
		 struct err *err)
{
	char begin_mark[256];
	int rc;

	snprintf(begin_mark, sizeof(begin_mark), "<!-- written by `make docs` from %s -->\n",
		 part->source);

	const char *begin = strstr(text->data, begin_mark);
	const char *end = begin ? strstr(begin, end_mark) : NULL;

	if (!end)
		return err__set(err, -EINVAL, "no marks to write between");
	strbuf__append(out, text->data, (size_t)(begin - text->data) + strlen(begin_mark));
	rc = part->put(out, err);
	strbuf__puts(out, end);
	if (!rc && out->failed)
		rc = err__set_errno(err, -ENOMEM, "write");
	return rc;
}

static int check_or_write(const struct generated_part *part, bool writes, const char *path,
			  struct err *err)
{
	struct strbuf text, renewed;
	int rc;

	strbuf__init(&text);
	strbuf__init(&renewed);
	rc = read_file(path, &text, err);
	if (!rc)
		rc = renew(part, &text, &renewed, err);
	if (!rc && (text.len != renewed.len || memcmp(text.data, renewed.data, text.len) != 0))
		rc = writes ? write_file(path, &renewed, err)
			    : err__set(err, -ESTALE, "not what %s says: run `make docs`",
				       part->source);
	strbuf__fini(&text);
	strbuf__fini(&renewed);
	return rc;
}

int generated_part__main(const struct generated_part *part, int argc, char **argv)
{
	const bool writes = argc == 3 && !strcmp(argv[1], "write");
	struct err err = {0};

	if (argc != 3 || (!writes && strcmp(argv[1], "check") != 0)) {
		fprintf(stderr, "usage: %s check|write FILE\n", argv[0]);
		return 2;
	}
	if (check_or_write(part, writes, argv[2], &err)) {
		fprintf(stderr, "%s: %s\n", argv[2], err.msg);
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}
