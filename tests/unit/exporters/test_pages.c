/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include "base/err.h"
#include "exporters/exporter.h"
#include "exporters/http_server.h"
#include "exporters/pages.h"
#include "tests/unit/exporters/http_client.h"

struct fixture {
	uv_loop_t loop;
	struct http_server *server;
	struct pages *pages;
	struct client client; /* of the last exchange */
	bool stopped;
};

static int fake_healthz(struct metric_source *src, struct strbuf *body)
{
	(void)src;
	strbuf__puts(body, "ok\n");
	return 200;
}

static int fake_readyz(struct metric_source *src, struct strbuf *body)
{
	(void)src;
	strbuf__puts(body, "process_exec: not attached\n");
	return 503;
}

static struct metric_source source = {.healthz = fake_healthz, .readyz = fake_readyz};

static int make_pages(struct fixture *f, const char *telemetry_path, struct err *err)
{
	const struct pages_spec spec = {
		.http = f->server,
		.source = &source,
		.telemetry_path = telemetry_path,
		.version = "1.2.3 <test>",
	};

	return pages__new(&spec, &f->pages, err);
}

static void setup(struct fixture *f, const char *telemetry_path)
{
	struct err err = {0};

	*f = (struct fixture){0};
	strbuf__init(&f->client.in);
	f->client.fd = -1;
	assert_int_equal(uv_loop_init(&f->loop), 0);
	assert_int_equal(http_server__new(&f->loop, &f->server, &err), 0);
	assert_int_equal(http_server__listen(f->server, "127.0.0.1:0", &err), 0);
	assert_int_equal(make_pages(f, telemetry_path, &err), 0);
}

static void on_stopped(void *ctx)
{
	struct fixture *f = ctx;

	f->stopped = true;
}

static void teardown(struct fixture *f)
{
	client__close(&f->client);
	pages__free(f->pages);
	http_server__stop(f->server, on_stopped, f);
	TURN_UNTIL(&f->loop, f->stopped);
	http_server__free(f->server);
	assert_int_equal(uv_loop_close(&f->loop), 0);
}

static int get(struct fixture *f, const char *path)
{
	client__close(&f->client);
	client__connect(&f->client, http_server__url(f->server, 0));
	client__ask(&f->client, "GET", path);
	TURN_UNTIL(&f->loop, client__at_end(&f->client));
	return client__status(&f->client);
}

static void the_landing_page_links_to_the_others(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f, "/my&metrics");
	for (int i = 0; i < 2; i++) { /* the same bytes again */
		assert_int_equal(get(&f, "/"), 200);
		assert_true(client__has(&f.client, "Content-Type: text/html; charset=utf-8\r\n"));
		assert_true(client__has(&f.client, "<title>ringtally</title>"));
		assert_true(client__has(&f.client, "1.2.3 &lt;test&gt;"));
		assert_true(
			client__has(&f.client, "<a href=\"/my&amp;metrics\">/my&amp;metrics</a>"));
		assert_true(client__has(&f.client, "<a href=\"/healthz\">"));
		assert_true(client__has(&f.client, "<a href=\"/readyz\">"));
	}
	teardown(&f);
}

static void health_is_what_the_source_says(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f, "/metrics");
	assert_int_equal(get(&f, "/healthz"), 200);
	assert_string_equal(client__body(&f.client), "ok\n");
	assert_true(client__has(&f.client, "Content-Type: text/plain; charset=utf-8\r\n"));
	assert_int_equal(get(&f, "/readyz"), 503);
	assert_string_equal(client__body(&f.client), "process_exec: not attached\n");
	teardown(&f);
}

static void metrics_may_take_the_place_of_the_landing_page(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f, "/");
	assert_int_equal(get(&f, "/"), 404); /* nobody serves metrics here */
	assert_int_equal(get(&f, "/healthz"), 200);
	teardown(&f);
}

static void a_path_that_is_taken_leaves_nothing_behind(void **state)
{
	struct fixture f;
	struct err err = {0};
	struct pages *first;

	(void)state;
	setup(&f, "/metrics");
	first = f.pages;
	assert_int_equal(make_pages(&f, "/metrics", &err), -EEXIST);
	assert_string_equal(err.msg, "HTTP path /healthz is taken");
	assert_ptr_equal(f.pages, first);
	assert_int_equal(get(&f, "/healthz"), 200);
	pages__free(f.pages);
	f.pages = NULL;
	assert_int_equal(get(&f, "/healthz"), 404);
	teardown(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_landing_page_links_to_the_others),
		cmocka_unit_test(health_is_what_the_source_says),
		cmocka_unit_test(metrics_may_take_the_place_of_the_landing_page),
		cmocka_unit_test(a_path_that_is_taken_leaves_nothing_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
