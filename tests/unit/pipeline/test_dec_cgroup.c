/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/pipeline/decoder_test.h"

#include <errno.h>
#include <stdio.h>

#include "base/utf8.h"
#include "pipeline/cgroups.h"
#include "pipeline/decoders/dec_cgroup.h"
#include "tests/unit/pipeline/temp_tree.h"

#define SECOND 1000000000ULL
#define TEN    "0123456789"
#define FIFTY  TEN TEN TEN TEN TEN

static u64 clock_ns;

static u64 now_ns(void)
{
	return clock_ns;
}

static struct decoder_env env_of(const struct temp_tree *t)
{
	struct decoder_env env = {.now_ns = now_ns};
	struct err err = {0};

	clock_ns = 0;
	if (cgroups__new(t->root, CGROUPS_NAMES_MAX, 0, &env.cgroups, &err))
		fail_msg("%s", err.msg);
	return env;
}

static void ids_become_paths(void **state)
{
	struct temp_tree t;

	(void)state;
	temp_tree__init(&t);
	temp_tree__mkdir(&t, "system.slice");
	const u64 unit = temp_tree__mkdir(&t, "system.slice/caf\xc3\xa9.service");
	const u64 bytes = temp_tree__mkdir(&t, "caf\xe9");

	const struct decoder_env env = env_of(&t);
	struct decoder *d = create_decoder(&dec_cgroup_ops, &env);

	assert_word_is(d, temp_tree__id(&t, ""), "/");
	assert_word_is(d, unit, "/system.slice/caf\xc3\xa9.service");
	assert_word_is(d, bytes, "/caf" UTF8_REPLACEMENT);
	d->ops->destroy(d);
	cgroups__free(env.cgroups);
	temp_tree__fini(&t);
}

static void unknown_ids_are_provisional_until_a_walk_finds_them(void **state)
{
	struct temp_tree t;

	(void)state;
	temp_tree__init(&t);
	const struct decoder_env env = env_of(&t);
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
	cgroups__free(env.cgroups);
	temp_tree__fini(&t);
}

/* Others look at the whole path before the label is cut. */
static void long_paths_are_whole(void **state)
{
	struct temp_tree t;

	(void)state;
	temp_tree__init(&t);
	temp_tree__mkdir(&t, FIFTY FIFTY);
	temp_tree__mkdir(&t, FIFTY FIFTY "/" FIFTY FIFTY);
	const u64 large = temp_tree__mkdir(&t, FIFTY FIFTY "/" FIFTY FIFTY "/" FIFTY FIFTY);
	const struct decoder_env env = env_of(&t);
	struct decoder *d = create_decoder(&dec_cgroup_ops, &env);

	assert_word_is(d, large, "/" FIFTY FIFTY "/" FIFTY FIFTY "/" FIFTY FIFTY);
	d->ops->destroy(d);
	cgroups__free(env.cgroups);
	temp_tree__fini(&t);
}

static void without_cgroup2_texts_are_empty(void **state)
{
	const struct decoder_env env = {.now_ns = now_ns};
	struct decoder *d = create_decoder(&dec_cgroup_ops, &env);

	(void)state;
	assert_word_is(d, 1, "");
	assert_no_word(d, "/", -ENOTSUP);
	clock_ns += SECOND;
	assert_word_is(d, 4711, "");
	d->ops->destroy(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_become_paths),
		cmocka_unit_test(unknown_ids_are_provisional_until_a_walk_finds_them),
		cmocka_unit_test(long_paths_are_whole),
		cmocka_unit_test(without_cgroup2_texts_are_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
