/* SPDX-License-Identifier: Apache-2.0 */
/* The exporter between a real server and a source that answers when the test says so. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include "base/util.h"
#include "exporters/api_top.h"
#include "tests/unit/exporters/exporter_fixture.h"
#include "tests/unit/exporters/snapshots.h"

static void setup(struct fixture *f)
{
	*f = (struct fixture){
		.source = {.collect = fake_collect, .cancel = fake_cancel},
		.without_self = true,
	};
	start_exporter(f, &api_top_ops);
}

static void ask(struct fixture *f, struct client *c, const char *target)
{
	client__connect(c, f->url);
	client__ask(c, "GET", target);
}

/* many_total as in snapshots.h, and others whose names are near. */
static struct snapshot *some_metrics(void)
{
	static const struct family_desc others[] = {
		{.name = "ringtally_syscalls_total", .help = ""},
		{.name = "ringtally_bytes_total", .help = ""},
	};
	struct snapshot *s = snapshot_of_counters(5);

	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		snapshot__begin(s, &others[i]);
		snapshot__sample(s, 9, NULL);
	}
	return s;
}

static void expect(struct fixture *f, struct client *c, int status, const char *body)
{
	TURN_UNTIL(&f->loop, client__at_end(c));
	assert_int_equal(client__status(c), status);
	assert_true(client__has(c, "Content-Type: application/json\r\n"));
	assert_string_equal(client__body(c), body);
	client__close(c);
}

#define WORKER(i, value) \
	"{\"labels\":{\"comm\":\"worker/" i "\",\"syscall\":\"read\"},\"value\":" value "}"

static void a_question_is_answered_from_a_fresh_snapshot(void **state)
{
	static const char two[] =
		"{\"metric\":\"many_total\",\"k\":2,\"error_bound\":0,\"series\":[" WORKER(
			"4", "4000012") "," WORKER("3", "3000009") "],\"other\":0,\"lost\":0}\n";
	static const char *const targets[] = {
		"/api/v1/top?metric=many_total&k=2",
		"/api/v1/top?k=2&x=3&metric=many_total",
		"/api/v1/top?%6detric=m%61ny%5Ftotal&k=%32",
		"/api/v1/top?metric=many_total&k=0002",
	};
	struct fixture f;

	(void)state;
	setup(&f);
	for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
		struct client c;

		ask(&f, &c, targets[i]);
		TURN_UNTIL(&f.loop, f.wanted);
		deliver(&f, some_metrics());
		expect(&f, &c, 200, two);
		assert_int_equal(f.collects, i + 1);
	}
	teardown(&f);
}

static void k_has_a_default_and_a_most(void **state)
{
	static const struct {
		const char *target;
		size_t want; /* series */
	} cases[] = {
		{"/api/v1/top?metric=many_total", API_TOP_K},
		{"/api/v1/top?metric=many_total&k=1", 1},
		{"/api/v1/top?metric=many_total&k=1000", API_TOP_K_MAX},
	};
	struct fixture f;

	(void)state;
	setup(&f);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct client c;
		size_t n = 0;

		ask(&f, &c, cases[i].target);
		TURN_UNTIL(&f.loop, f.wanted);
		deliver(&f, snapshot_of_counters(1200));
		TURN_UNTIL(&f.loop, client__at_end(&c));
		for (const char *at = client__body(&c); (at = strstr(at, "\"value\"")); at++)
			n++;
		assert_int_equal(n, cases[i].want);
		client__close(&c);
	}
	teardown(&f);
}

