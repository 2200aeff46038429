/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "config/arena.h"

static int make(void **state)
{
	*state = config_arena__new();
	return *state ? 0 : -1;
}

static int destroy(void **state)
{
	config_arena__free(*state);
	return 0;
}

static void objects_are_zeroed_aligned_and_apart(void **state)
{
	char *objects[200];

	for (size_t i = 0; i < 200; i++) {
		size_t size = 1 + i * 7;

		objects[i] = config_arena__calloc(*state, 1, size);
		assert_non_null(objects[i]);
		assert_int_equal((uintptr_t)objects[i] % alignof(max_align_t), 0);
		for (size_t j = 0; j < size; j++)
			assert_int_equal(objects[i][j], 0);
		memset(objects[i], (int)i, size);
	}
	for (size_t i = 0; i < 200; i++)
		for (size_t j = 0; j < 1 + i * 7; j++)
			assert_int_equal((unsigned char)objects[i][j], i);
}

static void object_larger_than_a_block_fits(void **state)
{
	const size_t size = (size_t)1 << 20;
	char *large = config_arena__calloc(*state, size, 1);

	assert_non_null(large);
	memset(large, 'x', size);
	assert_non_null(config_arena__calloc(*state, 1, 1));
}

static void too_many_objects_are_refused(void **state)
{
	assert_null(config_arena__calloc(*state, SIZE_MAX / 4, 8));
	assert_non_null(config_arena__calloc(*state, 0, 8));
}

static void copies_end_in_a_nul(void **state)
{
	assert_string_equal(config_arena__strndup(*state, "abcdef", 3), "abc");
	assert_string_equal(config_arena__strndup(*state, "", 0), "");
}

static void freeing_nothing_is_fine(void **state)
{
	(void)state;
	config_arena__free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(objects_are_zeroed_aligned_and_apart, make,
						destroy),
		cmocka_unit_test_setup_teardown(object_larger_than_a_block_fits, make, destroy),
		cmocka_unit_test_setup_teardown(too_many_objects_are_refused, make, destroy),
		cmocka_unit_test_setup_teardown(copies_end_in_a_nul, make, destroy),
		cmocka_unit_test(freeing_nothing_is_fine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
