/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aggregators/labels.h"
#include "base/err.h"
#include "bench/stream.h"
#include "bench/stream_calls.h"
#include "bench/stream_drawn.h"
#include "bench/stream_words.h"
#include "bench/truth.h"

static void make_key(const struct stream *s, const char *first, const char *second, u64 *key)
{
	memset(key, 0, STREAM_WORDS_MAX * sizeof(*key));
	stream__put_text(s, 0, first, strlen(first), key);
	stream__put_text(s, 1, second, strlen(second), key);
}

static const struct stream_label two_labels[] = {{"comm", 2}, {"syscall", 1}};

static void keeps_each_key_once_and_every_event(void **state)
{
	u64 a[STREAM_WORDS_MAX], b[STREAM_WORDS_MAX], copied[4 * 3];
	struct stream s;

	(void)state;
	stream__init(&s, "s", two_labels, 2);
	make_key(&s, "sh", "1", a);
	make_key(&s, "sh", "2", b);
	assert_int_equal(stream__find(&s, a), STREAM_NO_KEY);
	stream__add(&s, a);
	stream__add(&s, b);
	stream__add(&s, b);
	stream__add(&s, a);
	assert_false(s.failed);
	assert_int_equal(s.n, 4);
	assert_int_equal(s.nkeys, 2);
	assert_int_equal(stream__find(&s, b), 1);
	stream__copy(&s, 1, 3, copied);
	assert_memory_equal(copied, b, 3 * sizeof(u64));
	assert_memory_equal(copied + 6, a, 3 * sizeof(u64));
	stream__fini(&s);
}

/* More keys than its tables begin with; each is found under the number it got. */
static void grows(void **state)
{
	enum { KEYS = 100000 };
	static const struct stream_label label = {"key", 1};
	struct stream s;

	(void)state;
	stream__init(&s, "s", &label, 1);
	for (u64 i = 0; i < KEYS; i++)
		stream__add(&s, &i);
	assert_int_equal(s.nkeys, KEYS);
	for (u64 i = 0; i < KEYS; i++)
		assert_int_equal(stream__find(&s, &i), i);
	stream__fini(&s);
}

static void assert_builds(const struct stream *s, const u64 *key, const char *first,
			  const char *second)
{
	static struct label_builder got, want;

	stream__build(s, key, &got);
	label_builder__reset(&want);
	label_builder__append(&want, first, strlen(first));
	label_builder__append(&want, second, strlen(second));
	assert_int_equal(got.nbytes, want.nbytes);
	assert_memory_equal(got.bytes, want.bytes, want.nbytes);
}

/* A text that fills its place has no NUL; a longer one is cut. */
static void a_key_is_its_texts(void **state)
{
	u64 key[STREAM_WORDS_MAX];
	struct stream s;

	(void)state;
	stream__init(&s, "s", two_labels, 2);
	make_key(&s, "sh", "257", key);
	assert_builds(&s, key, "sh", "257");
	make_key(&s, "0123456789abcdefghi", "12345678", key);
	assert_builds(&s, key, "0123456789abcdef", "12345678");
	stream__fini(&s);
}

static void finds_the_key_of_a_label_set(void **state)
{
	static struct label_builder b;
	u64 key[STREAM_WORDS_MAX];
	struct labels *labels;
	struct stream s;

	(void)state;
	stream__init(&s, "s", two_labels, 2);
	make_key(&s, "cc1", "257", key);
	stream__add(&s, key);
	stream__build(&s, key, &b);
	labels = calloc(1, sizeof(*labels) + b.nbytes);
	assert_non_null(labels);
	labels->n = b.n;
	labels->nbytes = b.nbytes;
	memcpy(labels->bytes, b.bytes, b.nbytes);
	assert_int_equal(stream__find_labels(&s, labels), 0);
	labels->bytes[2] = 'x'; /* the first letter */
	assert_int_equal(stream__find_labels(&s, labels), STREAM_NO_KEY);
	free(labels);
	stream__fini(&s);
}

