/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/strbuf.h"
#include "bench/report.h"

static void assert_contains(const struct strbuf *text, const char *part)
{
	if (!strstr(text->data, part))
		fail_msg("no %s in %s", part, text->data);
}

static void what_is_not_measured_is_null(void **state)
{
	static const double samples[] = {3, 1, 2};
	struct bench_report report;
	struct strbuf text;

	(void)state;
	bench_report__init(&report);
	bench_report__row(&report, "suite", "a/b", "ns", samples, 3);
	strbuf__init(&text);
	bench_report__put_json(&report, &text);
	assert_contains(&text, "{\"machine\":{\"cpu\":");
	assert_contains(&text,
			"\"rows\":[{\"suite\":\"suite\",\"subject\":\"a/b\",\"run\":1,"
			"\"unit\":\"ns\",\"median\":2,\"lo\":1,\"hi\":3,\"above_empty\":null,");
	assert_contains(&text, "\"above_key\":null,\"ratio_to_hash\":null,");
	assert_contains(&text, "\"consumer_ns\":null,\"ring_records_per_event\":null,"
			       "\"events\":null,\"lost\":null,\"xlated_bytes\":null,"
			       "\"samples\":[3,1,2]}],\"remarks\":[]}\n");
	strbuf__fini(&text);
	bench_report__fini(&report);
}

static void what_is_measured_is_there(void **state)
{
	struct bench_report report;
	struct bench_row *row;
	struct strbuf text;

	(void)state;
	bench_report__init(&report);
	report.run = 2;
	row = bench_report__row(&report, "suite", "tp_btf/hash/pid", "ns", NULL, 0);
	row->above_empty = (struct estimate){40, 39, 41};
	row->above_key = 35;
	row->ratio_to_hash = (struct estimate){1, 1, 1};
	row->events = 100;
	row->counts = true;
	row->lost = 0;
	row->xlated_bytes = 272;
	snprintf(row->note, sizeof(row->note), "a \"note\"");
	bench_report__remark(&report, "%d of %s", 7, "them");
	strbuf__init(&text);
	bench_report__put_json(&report, &text);
	assert_contains(&text, "\"run\":2,");
	assert_contains(&text, "\"median\":null,");
	assert_contains(&text, "\"above_empty\":40,\"above_empty_lo\":39,\"above_empty_hi\":41,");
	assert_contains(&text, "\"above_key\":35,\"ratio_to_hash\":1,");
	assert_contains(&text, "\"events\":100,\"lost\":0,\"xlated_bytes\":272,"
			       "\"note\":\"a \\\"note\\\"\",\"samples\":[]");
	assert_contains(&text, "\"remarks\":[\"7 of them\"]");
	strbuf__fini(&text);
	bench_report__fini(&report);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_measured_is_null),
		cmocka_unit_test(what_is_measured_is_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
