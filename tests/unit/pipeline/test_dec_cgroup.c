/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The linker sends the decoder's calls of mountinfo_find and log_line here: the machine has cgroup2
 * where a test says so, and warnings are counted.
 */
#include "tests/unit/pipeline/decoder_test.h"

#include <errno.h>
#include <stdio.h>

#include "base/log.h"
#include "base/utf8.h"
#include "pipeline/decoders/dec_cgroup.h"
#include "pipeline/mountinfo.h"
#include "tests/unit/pipeline/temp_tree.h"

#define SECOND 1000000000ULL
#define TEN    "0123456789"
#define FIFTY  TEN TEN TEN TEN TEN

int __wrap_mountinfo_find(const char *mountinfo, const char *fstype, char **ret_path);
void __wrap_log_line(enum log_level level, const char *msg, ...);

static const char *mount_point; /* NULL: none */
static int find_error;
static u32 warnings;
static u64 clock_ns;

int __wrap_mountinfo_find(const char *mountinfo, const char *fstype, char **ret_path)
{
	assert_string_equal(mountinfo, "/proc/self/mountinfo");
	assert_string_equal(fstype, "cgroup2");
	if (find_error)
		return find_error;
	if (!mount_point)
		return -ENOENT;
	*ret_path = strdup(mount_point);
	return *ret_path ? 0 : -ENOMEM;
}

void __wrap_log_line(enum log_level level, const char *msg, ...)
{
	assert_int_equal(level, LOG_WARN);
	assert_non_null(msg);
	warnings++;
}

static u64 now_ns(void)
{
	return clock_ns;
}

static int reset(void **state)
{
	(void)state;
	mount_point = NULL;
	find_error = 0;
	warnings = 0;
	clock_ns = 0;
	return 0;
}

static void ids_become_paths(void **state)
{
	const struct decoder_env env = {.now_ns = now_ns};
	struct temp_tree t;

	(void)state;
	temp_tree__init(&t);
	temp_tree__mkdir(&t, "system.slice");
	const u64 unit = temp_tree__mkdir(&t, "system.slice/caf\xc3\xa9.service");
	const u64 bytes = temp_tree__mkdir(&t, "caf\xe9");

	mount_point = t.root;
	struct decoder *d = create_decoder(&dec_cgroup_ops, &env);

	assert_word_is(d, temp_tree__id(&t, ""), "/");
	assert_word_is(d, unit, "/system.slice/caf\xc3\xa9.service");
	assert_word_is(d, bytes, "/caf" UTF8_REPLACEMENT);
	assert_int_equal(warnings, 0);
	d->ops->destroy(d);
	temp_tree__fini(&t);
}

static void unknown_ids_are_provisional_until_a_walk_finds_them(void **state)
{
	struct temp_tree t;

	(void)state;
	temp_tree__init(&t);
	const struct decoder_env env = {.cgroup_root = t.root, .now_ns = now_ns};
	struct decoder *d = create_decoder(&dec_cgroup_ops, &env);
	const u64 late = temp_tree__mkdir(&t, "late");
	const struct decoded answer = decode_words(d, &late, 1);
	char want[64];

	snprintf(want, sizeof(want), "unknown_cgroup_id:%llu", late);
	assert_string_equal(answer.text, want);
	assert_true(answer.provisional);
	assert_false(answer.error);
	clock_ns += SECOND;
	assert_word_is(d, late, "/late");
	temp_tree__rmdir(&t, "late");
	clock_ns += SECOND;
	assert_word_is(d, late, "/late");
	d->ops->destroy(d);
	temp_tree__fini(&t);
}

static void long_paths_end_in_dots(void **state)
{
	struct temp_tree t;

	(void)state;
	temp_tree__init(&t);
	temp_tree__mkdir(&t, FIFTY FIFTY);
	temp_tree__mkdir(&t, FIFTY FIFTY "/" FIFTY FIFTY);
	const u64 fits = temp_tree__mkdir(&t, FIFTY FIFTY "/" FIFTY FIFTY "/" FIFTY "abc");
	const u64 large = temp_tree__mkdir(&t, FIFTY FIFTY "/" FIFTY FIFTY "/" FIFTY "abcd");
	const struct decoder_env env = {.cgroup_root = t.root, .now_ns = now_ns};
	struct decoder *d = create_decoder(&dec_cgroup_ops, &env);

	assert_word_is(d, fits, "/" FIFTY FIFTY "/" FIFTY FIFTY "/" FIFTY "abc");
	assert_word_is(d, large, "/" FIFTY FIFTY "/" FIFTY FIFTY "/" FIFTY "...");
	d->ops->destroy(d);
	temp_tree__fini(&t);
}

static void without_cgroup2_texts_are_empty_and_one_warning_says_so(void **state)
{
	const struct decoder_env env = {.now_ns = now_ns};
	struct decoder *d = create_decoder(&dec_cgroup_ops, &env);

	(void)state;
	assert_word_is(d, 1, "");
	assert_no_word(d, "/", -ENOTSUP);
	clock_ns += SECOND;
	assert_word_is(d, 4711, "");
	assert_int_equal(warnings, 1);
	d->ops->destroy(d);
}

static void what_cannot_be_read_is_an_error(void **state)
{
	static const struct {
		const char *root;
		int find_error;
		int want;
		const char *want_msg;
	} cases[] = {
		{"/no/such/root", 0, -ENOENT,
		 "decoder cgroup: cgroups in /no/such/root: No such file or directory"},
		{NULL, -EIO, -EIO,
		 "decoder cgroup: find cgroup2 in /proc/self/mountinfo: Input/output error"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct decoder_env env = {.cgroup_root = cases[i].root, .now_ns = now_ns};
		struct decoder *d = NULL;
		struct err err = {0};

		find_error = cases[i].find_error;
		assert_int_equal(dec_cgroup_ops.create(&env, &d, &err), cases[i].want);
		assert_string_equal(err.msg, cases[i].want_msg);
		assert_null(d);
	}
	assert_int_equal(warnings, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(ids_become_paths, reset),
		cmocka_unit_test_setup(unknown_ids_are_provisional_until_a_walk_finds_them, reset),
		cmocka_unit_test_setup(long_paths_end_in_dots, reset),
		cmocka_unit_test_setup(without_cgroup2_texts_are_empty_and_one_warning_says_so,
				       reset),
		cmocka_unit_test_setup(what_cannot_be_read_is_an_error, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