static void a_wrong_question_is_400(void **state)
{
	static const char missing[] =
		"{\"error\":\"'metric' is missing: /api/v1/top?metric=NAME&k=N\"}\n";
	static const char bad_k[] = "{\"error\":\"'k' must be a number from 1 to 1000\"}\n";
	static const struct {
		const char *target;
		const char *body;
	} cases[] = {
		{"/api/v1/top", missing},
		{"/api/v1/top?", missing},
		{"/api/v1/top?k=3", missing},
		{"/api/v1/top?metric", missing},
		{"/api/v1/top?metric=", missing},
		{"/api/v1/top?metric=a%00b", missing},
		{"/api/v1/top?METRIC=a", missing},
		{"/api/v1/top?metric=many_total&k=0", bad_k},
		{"/api/v1/top?metric=many_total&k=", bad_k},
		{"/api/v1/top?metric=many_total&k=-1", bad_k},
		{"/api/v1/top?metric=many_total&k=+1", bad_k},
		{"/api/v1/top?metric=many_total&k=1.5", bad_k},
		{"/api/v1/top?metric=many_total&k=ten", bad_k},
		{"/api/v1/top?metric=many_total&k=1001", bad_k},
		{"/api/v1/top?metric=many_total&k=4294967297", bad_k},
		{"/api/v1/top?metric=many_total&k=99999999999999999999999", bad_k},
		{"/api/v1/top?metric=many_total&k=2%00", bad_k},
		{"/api/v1/top?metric=many_total&k=%zz", bad_k},
	};
	struct fixture f;

	(void)state;
	setup(&f);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct client c;

		ask(&f, &c, cases[i].target);
		expect(&f, &c, 400, cases[i].body);
	}
	assert_int_equal(f.collects, 0);
	teardown(&f);
}

static void an_unknown_metric_is_404(void **state)
{
	static const struct {
		const char *target;
		const char *error;
	} cases[] = {
		{"/api/v1/top?metric=mnay_total",
		 "unknown metric 'mnay_total' (did you mean 'many_total'?)"},
		{"/api/v1/top?metric=syscalls_total",
		 "unknown metric 'syscalls_total' (did you mean 'ringtally_syscalls_total'?)"},
		{"/api/v1/top?metric=nothing_like_it", "unknown metric 'nothing_like_it'"},
		{"/api/v1/top?metric=total%", "unknown metric 'total%'"},
		{"/api/v1/top?metric=%22%0a%ff", "unknown metric '\\\"\\n\xef\xbf\xbd'"},
	};
	struct fixture f;

	(void)state;
	setup(&f);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char body[256];
		struct client c;

		snprintf(body, sizeof(body), "{\"error\":\"%s\"}\n", cases[i].error);
		ask(&f, &c, cases[i].target);
		TURN_UNTIL(&f.loop, f.wanted);
		deliver(&f, some_metrics());
		expect(&f, &c, 404, body);
	}
	teardown(&f);
}

static void questions_share_a_snapshot(void **state)
{
	static const char nine[] =
		"{\"metric\":\"ringtally_bytes_total\",\"k\":20,\"error_bound\":0,\"series\":[{"
		"\"labels\":{},\"value\":9}],\"other\":0,\"lost\":0}\n";
	struct fixture f;
	struct client c[3];
	struct client late;

	(void)state;
	setup(&f);
	for (size_t i = 0; i < ARRAY_SIZE(c); i++)
		ask(&f, &c[i], "/api/v1/top?metric=ringtally_bytes_total");
	TURN_UNTIL(&f.loop, f.wanted);
	ask(&f, &late, "/api/v1/top?metric=ringtally_bytes_total");
	for (int i = 0; i < 10; i++)
		turn(&f.loop);
	assert_int_equal(f.collects, 1);
	deliver(&f, some_metrics());
	for (size_t i = 0; i < ARRAY_SIZE(c); i++)
		expect(&f, &c[i], 200, nine);
	TURN_UNTIL(&f.loop, f.wanted);
	deliver(&f, some_metrics());
	expect(&f, &late, 200, nine);
	assert_int_equal(f.collects, 2);
	teardown(&f);
}

