/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <stdlib.h>
#include <sys/random.h>

#include "base/strbuf.h"
#include "base/util.h"
#include "exporters/top_json.h"
#include "tests/unit/exporters/snapshots.h"

static const char *const names[] = {"comm", "device"};

struct fixture {
	struct snapshot *s;
	struct strbuf out;
};

static void setup(struct fixture *f)
{
	assert_int_equal(snapshot__new(&f->s), 0);
	strbuf__init(&f->out);
}

static void teardown(struct fixture *f)
{
	snapshot__free(f->s);
	strbuf__fini(&f->out);
}

static void begin(struct fixture *f, u16 nlabels, u8 scale)
{
	const struct family_desc desc = {
		.name = "m_total",
		.help = "",
		.scale = scale,
		.label_names = names,
		.nlabels = nlabels,
	};

	snapshot__begin(f->s, &desc);
}

/* A special series, whose texts are not escaped as those that the kernel gives are. */
static void add_special(struct fixture *f, const char *comm, const char *device, u128 value)
{
	struct family_snapshot *fs = &f->s->families[f->s->n - 1];
	struct label_builder b;

	snapshot__sample(f->s, value, TEXTS("x", "y"));
	label_builder__set_special(&b, 1, comm);
	if (strcmp(comm, device) != 0)
		label_builder__append(&b, device, strlen(device));
	else
		label_builder__set_special(&b, 2, comm);
	fs->labels[fs->n - 1] = label_arena__copy(&f->s->arena, &b);
}

static void expect(struct fixture *f, u32 k, const char *want)
{
	strbuf__reset(&f->out);
	top_json_put(&f->out, &f->s->families[0], k);
	assert_false(f->out.failed);
	assert_string_equal(f->out.data, want);
}

#define SERIES(comm, device, value) \
	"{\"labels\":{\"comm\":\"" comm "\",\"device\":\"" device "\"},\"value\":" value "}"

static void the_heaviest_stand_first(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f);
	begin(&f, 2, 0);
	add_special(&f, "__other__", "__other__", 1000);
	add_special(&f, "__lost__", "__lost__", 2000);
	snapshot__sample(f.s, 5, TEXTS("a", "sda"));
	snapshot__sample(f.s, 7, TEXTS("b", "sda"));
	snapshot__sample(f.s, 6, TEXTS("a", "sdb"));
	snapshot__sample(f.s, 7, TEXTS("c", "sda"));
	f.s->families[0].error_bound = 3;
	expect(&f, 3,
	       "{\"metric\":\"m_total\",\"k\":3,\"error_bound\":3,\"series\":[" SERIES(
		       "b", "sda",
		       "7") "," SERIES("c", "sda",
				       "7") "," SERIES("a", "sdb",
						       "6") "],\"other\":1000,\"lost\":2000}\n");
	expect(&f, 1,
	       "{\"metric\":\"m_total\",\"k\":1,\"error_bound\":3,\"series\":[" SERIES(
		       "b", "sda", "7") "],\"other\":1000,\"lost\":2000}\n");
	teardown(&f);
}

static void what_is_folded_in_part_is_other_too(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f);
	begin(&f, 2, 0);
	add_special(&f, "__other__", "__other__", 1);
	add_special(&f, "__lost__", "__lost__", 0);
	add_special(&f, "__other__", "sda", 20);
	add_special(&f, "__other__", "sdb", 300);
	snapshot__sample(f.s, 5, TEXTS("__other__", "sda")); /* a program of this name: escaped */
	expect(&f, 9,
	       "{\"metric\":\"m_total\",\"k\":9,\"error_bound\":0,\"series\":[" SERIES(
		       "___other__", "sda", "5") "],\"other\":321,\"lost\":0}\n");
	teardown(&f);
}

static void numbers_have_all_their_digits(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f);
	begin(&f, 2, 9);
	add_special(&f, "__other__", "__other__", 1500000000);
	snapshot__sample(f.s, ((u128)1 << 100) + 1, TEXTS("a", "sda"));
	snapshot__sample(f.s, 1, TEXTS("b", "sda"));
	f.s->families[0].error_bound = 250000;
	expect(&f, 2,
	       "{\"metric\":\"m_total\",\"k\":2,\"error_bound\":0.00025,\"series\":[" SERIES(
		       "a", "sda",
		       "1267650600228229401496.703205377") "," SERIES("b", "sda",
								      "0.000000001") "],\"other\":"
										     "1.5,\"lost\":"
										     "0}\n");
	teardown(&f);
}

