/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/aggregators/agg_test.h"

#include <stdio.h>

#include "aggregators/label_arena.h"
#include "aggregators/series.h"
#include "base/util.h"

static void texts_come_back_in_order(void **state)
{
	static const struct {
		u16 n;
		const char *texts[4];
	} cases[] = {
		{0, {NULL}},
		{1, {""}},
		{1, {"sshd"}},
		{2, {"a,b", "c"}},
		{3, {"", "", ""}},
		{3, {"say \"hi\"", "back\\slash", "new\nline"}},
		{4, {"kworker/0:1", "λ→", "{a=\"b\"}", " "}},
	};
	struct label_arena arena = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct label_builder b;

		build(&b, cases[i].n, cases[i].texts);
		assert_false(b.truncated);
		assert_texts(label_arena__copy(&arena, &b), cases[i].n, cases[i].texts);
	}
	label_arena__fini(&arena);
}

/* Every text of at most two bytes that could confuse an encoding, the specials and their escapes.
 */
static size_t tricky_texts(char (*ret_texts)[16])
{
	static const char alphabet[] = {1, 2, ',', '"', '_'};
	static const char *const specials[] = {"__other__", "___other__", "____other__",
					       "__lost__",  "___lost__",  ""};
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(alphabet); i++) {
		snprintf(ret_texts[n++], 16, "%c", alphabet[i]);
		for (size_t j = 0; j < ARRAY_SIZE(alphabet); j++)
			snprintf(ret_texts[n++], 16, "%c%c", alphabet[i], alphabet[j]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(specials); i++)
		snprintf(ret_texts[n++], 16, "%s", specials[i]);
	return n;
}

static void different_texts_are_different_bytes(void **state)
{
	char texts[64][16];
	const size_t n = tricky_texts(texts);
	static struct label_builder sets[64 * 64];

	(void)state;
	for (size_t i = 0; i < n * n; i++)
		build(&sets[i], 2, (const char *[]){texts[i / n], texts[i % n]});
	for (size_t i = 0; i < n * n; i++)
		for (size_t j = 0; j < i; j++)
			if (sets[i].nbytes == sets[j].nbytes &&
			    memcmp(sets[i].bytes, sets[j].bytes, sets[i].nbytes) == 0)
				fail_msg("(%s|%s) and (%s|%s) are encoded alike", texts[i / n],
					 texts[i % n], texts[j / n], texts[j % n]);
}

static void only_special_texts_are_escaped(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{"__other__", "___other__"},  {"___other__", "____other__"},
		{"__lost__", "___lost__"},    {"____lost__", "_____lost__"},
		{"other", "other"},	      {"_other__", "_other__"},
		{"__other_", "__other_"},     {"__other__x", "__other__x"},
		{"x__other__", "x__other__"}, {"__init__", "__init__"},
		{"__lost____", "__lost____"}, {"_", "_"},
		{"__Other__", "__Other__"},
	};
	struct label_arena arena = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct label_builder b;

		build(&b, 1, &cases[i].text);
		assert_texts(label_arena__copy(&arena, &b), 1, &cases[i].want);
	}
	label_arena__fini(&arena);
}

static void a_special_set_has_its_text_as_it_is(void **state)
{
	struct label_arena arena = {0};
	struct label_builder b;

	(void)state;
	build(&b, 1, (const char *[]){"left from before"});
	label_builder__set_special(&b, 2, SERIES_OTHER_TEXT);
	assert_texts(label_arena__copy(&arena, &b), 2,
		     (const char *[]){SERIES_OTHER_TEXT, SERIES_OTHER_TEXT});
	label_arena__fini(&arena);
}

static void too_long_texts_are_cut_but_all_are_there(void **state)
{
	static char text[2 * LABELS_MAX_BYTES];
	struct label_arena arena = {0};
	struct label_builder b;
	u16 pos = 0, n = 0;
	const char *got;
	size_t len;

	(void)state;
	memset(text, '_', sizeof(text));
	label_builder__reset(&b);
	for (int i = 0; i < LABELS_MAX; i++)
		label_builder__append(&b, text, sizeof(text));
	assert_true(b.truncated);
	assert_in_range(b.nbytes, LABELS_MAX_BYTES - 3 * LABELS_MAX, LABELS_MAX_BYTES);

	const struct labels *l = label_arena__copy(&arena, &b);

	while (labels__next(l, &pos, &got, &len))
		n++;
	assert_int_equal(n, LABELS_MAX);
	assert_int_equal(pos, l->nbytes);
	label_arena__fini(&arena);
}

static void a_text_is_cut_between_characters(void **state)
{
	static const char *const characters[] = {"x", "é", "→", "🐝"};
	struct label_arena arena = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(characters); i++) {
		const size_t width = strlen(characters[i]);
		char text[2 * LABELS_MAX_BYTES] = "";
		struct label_builder b;
		const char *got;
		u16 pos = 0;
		size_t len;

		for (size_t at = 0; at + width <= sizeof(text); at += width)
			memcpy(&text[at], characters[i], width);
		label_builder__reset(&b);
		label_builder__append(&b, text, sizeof(text));
		assert_true(b.truncated);
		assert_true(labels__next(label_arena__copy(&arena, &b), &pos, &got, &len));
		assert_int_equal(len % width, 0);
		assert_in_range(len, LABELS_MAX_BYTES - 64, LABELS_MAX_BYTES);
		assert_memory_equal(got, text, len);
	}
	label_arena__fini(&arena);
}

/* Whatever room is left: what is cut from a text is never special, and escapes fit to the last. */
static void cut_texts_are_escaped_and_fit(void **state)
{
	static const char filler[LABELS_MAX_BYTES], text[] = "__other__ of them";
	struct label_builder special;

	(void)state;
	label_builder__set_special(&special, 1, SERIES_OTHER_TEXT);
	for (size_t used = LABELS_MAX_BYTES - 400; used <= LABELS_MAX_BYTES; used++) {
		struct label_builder b;

		label_builder__reset(&b);
		label_builder__append(&b, filler, used);
		while (b.n < LABELS_MAX) {
			const u16 start = b.nbytes;

			label_builder__append(&b, text, sizeof(text) - 1);
			assert_in_range(b.nbytes, start, LABELS_MAX_BYTES);
			if (b.nbytes - start == special.nbytes)
				assert_memory_not_equal(&b.bytes[start], special.bytes,
							special.nbytes);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_come_back_in_order),
		cmocka_unit_test(different_texts_are_different_bytes),
		cmocka_unit_test(only_special_texts_are_escaped),
		cmocka_unit_test(a_special_set_has_its_text_as_it_is),
		cmocka_unit_test(too_long_texts_are_cut_but_all_are_there),
		cmocka_unit_test(a_text_is_cut_between_characters),
		cmocka_unit_test(cut_texts_are_escaped_and_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