static void dropping_labels_joins_keys(void **state)
{
	struct stream s, fewer;
	u64 key[STREAM_WORDS_MAX];

	(void)state;
	stream__init(&s, "s", two_labels, 2);
	for (int i = 0; i < 6; i++) {
		make_key(&s, i % 2 ? "sh" : "cc1", i % 3 ? "1" : "2", key);
		stream__add(&s, key);
	}
	assert_int_equal(s.nkeys, 4);
	assert_int_equal(stream_drop_labels(&s, "fewer", 1, &fewer), 0);
	assert_int_equal(fewer.n, 6);
	assert_int_equal(fewer.nkeys, 2);
	assert_int_equal(fewer.words, 2);
	assert_memory_equal(stream__key(&fewer, 0), "cc1\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
	stream__fini(&fewer);
	stream__fini(&s);
}

static void draw(const struct stream_draw *what, struct stream *s, struct truth *truth)
{
	assert_int_equal(stream_draw(what, s), 0);
	assert_int_equal(s->n, what->n);
	assert_int_equal(truth__init(truth, s), 0);
}

/* 1 / zeta-like sums: H(1000, 1) = 7.4855, H(1000, 1.2) = 4.3358 */
static void zipf_has_the_exponent_it_is_given(void **state)
{
	static const struct {
		double exponent;
		double first;
		double tenth;
	} cases[] = {{1.0, 0.13359, 0.013359}, {1.2, 0.23070, 0.014556}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct stream_draw what = {
			.name = "z", .keys = 1000, .exponent = cases[i].exponent, .n = 200000};
		struct truth truth;
		struct stream s;

		draw(&what, &s, &truth);
		assert_true(fabs(truth__oracle_share(&truth, 1) - cases[i].first) < 0.005);
		assert_true(fabs((double)truth.sorted[9] / 200000 - cases[i].tenth) < 0.002);
		truth__fini(&truth);
		stream__fini(&s);
	}
}

static void uniform_has_no_favourites(void **state)
{
	static const struct stream_draw what = {.name = "u", .keys = 100, .n = 200000};
	struct truth truth;
	struct stream s;

	(void)state;
	draw(&what, &s, &truth);
	assert_int_equal(s.nkeys, 100);
	assert_in_range(truth.sorted[0], 2000, 2300);
	assert_in_range(truth.sorted[99], 1700, 2000);
	truth__fini(&truth);
	stream__fini(&s);
}

/* Each third of the stream has hot keys of its own: of 60 %, ten keys get 2 % of that third each.
 */
static void the_hot_set_moves(void **state)
{
	static const struct stream_draw what = {
		.name = "m",
		.keys = 100000,
		.hot = {.share = 0.6, .keys = 10, .stay = 100000},
		.n = 300000,
	};
	struct truth truth;
	struct stream s;

	(void)state;
	draw(&what, &s, &truth);
	assert_true(fabs(truth__oracle_share(&truth, 30) - 0.6) < 0.01);
	for (u32 i = 0; i < 30; i++)
		assert_in_range(truth.sorted[i], 5600, 6400);
	assert_in_range(truth.sorted[30], 1, 20);
	truth__fini(&truth);
	stream__fini(&s);
}

static void write_file(const char *folder, const char *name, const char *text, size_t n)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "we");
	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, n, file), n);
	assert_int_equal(fclose(file), 0);
}

static void remove_files(const char *folder, const char *const *names)
{
	char path[256];

	for (; *names; names++) {
		snprintf(path, sizeof(path), "%s/%s", folder, *names);
		assert_int_equal(remove(path), 0);
	}
	assert_int_equal(rmdir(folder), 0);
}

static void assert_words(const struct stream *s, const char *const *want)
{
	size_t n = 0;

	for (; want[n]; n++) {
		u64 key[STREAM_WORDS_MAX] = {0};

		stream__put_text(s, 0, want[n], strlen(want[n]), key);
		assert_true(n < s->n);
		assert_memory_equal(stream__key(s, s->events[n]), key, sizeof(key));
	}
	assert_int_equal(s->n, n);
}

static void words_come_in_the_order_of_the_files(void **state)
{
	static const char *const names[] = {"a", "b.gz", "c/x", "c", "d", "e", NULL};
	static const char *const all[] = {"The", "cat", "s", "hat", "x", "The", "end", NULL};
	static const char *const some[] = {"The", "cat", "s", NULL};
	char folder[] = "/tmp/test_stream.XXXXXX", below[64];
	const char *const folders[] = {"/nowhere/at/all", folder, NULL};
	struct err err = {0};
	struct stream s;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(below, sizeof(below), "%s/c", folder);
	assert_int_equal(mkdir(below, 0700), 0);
	write_file(folder, "e", "The_end", 7);
	write_file(folder, "d", "\0binary", 7);
	write_file(folder, "c/x", "x\n", 2);
	write_file(folder, "b.gz", "zipped", 6);
	write_file(folder, "a", "(The cat's) 9hat9", 17);

	assert_int_equal(stream_read_words(folders, SIZE_MAX, &s, &err), 0);
	assert_words(&s, all);
	stream__fini(&s);
	assert_int_equal(stream_read_words(folders, 3, &s, &err), 0);
	assert_words(&s, some);
	stream__fini(&s);
	remove_files(folder, names);
}

static void no_words_are_an_error(void **state)
{
	static const char *const folders[] = {"/nowhere/at/all", NULL};
	struct err err = {0};
	struct stream s;

	(void)state;
	assert_int_equal(stream_read_words(folders, 3, &s, &err), -ENODATA);
	assert_string_equal(err.msg, "there are no texts");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_each_key_once_and_every_event),
		cmocka_unit_test(grows),
		cmocka_unit_test(a_key_is_its_texts),
		cmocka_unit_test(finds_the_key_of_a_label_set),
		cmocka_unit_test(dropping_labels_joins_keys),
		cmocka_unit_test(zipf_has_the_exponent_it_is_given),
		cmocka_unit_test(uniform_has_no_favourites),
		cmocka_unit_test(the_hot_set_moves),
		cmocka_unit_test(words_come_in_the_order_of_the_files),
		cmocka_unit_test(no_words_are_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
