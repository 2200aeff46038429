/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as label texts, split at NULs: every rendered value reads back the same. */
#include <stdlib.h>
#include <string.h>

#include "aggregators/labels.h"
#include "aggregators/snapshot.h"
#include "exporters/expo.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

/* Compares the next quoted value with the text; returns what is behind it. */
static const char *check_value(const char *p, const char *text, size_t n)
{
	p = strchr(p, '"') + 1;
	for (size_t i = 0; i < n; i++, p++) {
		const bool escaped = *p == '\\' && *++p;

		if (text[i] != (escaped && *p == 'n' ? '\n' : *p) ||
		    (!escaped && strchr("\"\n", *p)))
			abort();
	}
	return *p == '"' ? p + 1 : "";
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static const char *const names[LABELS_MAX] = {[0 ... LABELS_MAX - 1] = "label"};
	struct label_builder b = {0};
	struct label_arena arena = {0};
	struct expo e;
	struct strbuf out;

	for (size_t at = 0, n; at < size && b.n < LABELS_MAX; at += n + 1) {
		n = strnlen((const char *)data + at, size - at);
		label_builder__append(&b, (const char *)data + at, n);
	}

	const struct family_desc desc = {.name = "x", .label_names = names, .nlabels = b.n};
	const struct labels *labels = label_arena__copy(&arena, &b);
	const struct family_snapshot fs = {.labels = &labels, .rows.sums = &(u128){42}};

	expo__init(&e);
	strbuf__init(&out);
	if (expo__begin(&e, &desc))
		abort();
	expo__series(&e, &out, &fs, 0);

	const char *p = out.data + 1;
	size_t n;
	u16 pos = 0;

	for (const char *text; labels__next(labels, &pos, &text, &n);)
		p = check_value(p, text, n);
	if (strcmp(p, b.n > 0 ? "} 42\n" : " 42\n") != 0)
		abort();
	strbuf__fini(&out);
	expo__fini(&e);
	label_arena__fini(&arena);
	return 0;
}
