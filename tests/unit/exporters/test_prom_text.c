/* SPDX-License-Identifier: Apache-2.0 */
/* Golden files: `UPDATE_GOLDEN=1 test_exporters_prom_text` writes them anew; look at the diff. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <stdlib.h>

#include "base/util.h"
#include "exporters/prom_text.h"
#include "tests/unit/exporters/snapshots.h"

static void render(const struct snapshot *s, size_t max_lines, struct strbuf *out)
{
	struct prom_text t;
	int more;

	strbuf__init(out);
	prom_text__init(&t, s);
	do {
		more = prom_text__step(&t, out, max_lines);
	} while (more > 0);
	assert_int_equal(more, 0);
	prom_text__fini(&t);
}

static void read_file(const char *path, struct strbuf *out)
{
	FILE *in = fopen(path, "rb");
	char part[4096];
	size_t n;

	if (!in)
		fail_msg("%s cannot be read", path);
	strbuf__init(out);
	while ((n = fread(part, 1, sizeof(part), in)) > 0)
		strbuf__append(out, part, n);
	fclose(in);
}

static void write_file(const char *path, const struct strbuf *text)
{
	FILE *out = fopen(path, "wb");

	assert_non_null(out);
	assert_int_equal(fwrite(text->data, 1, text->len, out), text->len);
	assert_int_equal(fclose(out), 0);
}

/* Compares with tests/golden/NAME.prom, rendered in one go and in the smallest steps. */
static void assert_golden(const struct snapshot *s, const char *name)
{
	static const size_t steps[] = {SIZE_MAX, 1, 2, 3};
	char path[512];
	struct strbuf got;
	struct strbuf golden;

	snprintf(path, sizeof(path), "%s/%s.prom", GOLDEN_DIR, name);
	if (getenv("UPDATE_GOLDEN")) {
		render(s, SIZE_MAX, &got);
		write_file(path, &got);
		strbuf__fini(&got);
	}
	read_file(path, &golden);
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		render(s, steps[i], &got);
		assert_string_equal(got.data, golden.data);
		assert_int_equal(got.len, golden.len);
		strbuf__fini(&got);
	}
	strbuf__fini(&golden);
}

static const char *const io_labels[] = {"device", "operation"};
static const u64 io_bounds[] = {1000, 128000, 1000000, 64000000, 1000000000, 64000000000};

static const struct family_desc io_bytes = {
	.name = "ringtally_block_io_bytes_total",
	.help = "Bytes of completed block I/O.",
	.shape = AGG_SHAPE_COUNTER,
	.label_names = io_labels,
	.nlabels = 2,
};

static const struct family_desc io_latency = {
	.name = "ringtally_block_io_latency_seconds",
	.help = "Time from issue to completion.",
	.shape = AGG_SHAPE_HISTOGRAM,
	.scale = 9,
	.label_names = io_labels,
	.nlabels = 2,
	.bounds = io_bounds,
	.nbounds = ARRAY_SIZE(io_bounds),
};

static const struct family_desc oncpu = {
	.name = "ringtally_top_oncpu_seconds_total",
	.help = "Commands that ran most.",
	.shape = AGG_SHAPE_COUNTER,
	.scale = 9,
	.label_names = (const char *const[]){"comm"},
	.nlabels = 1,
};

static const struct family_desc nothing = {
	.name = "ringtally_nothing_total",
	.help = "A family without series is not shown.",
	.shape = AGG_SHAPE_COUNTER,
};

static const struct family_desc generation = {
	.name = "ringtally_self_generation",
	.help = "Configurations loaded since the start.",
	.shape = AGG_SHAPE_GAUGE,
};

static void every_kind_of_family(void **state)
{
	struct snapshot *s;

	(void)state;
	assert_int_equal(snapshot__new(&s), 0);
	snapshot__begin(s, &nothing);
	snapshot__begin(s, &io_bytes);
	snapshot__sample(s, 0, TEXTS("loop0", "flush"));
	snapshot__sample(s, 4096, TEXTS("sda", "read"));
	snapshot__sample(s, ((u128)1 << 64) + 1, TEXTS("nvme0n1", "write"));
	add_histogram(s, &io_latency, TEXTS("sda", "read"), (const u64[]){0, 2, 5, 0, 1, 0, 3},
		      190000128001);
	snapshot__begin(s, &oncpu);
	snapshot__sample(s, 12345678901, TEXTS("Web Content"));
	snapshot__sample(s, 1, TEXTS("a\"quote"));
	snapshot__sample(s, 3600000000000, TEXTS("back\\slash\nnewline"));
	snapshot__begin(s, &nothing);
	snapshot__begin(s, &generation);
	snapshot__sample(s, 1, NULL);
	snapshot__begin(s, &nothing);
	assert_golden(s, "every_kind_of_family");
	snapshot__free(s);
}

static void nothing_at_all(void **state)
{
	struct snapshot *s;
	struct strbuf out;

	(void)state;
	assert_int_equal(snapshot__new(&s), 0);
	snapshot__begin(s, &nothing);
	render(s, 1, &out);
	assert_string_equal(out.data, "");
	strbuf__fini(&out);
	snapshot__free(s);
}

static void a_step_is_bounded(void **state)
{
	struct snapshot *s = snapshot_of_counters(1000);
	struct prom_text t;
	struct strbuf out;
	size_t steps = 1;

	(void)state;
	strbuf__init(&out);
	prom_text__init(&t, s);
	while (prom_text__step(&t, &out, 100) > 0) {
		size_t lines = 0;

		for (size_t i = 0; i < out.len; i++)
			lines += out.data[i] == '\n';
		assert_in_range(lines, 1, 102);
		strbuf__reset(&out);
		steps++;
	}
	assert_int_equal(steps, 10);
	prom_text__fini(&t);
	strbuf__fini(&out);
	snapshot__free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_of_family),
		cmocka_unit_test(nothing_at_all),
		cmocka_unit_test(a_step_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
