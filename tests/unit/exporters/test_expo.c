/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include "base/util.h"
#include "exporters/expo.h"
#include "tests/unit/exporters/snapshots.h"

#define U128(hi, lo) ((u128)(hi) << 64 | (lo))

/* Renders all series of the snapshot's only family. */
static void render(const struct snapshot *s, struct strbuf *out)
{
	struct expo e;

	expo__init(&e);
	strbuf__init(out);
	assert_int_equal(expo__begin(&e, &s->families[0].desc), 0);
	expo__head(&e, out);
	for (size_t i = 0; i < s->families[0].n; i++)
		expo__series(&e, out, &s->families[0], i);
	expo__fini(&e);
	assert_false(out->failed);
	assert_int_equal(strlen(out->data), out->len);
}

static void label_values_and_help_are_escaped(void **state)
{
	static const char *const names[] = {"comm"};
	static const struct family_desc desc = {
		.name = "x_total",
		.help = "A \"help\" \\ on two\nlines.",
		.shape = AGG_SHAPE_COUNTER,
		.label_names = names,
		.nlabels = 1,
	};
	struct snapshot *s;
	struct strbuf out;

	(void)state;
	assert_int_equal(snapshot__new(&s), 0);
	snapshot__begin(s, &desc);
	snapshot__sample(s, 1, TEXTS("plain"));
	snapshot__sample(s, 2, TEXTS("\""));
	snapshot__sample(s, 3, TEXTS("a\\b\nc\"d"));
	snapshot__sample(s, 4, TEXTS(""));
	snapshot__sample(s, 5, TEXTS("caf\xc3\xa9\ttab"));
	render(s, &out);
	assert_string_equal(out.data, "# HELP x_total A \"help\" \\\\ on two\\nlines.\n"
				      "# TYPE x_total counter\n"
				      "x_total{comm=\"plain\"} 1\n"
				      "x_total{comm=\"\\\"\"} 2\n"
				      "x_total{comm=\"a\\\\b\\nc\\\"d\"} 3\n"
				      "x_total{comm=\"\"} 4\n"
				      "x_total{comm=\"caf\xc3\xa9\ttab\"} 5\n");
	strbuf__fini(&out);
	snapshot__free(s);
}

/* Texts are looked at in words, and the last word lies over the one before. */
static void an_escape_is_found_wherever_it_stands(void **state)
{
	static const char *const names[] = {"a"};
	static const struct family_desc desc = {
		.name = "x_total",
		.help = "",
		.shape = AGG_SHAPE_COUNTER,
		.label_names = names,
		.nlabels = 1,
	};

	(void)state;
	for (size_t n = 1; n < 40; n++) {
		for (size_t at = 0; at < n; at++) {
			char text[64] = {0}, want[96];
			struct snapshot *s;
			struct strbuf out;

			memset(text, 'x', n);
			text[at] = "\"\\\n"[at % 3];
			assert_int_equal(snapshot__new(&s), 0);
			snapshot__begin(s, &desc);
			snapshot__sample(s, 1, (const char *[]){text});
			render(s, &out);
			snprintf(want, sizeof(want),
				 "# TYPE x_total counter\nx_total{a=\"%.*s\\%c%s\"} 1\n", (int)at,
				 text, "\"\\n"[at % 3], text + at + 1);
			assert_string_equal(out.data, want);
			strbuf__fini(&out);
			snapshot__free(s);
		}
	}
}

static void an_empty_help_is_left_out(void **state)
{
	static const struct family_desc desc = {
		.name = "up", .help = "", .shape = AGG_SHAPE_GAUGE, .scale = 3};
	struct snapshot *s;
	struct strbuf out;

	(void)state;
	assert_int_equal(snapshot__new(&s), 0);
	snapshot__begin(s, &desc);
	snapshot__sample(s, 1500, NULL);
	render(s, &out);
	assert_string_equal(out.data, "# TYPE up gauge\nup 1.5\n");
	strbuf__fini(&out);
	snapshot__free(s);
}

static void buckets_are_cumulative_and_end_in_the_count(void **state)
{
	static const u64 bounds[] = {1000, 2000};
	static const u64 counts[] = {3, 0, 4};
	static const struct family_desc desc = {
		.name = "wait_seconds",
		.help = "",
		.shape = AGG_SHAPE_HISTOGRAM,
		.scale = 9,
		.bounds = bounds,
		.nbounds = 2,
	};
	struct snapshot *s;
	struct strbuf out;

	(void)state;
	assert_int_equal(snapshot__new(&s), 0);
	add_histogram(s, &desc, TEXTS(""), counts, 3000000000);
	render(s, &out);
	assert_string_equal(out.data, "# TYPE wait_seconds histogram\n"
				      "wait_seconds_bucket{le=\"1e-06\"} 3\n"
				      "wait_seconds_bucket{le=\"2e-06\"} 3\n"
				      "wait_seconds_bucket{le=\"+Inf\"} 7\n"
				      "wait_seconds_sum 3\n"
				      "wait_seconds_count 7\n");
	strbuf__fini(&out);
	snapshot__free(s);
}

/* The longest of everything at once: what expo__series reserves must be enough. */
static void the_longest_lines_fit(void **state)
{
	static u64 bounds[512];
	static u64 counts[513];
	static const char *names[LABELS_MAX];
	static char text[LABELS_MAX_BYTES];
	const char *texts[LABELS_MAX];
	struct family_desc desc = {
		.name = "n_seconds",
		.shape = AGG_SHAPE_HISTOGRAM,
		.scale = UINT8_MAX,
		.label_names = names,
		.nlabels = LABELS_MAX,
		.bounds = bounds,
		.nbounds = ARRAY_SIZE(bounds),
	};
	struct snapshot *s;
	struct strbuf out;

	(void)state;
	memset(text, '\n', LABELS_MAX_BYTES / LABELS_MAX - 4);
	for (size_t i = 0; i < LABELS_MAX; i++) {
		names[i] = "a_long_name_of_a_label";
		texts[i] = text;
	}
	for (size_t i = 0; i < ARRAY_SIZE(bounds); i++) {
		bounds[i] = UINT64_MAX - ARRAY_SIZE(bounds) + i;
		counts[i] = UINT64_MAX / 1024;
	}
	assert_int_equal(snapshot__new(&s), 0);
	add_histogram(s, &desc, texts, counts, U128(UINT64_MAX, UINT64_MAX));
	render(s, &out);
	assert_int_equal(out.data[out.len - 1], '\n');
	strbuf__fini(&out);
	snapshot__free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(label_values_and_help_are_escaped),
		cmocka_unit_test(an_escape_is_found_wherever_it_stands),
		cmocka_unit_test(an_empty_help_is_left_out),
		cmocka_unit_test(buckets_are_cumulative_and_end_in_the_count),
		cmocka_unit_test(the_longest_lines_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
