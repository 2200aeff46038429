/* SPDX-License-Identifier: Apache-2.0 */
/* What is built into the program has all that loading needs, and nothing for reading. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/types.h"
#include "pipeline/bundle.h"

static bool bundle_has(const char *text)
{
	const size_t n = (size_t)((uintptr_t)bundle_end - (uintptr_t)bundle_begin);

	return memmem(bundle_begin, n, text, strlen(text)) != NULL;
}

static void it_describes_events_and_has_no_source_lines(void **state)
{
	(void)state;
	assert_true(bundle_has("ringtally.event"));
	assert_true(bundle_has(".BTF.ext"));
	assert_false(bundle_has(".bpf.c"));
	assert_false(bundle_has("bpf_ktime_get_ns()"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_describes_events_and_has_no_source_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
