/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/types.h"
#include "base/util.h"
#include "bpf/wire.h"
#include "pipeline/knobs.h"
#include "pipeline/libbpf_log.h"
#include "tests/unit/pipeline/bundle_test.h"

#define PLAN "plan_syscall_enter"

static int setup(void **state)
{
	libbpf_log_init(false);
	*state = open_bundle();
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	bpf_object__close(*state);
	return 0;
}

static void constants_have_the_value_of_the_source(void **state)
{
	struct wire_plan plan, empty = {0};
	struct err err = {0};
	u32 version = 0;

	assert_int_equal(knob__get(*state, "wire_version", &version, sizeof(version), &err), 0);
	assert_int_equal(version, WIRE_VERSION);
	memset(&plan, 1, sizeof(plan));
	assert_int_equal(knob__get(*state, PLAN, &plan, sizeof(plan), &err), 0);
	assert_memory_equal(&plan, &empty, sizeof(plan));
	assert_string_equal(err.msg, "");
}

static void what_was_set_is_read_back_and_nothing_else_changes(void **state)
{
	struct wire_plan plan = {.enabled = 1, .event = 7, .wake_bytes = ~0ULL}, got;
	struct err err = {0};
	u32 version = 0;

	for (u64 round = 0; round < 3; round++) {
		plan.generation = round;
		assert_int_equal(knob__set(*state, PLAN, &plan, sizeof(plan), &err), 0);
		assert_int_equal(knob__get(*state, PLAN, &got, sizeof(got), &err), 0);
		assert_memory_equal(&got, &plan, sizeof(plan));
	}
	assert_int_equal(knob__get(*state, "wire_version", &version, sizeof(version), &err), 0);
	assert_int_equal(version, WIRE_VERSION);
}

static void what_does_not_fit_is_refused_with_a_reason(void **state)
{
	static const struct {
		const char *name;
		size_t size;
		int want_code;
		const char *want;
	} cases[] = {
		{"no_such_constant", 4, -ENOENT, "it has no constant 'no_such_constant'"},
		{"", 4, -ENOENT, "it has no constant ''"},
		{"LICENSE", 13, -ENOENT, "it has no constant 'LICENSE'"},
		{"m_syscall_enter", 40, -ENOENT, "it has no constant 'm_syscall_enter'"},
		{"wire_version", 8, -EINVAL, "its constant 'wire_version' has 4 bytes, not 8"},
		{"wire_version", 0, -EINVAL, "its constant 'wire_version' has 4 bytes, not 0"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char value[64], untouched[64];
		struct err err = {0};

		memset(value, 3, sizeof(value));
		memset(untouched, 3, sizeof(untouched));
		assert_int_equal(knob__set(*state, cases[i].name, value, cases[i].size, &err),
				 cases[i].want_code);
		assert_string_equal(err.msg, cases[i].want);
		err = (struct err){0};
		assert_int_equal(knob__get(*state, cases[i].name, value, cases[i].size, &err),
				 cases[i].want_code);
		assert_string_equal(err.msg, cases[i].want);
		assert_memory_equal(value, untouched, sizeof(value));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(constants_have_the_value_of_the_source, setup,
						teardown),
		cmocka_unit_test_setup_teardown(what_was_set_is_read_back_and_nothing_else_changes,
						setup, teardown),
		cmocka_unit_test_setup_teardown(what_does_not_fit_is_refused_with_a_reason, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
