/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a where, in each way it can stand in a file: a tree or one finding, never both. */
#include <stdint.h>
#include <stdlib.h>

#include "config/arena.h"
#include "config/where.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t count_tests(const struct where *w)
{
	if (w->kind == WHERE_TEST) {
		if (!w->field.s || w->nvalues == 0 || !w->values[w->nvalues - 1].s)
			abort();
		return 1;
	}
	if (!w->left || (w->kind == WHERE_NOT) != !w->right)
		abort();
	return count_tests(w->left) + (w->right ? count_tests(w->right) : 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (int style = 0; style < 4; style++) {
		struct config_arena *arena = config_arena__new();
		struct config_text text = {
			.s = config_arena__strndup(arena, (const char *)data, size),
			.pos = {"fuzz", 1, 1},
			.quoted = style & 1,
			.folded = style & 2,
		};
		struct where *where = NULL;
		struct diags diags;

		diags__init(&diags);
		if (where__parse(&text, arena, &diags, &where) || diags.errors != !where)
			abort();
		if (where && count_tests(where) > 256)
			abort();
		diags__fini(&diags);
		config_arena__free(arena);
	}
	return 0;
}
