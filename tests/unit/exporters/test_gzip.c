/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "exporters/gzip.h"

enum { TEXT_BYTES = 300000, GZIP_WINDOW = 15 + 16 };

/* What zlib itself makes of it. */
static void assert_expands_to(const struct strbuf *packed, const char *text, size_t n)
{
	char *expanded = malloc(n + 1);
	z_stream z = {
		.next_in = (const unsigned char *)packed->data,
		.avail_in = (unsigned int)packed->len,
		.next_out = (unsigned char *)expanded,
		.avail_out = (unsigned int)n + 1,
	};

	assert_non_null(expanded);
	assert_int_equal(inflateInit2(&z, GZIP_WINDOW), Z_OK);
	assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
	assert_int_equal(z.avail_in, 0);
	assert_int_equal(z.total_out, n);
	if (n > 0)
		assert_memory_equal(expanded, text, n);
	inflateEnd(&z);
	free(expanded);
}

static void pack(struct gzip *g, const char *text, size_t n, size_t piece)
{
	assert_int_equal(gzip__begin(g), 0);
	for (size_t at = 0; at < n; at += piece)
		gzip__add(g, text + at, MIN(piece, n - at), false);
	gzip__add(g, text + n, 0, true);
	assert_false(g->out.failed);
}

static void any_pieces_are_one_text(void **state)
{
	static const size_t pieces[] = {1000, 4096, 65536, TEXT_BYTES};
	char *text = malloc(TEXT_BYTES);
	u64 random = 1;

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < TEXT_BYTES; i++) { /* hardly to be compressed at all */
		random = random * 6364136223846793005ULL + 1442695040888963407ULL;
		text[i] = (char)(random >> 56);
	}
	for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
		struct gzip g;

		pack(&g, text, TEXT_BYTES, pieces[i]);
		assert_expands_to(&g.out, text, TEXT_BYTES);
		gzip__end(&g);
	}
	free(text);
}

static void what_repeats_gets_small(void **state)
{
	struct strbuf text;
	struct gzip g;

	(void)state;
	strbuf__init(&text);
	for (int i = 0; i < 5000; i++)
		strbuf__printf(&text, "ringtally_syscalls_total{comm=\"worker-%d\"} %d\n", i, i);
	pack(&g, text.data, text.len, text.len);
	assert_expands_to(&g.out, text.data, text.len);
	assert_true(g.out.len < text.len / 4);
	gzip__end(&g);
	strbuf__fini(&text);
}

static void nothing_is_a_text_too(void **state)
{
	struct gzip g;

	(void)state;
	pack(&g, "", 0, 1);
	assert_expands_to(&g.out, "", 0);
	gzip__end(&g);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_pieces_are_one_text),
		cmocka_unit_test(what_repeats_gets_small),
		cmocka_unit_test(nothing_is_a_text_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