static void texts_are_json(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f);
	begin(&f, 2, 0);
	snapshot__sample(f.s, 1, TEXTS("a\"b\\\n", ""));
	expect(&f, 1,
	       "{\"metric\":\"m_total\",\"k\":1,\"error_bound\":0,\"series\":[" SERIES(
		       "a\\\"b\\\\\\n", "", "1") "],\"other\":0,\"lost\":0}\n");
	teardown(&f);
}

static void without_labels_there_is_one_series(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f);
	begin(&f, 0, 0);
	snapshot__sample(f.s, 12, NULL);
	expect(&f, 20,
	       "{\"metric\":\"m_total\",\"k\":20,\"error_bound\":0,\"series\":[{\"labels\":{},"
	       "\"value\":12}],\"other\":0,\"lost\":0}\n");
	teardown(&f);
}

static void a_histogram_weighs_its_count(void **state)
{
	static const u64 bounds[] = {1000, 2000};
	const struct family_desc desc = {
		.name = "h_seconds",
		.help = "",
		.shape = AGG_SHAPE_HISTOGRAM,
		.scale = 9,
		.label_names = names,
		.nlabels = 2,
		.bounds = bounds,
		.nbounds = ARRAY_SIZE(bounds),
	};
	struct fixture f;
	struct family_snapshot *fs;

	(void)state;
	setup(&f);
	fs = snapshot__add_family(f.s, &desc, 2);
	for (size_t i = 0; i < 2; i++) {
		struct label_builder b;

		label_builder__reset(&b);
		label_builder__append(&b, i ? "b" : "a", 1);
		label_builder__append(&b, "sda", 3);
		fs->labels[i] = label_arena__copy(&f.s->arena, &b);
		fs->rows.sums[i] = i ? 1 : 999;
	}
	memcpy(fs->rows.buckets, ((u64[]){1, 2, 3, 4, 5, U64_LARGEST}), 6 * sizeof(u64));
	fs->error_bound = 4;
	expect(&f, 5,
	       "{\"metric\":\"h_seconds\",\"k\":5,\"error_bound\":4,\"series\":[" SERIES(
		       "b", "sda",
		       "18446744073709551624") "," SERIES("a", "sda",
							  "6") "],\"other\":0,\"lost\":0}\n");
	teardown(&f);
}

static int heavier_first(const void *a, const void *b)
{
	const u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x > y ? -1 : x < y;
}

static u64 next_random(u64 *state)
{
	*state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
	return *state >> 33;
}

/* Against sorting all of them. */
static void any_k_of_many_is_the_first_of_all_sorted(void **state)
{
	enum { SERIES_N = 5000 };
	static const u32 ks[] = {1, 2, 3, 7, 100, 999, 1000, SERIES_N - 1, SERIES_N, SERIES_N + 1};
	static u64 values[SERIES_N];
	struct fixture f;
	u64 seed;

	(void)state;
	assert_int_equal(getrandom(&seed, sizeof(seed), 0), sizeof(seed));
	print_message("SEED=%llu\n", seed);
	setup(&f);
	begin(&f, 2, 0);
	for (size_t i = 0; i < SERIES_N; i++) {
		values[i] = next_random(&seed) % 3000; /* many are equal */
		snapshot__sample(f.s, values[i], TEXTS("a", "b"));
	}
	qsort(values, SERIES_N, sizeof(*values), heavier_first);
	for (size_t i = 0; i < ARRAY_SIZE(ks); i++) {
		const char *at;
		u32 n = 0;

		strbuf__reset(&f.out);
		top_json_put(&f.out, &f.s->families[0], ks[i]);
		for (at = f.out.data; (at = strstr(at, "\"value\":")); n++) {
			at += strlen("\"value\":");
			assert_true(n < SERIES_N);
			assert_int_equal(strtoull(at, NULL, 10), values[n]);
		}
		assert_int_equal(n, MIN(ks[i], (u32)SERIES_N));
	}
	teardown(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_heaviest_stand_first),
		cmocka_unit_test(what_is_folded_in_part_is_other_too),
		cmocka_unit_test(numbers_have_all_their_digits),
		cmocka_unit_test(texts_are_json),
		cmocka_unit_test(without_labels_there_is_one_series),
		cmocka_unit_test(a_histogram_weighs_its_count),
		cmocka_unit_test(any_k_of_many_is_the_first_of_all_sorted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
