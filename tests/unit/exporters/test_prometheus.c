/* SPDX-License-Identifier: Apache-2.0 */
/* The exporter between a real server and a source that answers when the test says so. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include "base/err.h"
#include "base/util.h"
#include "exporters/exporter.h"
#include "exporters/http_server.h"
#include "exporters/prom_text.h"
#include "exporters/prometheus.h"
#include "exporters/scrapers.h"
#include "tests/unit/exporters/exporter_fixture.h"
#include "tests/unit/exporters/snapshots.h"

static void fake_scraped(struct metric_source *src, int code, u64 duration_ns)
{
	assert_in_range(duration_ns, 0, PATIENCE_MS * 1000000ULL);
	of(src)->scraped += code == 200;
	of(src)->refused += code == 503;
}

static void fake_shown(struct metric_source *src, const struct scrape *scrape)
{
	struct fixture *f = of(src);

	f->shown++;
	f->shown_number = scrape->number;
	f->shown_asked_ns = scrape->asked_ns;
	snprintf(f->shown_to, sizeof(f->shown_to), "%s %s", scrape->address, scrape->agent);
}

static int fake_health(struct metric_source *src, struct strbuf *body)
{
	(void)src;
	(void)body;
	return 200;
}

static void setup(struct fixture *f)
{
	*f = (struct fixture){
		.source = {fake_collect, fake_cancel, fake_scraped, fake_shown, fake_health,
			   fake_health},
	};
	start_exporter(f, &prometheus_ops);
}

static void scrape(struct fixture *f, struct client *c)
{
	client__connect(c, f->url);
	client__ask(c, "GET", "/metrics");
}

/* Turns the loop as often as a scrape needs to arrive, and more. */
static void settle(struct fixture *f)
{
	for (int i = 0; i < 10; i++)
		turn(&f->loop);
}

