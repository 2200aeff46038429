/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/util.h"
#include "exporters/content_coding.h"

static void asked_for(void **state)
{
	static const char *const headers[] = {
		"gzip",
		"GZip",
		"x-gzip",
		"gzip, deflate, br",
		"br;q=1.0, gzip;q=0.8, *;q=0.1",
		"deflate,\tgzip ; q=0.001",
		"gzip;Q=1",
		"gzip;q=1.000",
		"*",
		"*;q=0.5",
		"identity;q=0.5, gzip;q=0.5",
		"identity;q=0, gzip;q=0.1",
		", ,gzip",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(headers); i++)
		if (!content_coding_wants_gzip(headers[i]))
			fail_msg("\"%s\" wants gzip", headers[i]);
}

static void not_asked_for(void **state)
{
	static const char *const headers[] = {
		NULL,	       "",
		"identity",    "br, deflate",
		"gzip;q=0",    "gzip;q=0.000",
		"gzip;q=0, *", "*;q=0",
		"gzipped",     "not-gzip",
		"gzip;q=2",    "gzip;q=-1",
		"gzip;q=0.",   "gzip;q=x",
		"gzip;q=",     "gzip;level=1",
		"gzip;q=1..0", "gzip;q=0.0001",
		"gzip br",     "identity;q=1, gzip;q=0.5",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(headers); i++)
		if (content_coding_wants_gzip(headers[i]))
			fail_msg("\"%s\" does not want gzip", headers[i] ? headers[i] : "(none)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(asked_for),
		cmocka_unit_test(not_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
