/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <string.h>

#include "exporters/exporter.h"

static void every_slot_is_filled(void **state)
{
	(void)state;
	assert_true(exporter_kinds_count > 0);
	for (size_t i = 0; i < exporter_kinds_count; i++) {
		const struct exporter_ops *ops = exporter_kinds[i];

		assert_non_null(ops);
		assert_true(ops->kind && *ops->kind);
		assert_true(ops->help && *ops->help);
		assert_non_null(ops->create);
		assert_non_null(ops->start);
		assert_non_null(ops->stop);
		assert_non_null(ops->destroy);
		ops->destroy(NULL);
	}
}

static void kinds_are_unique(void **state)
{
	(void)state;
	for (size_t i = 0; i < exporter_kinds_count; i++)
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(exporter_kinds[i]->kind, exporter_kinds[j]->kind);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_slot_is_filled),
		cmocka_unit_test(kinds_are_unique),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