static void expect_text(struct fixture *f, struct client *c, const struct snapshot *s)
{
	struct prom_text t;
	struct strbuf text;

	strbuf__init(&text);
	prom_text__init(&t, s);
	assert_int_equal(prom_text__step(&t, &text, SIZE_MAX), 0);
	prom_text__fini(&t);
	TURN_UNTIL(&f->loop, client__at_end(c));
	assert_int_equal(client__status(c), 200);
	assert_true(client__has(c, "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
	assert_string_equal(client__body(c), text.data);
	strbuf__fini(&text);
	client__close(c);
}

static void expect_refusal(struct fixture *f, struct client *c, const char *why)
{
	TURN_UNTIL(&f->loop, client__at_end(c));
	assert_int_equal(client__status(c), 503);
	assert_string_equal(client__body(c), why);
	client__close(c);
}

static void a_scrape_shows_the_snapshot(void **state)
{
	struct fixture f;
	struct client c;

	(void)state;
	setup(&f);
	for (size_t i = 1; i <= 2; i++) {
		struct snapshot *expected = snapshot_of_counters(5);

		scrape(&f, &c);
		TURN_UNTIL(&f.loop, f.wanted);
		deliver(&f, snapshot_of_counters(5));
		expect_text(&f, &c, expected);
		assert_int_equal(f.collects, i);
		assert_int_equal(f.scraped, i);
		snapshot__free(expected);
	}
	teardown(&f);
}

static void an_empty_snapshot_is_an_empty_body(void **state)
{
	struct fixture f;
	struct client c;
	struct snapshot *s;

	(void)state;
	setup(&f);
	assert_int_equal(snapshot__new(&s), 0);
	scrape(&f, &c);
	TURN_UNTIL(&f.loop, f.wanted);
	deliver(&f, s);
	TURN_UNTIL(&f.loop, client__at_end(&c));
	assert_int_equal(client__status(&c), 200);
	assert_string_equal(client__body(&c), "");
	client__close(&c);
	teardown(&f);
}

static void scrapes_share_a_snapshot_until_it_is_asked_for(void **state)
{
	struct fixture f;
	struct client early[3];
	struct client late[2];
	struct snapshot *first = snapshot_of_counters(10000);
	struct snapshot *second = snapshot_of_counters(3);

	(void)state;
	setup(&f);
	for (size_t i = 0; i < ARRAY_SIZE(early); i++)
		scrape(&f, &early[i]); /* all are in the listen queue when the loop turns */
	TURN_UNTIL(&f.loop, f.wanted);
	for (size_t i = 0; i < ARRAY_SIZE(late); i++)
		scrape(&f, &late[i]);
	settle(&f);
	assert_int_equal(f.collects, 1);
	deliver(&f, snapshot_of_counters(10000));
	for (size_t i = 0; i < ARRAY_SIZE(early); i++)
		expect_text(&f, &early[i], first);
	TURN_UNTIL(&f.loop, f.wanted);
	assert_int_equal(f.collects, 2);
	deliver(&f, snapshot_of_counters(3));
	for (size_t i = 0; i < ARRAY_SIZE(late); i++)
		expect_text(&f, &late[i], second);
	assert_int_equal(f.collects, 2);
	assert_int_equal(f.scraped, 5);
	snapshot__free(first);
	snapshot__free(second);
	teardown(&f);
}

static void count_turn(uv_prepare_t *prepare)
{
	++*(size_t *)prepare->data;
}

static void rendering_leaves_turns_to_others(void **state)
{
	struct fixture f;
	struct client c;
	uv_prepare_t prepare;
	size_t turns = 0;
	struct snapshot *s = snapshot_of_counters(100000);
	struct snapshot *expected = snapshot_of_counters(100000);

	(void)state;
	setup(&f);
	uv_prepare_init(&f.loop, &prepare);
	prepare.data = &turns;
	scrape(&f, &c);
	TURN_UNTIL(&f.loop, f.wanted);
	uv_prepare_start(&prepare, count_turn);
	deliver(&f, s);
	TURN_UNTIL(&f.loop, f.scraped == 1);
	assert_in_range(turns, 3, SIZE_MAX);
	uv_close((uv_handle_t *)&prepare, NULL);
	expect_text(&f, &c, expected);
	snapshot__free(expected);
	teardown(&f);
}

static struct snapshot *numbered(u64 number, size_t nseries)
{
	struct snapshot *s = snapshot_of_counters(nseries);

	s->number = number;
	return s;
}

static void ask_as(struct fixture *f, struct client *c, unsigned int from, const char *request)
{
	client__connect_from(c, from, f->url);
	client__send(c, request);
}

#define GET(target, agent) \
	"GET " target " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" agent "\r\n"

static void what_was_sent_whole_was_shown(void **state)
{
	const u64 before_ns = uv_hrtime();
	struct fixture f;
	struct client c[3];

	(void)state;
	setup(&f);
	ask_as(&f, &c[0], 7, GET("/metrics", "User-Agent: Prometheus/2.42.0\r\n"));
	TURN_UNTIL(&f.loop, f.wanted);
	deliver(&f, numbered(41, 5));
	TURN_UNTIL(&f.loop, client__at_end(&c[0]));
	assert_int_equal(f.shown, 1);
	assert_int_equal(f.shown_number, 41);
	assert_string_equal(f.shown_to, "127.0.0.7 Prometheus/2.42.0");
	assert_in_range(f.shown_asked_ns, before_ns, uv_hrtime());
	client__close(&c[0]);
	for (size_t i = 0; i < ARRAY_SIZE(c); i++) /* each of those that share it counts */
		ask_as(&f, &c[i], 8, GET("/metrics?x=1", ""));
	TURN_UNTIL(&f.loop, f.wanted);
	deliver(&f, numbered(42, 5));
	for (size_t i = 0; i < ARRAY_SIZE(c); i++) {
		TURN_UNTIL(&f.loop, client__at_end(&c[i]));
		client__close(&c[i]);
	}
	assert_int_equal(f.shown, 4);
	assert_int_equal(f.shown_number, 42);
	assert_string_equal(f.shown_to, "127.0.0.8 ");
	teardown(&f);
}

static void heads_and_filtered_gets_show_nothing(void **state)
{
	static const char *const requests[] = {
		"HEAD /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
		GET("/metrics?name[]=a_total", ""),
		GET("/metrics?x=1&name%5B%5D=a_total&name[]=b", ""),
	};
	struct fixture f;

	(void)state;
	setup(&f);
	for (size_t i = 0; i < ARRAY_SIZE(requests); i++) {
		struct client c;

		ask_as(&f, &c, 1, requests[i]);
		TURN_UNTIL(&f.loop, f.wanted);
		deliver(&f, numbered(1, 5));
		TURN_UNTIL(&f.loop, client__at_end(&c));
		assert_int_equal(client__status(&c), 200);
		client__close(&c);
	}
	assert_int_equal(f.scraped, ARRAY_SIZE(requests));
	assert_int_equal(f.shown, 0);
	teardown(&f);
}

static void refusals_show_nothing(void **state)
{
	struct fixture f;
	struct client c;

	(void)state;
	setup(&f);
	scrape(&f, &c);
	TURN_UNTIL(&f.loop, f.wanted);
	deliver(&f, NULL);
	expect_refusal(&f, &c, "out of memory for a snapshot\n");
	assert_int_equal(f.shown, 0);
	teardown(&f);
}

/* Too much for what the kernel takes when nobody reads. */
static void who_goes_away_in_the_middle_was_shown_nothing(void **state)
{
	struct fixture f;
	struct client c;

	(void)state;
	setup(&f);
	scrape(&f, &c);
	TURN_UNTIL(&f.loop, f.wanted);
	deliver(&f, numbered(1, 400000));
	TURN_UNTIL(&f.loop, f.scraped == 1);
	settle(&f);
	assert_false(client__at_end(&c)); /* has read a part */
	client__close(&c);
	settle(&f);
	scrape(&f, &c); /* the next one finds all in order */
	TURN_UNTIL(&f.loop, f.wanted);
	deliver(&f, numbered(2, 5));
	TURN_UNTIL(&f.loop, client__at_end(&c));
	client__close(&c);
	assert_int_equal(f.shown, 1);
	assert_int_equal(f.shown_number, 2);
	teardown(&f);
}

/* The answer is on its way when the exporter stops: nobody is told any more. */
static void after_stopping_nothing_is_shown(void **state)
{
	struct fixture f;
	struct client c;

	(void)state;
	setup(&f);
	scrape(&f, &c);
	TURN_UNTIL(&f.loop, f.wanted);
	deliver(&f, numbered(1, 400000));
	TURN_UNTIL(&f.loop, f.scraped == 1);
	stop_exporter(&f);
	TURN_UNTIL(&f.loop, client__at_end(&c));
	assert_int_equal(client__status(&c), 200);
	client__close(&c);
	assert_int_equal(f.shown, 0);
	teardown(&f);
}

static void without_a_snapshot_scrapes_are_refused(void **state)
{
	struct fixture f;
	struct client c[2];
	struct snapshot *broken;

	(void)state;
	setup(&f);
	assert_int_equal(snapshot__new(&broken), 0);
	broken->failed = true;
	for (size_t i = 0; i < ARRAY_SIZE(c); i++) {
		scrape(&f, &c[i]);
		TURN_UNTIL(&f.loop, f.wanted);
		deliver(&f, i == 0 ? NULL : broken);
		expect_refusal(&f, &c[i], "out of memory for a snapshot\n");
		assert_int_equal(f.refused, i + 1);
	}
	assert_int_equal(f.scraped, 0);
	teardown(&f);
}

static void too_many_scrapes_are_refused(void **state)
{
	struct fixture f;
	struct client c[PROMETHEUS_MAX_SCRAPES];
	struct client extra;
	struct snapshot *expected = snapshot_of_counters(2);

	(void)state;
	setup(&f);
	for (size_t i = 0; i < ARRAY_SIZE(c); i++) {
		scrape(&f, &c[i]);
		turn(&f.loop);
	}
	settle(&f);
	scrape(&f, &extra);
	expect_refusal(&f, &extra, "too many scrapes at a time\n");
	assert_int_equal(f.refused, 1);
	for (size_t i = 0; i < ARRAY_SIZE(c); i++) {
		if (f.wanted)
			deliver(&f, snapshot_of_counters(2));
		settle(&f);
	}
	assert_int_equal(f.scraped, ARRAY_SIZE(c));
	for (size_t i = 0; i < ARRAY_SIZE(c); i++)
		expect_text(&f, &c[i], expected);
	snapshot__free(expected);
	teardown(&f);
}

static void a_client_that_went_away_does_not_disturb_others(void **state)
{
	struct fixture f;
	struct client gone;
	struct client c;
	struct snapshot *expected = snapshot_of_counters(10000);

	(void)state;
	setup(&f);
	scrape(&f, &gone);
	scrape(&f, &c);
	TURN_UNTIL(&f.loop, f.wanted);
	client__close(&gone);
	settle(&f);
	deliver(&f, snapshot_of_counters(10000));
	expect_text(&f, &c, expected);
	assert_int_equal(f.scraped, 2);
	snapshot__free(expected);
	teardown(&f);
}

static void stopping_refuses_what_waits_for_the_source(void **state)
{
	struct fixture f;
	struct client serving;
	struct client gathering;

	(void)state;
	setup(&f);
	scrape(&f, &serving);
	TURN_UNTIL(&f.loop, f.wanted);
	scrape(&f, &gathering);
	settle(&f);
	stop_exporter(&f);
	assert_int_equal(f.cancels, 1);
	expect_refusal(&f, &serving, "shutting down\n");
	expect_refusal(&f, &gathering, "shutting down\n");
	scrape(&f, &serving);
	TURN_UNTIL(&f.loop, client__at_end(&serving));
	assert_int_equal(client__status(&serving), 404);
	client__close(&serving);
	teardown(&f);
}

static void stopping_refuses_what_is_being_rendered(void **state)
{
	struct fixture f;
	struct client c;

	(void)state;
	setup(&f);
	scrape(&f, &c);
	TURN_UNTIL(&f.loop, f.wanted);
	deliver(&f, snapshot_of_counters(100000));
	uv_run(&f.loop, UV_RUN_NOWAIT);
	assert_int_equal(f.scraped, 0);
	stop_exporter(&f);
	assert_int_equal(f.cancels, 0);
	expect_refusal(&f, &c, "shutting down\n");
	teardown(&f);
}

/* The other order: the server has answered already, the exporter does not know. */
static void the_server_may_stop_first(void **state)
{
	struct fixture f;
	struct client c;

	(void)state;
	setup(&f);
	scrape(&f, &c);
	TURN_UNTIL(&f.loop, f.wanted);
	http_server__stop(f.server, on_server_stopped, &f);
	expect_refusal(&f, &c, "shutting down\n");
	TURN_UNTIL(&f.loop, f.server_stopped);
	stop_exporter(&f);
	http_server__free(f.server);
	assert_int_equal(uv_loop_close(&f.loop), 0);
}

static void a_path_that_is_taken_is_an_error(void **state)
{
	struct fixture f;
	struct exporter *second;
	struct err err = {0};

	(void)state;
	setup(&f);

	const struct exporter_spec spec = {
		.http = f.server,
		.telemetry_path = "/metrics",
		.loop = &f.loop,
		.source = &f.source,
	};

	assert_int_equal(prometheus_ops.create(&spec, &second, &err), 0);
	assert_int_equal(prometheus_ops.start(second, &err), -EEXIST);
	assert_string_equal(err.msg, "exporter prometheus: HTTP path /metrics is taken");
	prometheus_ops.destroy(second);
	teardown(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_scrape_shows_the_snapshot),
		cmocka_unit_test(an_empty_snapshot_is_an_empty_body),
		cmocka_unit_test(scrapes_share_a_snapshot_until_it_is_asked_for),
		cmocka_unit_test(rendering_leaves_turns_to_others),
		cmocka_unit_test(what_was_sent_whole_was_shown),
		cmocka_unit_test(heads_and_filtered_gets_show_nothing),
		cmocka_unit_test(refusals_show_nothing),
		cmocka_unit_test(who_goes_away_in_the_middle_was_shown_nothing),
		cmocka_unit_test(after_stopping_nothing_is_shown),
		cmocka_unit_test(without_a_snapshot_scrapes_are_refused),
		cmocka_unit_test(too_many_scrapes_are_refused),
		cmocka_unit_test(a_client_that_went_away_does_not_disturb_others),
		cmocka_unit_test(stopping_refuses_what_waits_for_the_source),
		cmocka_unit_test(stopping_refuses_what_is_being_rendered),
		cmocka_unit_test(the_server_may_stop_first),
		cmocka_unit_test(a_path_that_is_taken_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