static void too_many_are_refused(void **state)
{
	struct fixture f;
	struct client c[API_TOP_MAX_REQUESTS];
	struct client extra;

	(void)state;
	setup(&f);
	for (size_t i = 0; i < ARRAY_SIZE(c); i++)
		ask(&f, &c[i], "/api/v1/top?metric=many_total");
	for (int i = 0; i < 50; i++)
		turn(&f.loop);
	ask(&f, &extra, "/api/v1/top?metric=many_total");
	expect(&f, &extra, 503, "{\"error\":\"too many requests at a time\"}\n");
	for (int i = 0; i < 100; i++) {
		if (f.wanted)
			deliver(&f, some_metrics());
		turn(&f.loop);
	}
	for (size_t i = 0; i < ARRAY_SIZE(c); i++) {
		TURN_UNTIL(&f.loop, client__at_end(&c[i]));
		assert_int_equal(client__status(&c[i]), 200);
		client__close(&c[i]);
	}
	teardown(&f);
}

static void without_a_snapshot_questions_are_refused(void **state)
{
	struct fixture f;
	struct snapshot *broken;

	(void)state;
	setup(&f);
	assert_int_equal(snapshot__new(&broken), 0);
	broken->failed = true;
	for (size_t i = 0; i < 2; i++) {
		struct client c;

		ask(&f, &c, "/api/v1/top?metric=many_total");
		TURN_UNTIL(&f.loop, f.wanted);
		deliver(&f, i == 0 ? NULL : broken);
		expect(&f, &c, 503, "{\"error\":\"out of memory for a snapshot\"}\n");
	}
	teardown(&f);
}

static void stopping_refuses_what_waits(void **state)
{
	struct fixture f;
	struct client serving;
	struct client gathering;

	(void)state;
	setup(&f);
	ask(&f, &serving, "/api/v1/top?metric=many_total");
	TURN_UNTIL(&f.loop, f.wanted);
	ask(&f, &gathering, "/api/v1/top?metric=many_total");
	for (int i = 0; i < 10; i++)
		turn(&f.loop);
	stop_exporter(&f);
	assert_int_equal(f.cancels, 1);
	expect(&f, &serving, 503, "{\"error\":\"shutting down\"}\n");
	expect(&f, &gathering, 503, "{\"error\":\"shutting down\"}\n");
	teardown(&f);
}

static void stopping_in_the_middle_of_answers_refuses_the_rest(void **state)
{
	struct fixture f;
	struct client c[2];

	(void)state;
	setup(&f);
	for (size_t i = 0; i < ARRAY_SIZE(c); i++)
		ask(&f, &c[i], "/api/v1/top?metric=many_total");
	TURN_UNTIL(&f.loop, f.wanted);
	deliver(&f, some_metrics());
	stop_exporter(&f);
	for (size_t i = 0; i < ARRAY_SIZE(c); i++)
		expect(&f, &c[i], 503, "{\"error\":\"shutting down\"}\n");
	teardown(&f);
}

static void a_client_may_go_away(void **state)
{
	struct fixture f;
	struct client c;

	(void)state;
	setup(&f);
	ask(&f, &c, "/api/v1/top?metric=many_total");
	TURN_UNTIL(&f.loop, f.wanted);
	client__close(&c);
	for (int i = 0; i < 10; i++)
		turn(&f.loop);
	deliver(&f, some_metrics());
	for (int i = 0; i < 10; i++)
		turn(&f.loop);
	teardown(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_question_is_answered_from_a_fresh_snapshot),
		cmocka_unit_test(k_has_a_default_and_a_most),
		cmocka_unit_test(a_wrong_question_is_400),
		cmocka_unit_test(an_unknown_metric_is_404),
		cmocka_unit_test(questions_share_a_snapshot),
		cmocka_unit_test(too_many_are_refused),
		cmocka_unit_test(without_a_snapshot_questions_are_refused),
		cmocka_unit_test(stopping_refuses_what_waits),
		cmocka_unit_test(stopping_in_the_middle_of_answers_refuses_the_rest),
		cmocka_unit_test(a_client_may_go_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
