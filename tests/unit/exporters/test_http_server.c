/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include "base/err.h"
#include "base/util.h"
#include "exporters/http_answer.h"
#include "exporters/http_server.h"
#include "tests/unit/exporters/http_client.h"

enum { BIG = 20 << 20 };

struct fixture {
	uv_loop_t loop;
	struct http_server *server;
	const char *url;
	bool stopped;
	struct http_request *waiting[8];
	size_t nwaiting;
	size_t whole; /* answers of watched paths, as they were sent */
	size_t cut;
	u64 tag;
	char heard[256]; /* what the last request for /echo said */
};

static void answer_at_once(void *ctx, struct http_request *req)
{
	(void)ctx;
	assert_in_range(http_request__arrived_ns(req), 1, uv_hrtime());
	http_request__respond_line(req, 200, "hello");
}

static void answer_big(void *ctx, struct http_request *req)
{
	(void)ctx;
	http_request__respond(req, 200, "text/plain", calloc(1, BIG), BIG);
}

static void answer_nothing(void *ctx, struct http_request *req)
{
	(void)ctx;
	http_request__respond(req, 204, "text/plain", NULL, 0);
}

static void echo(void *ctx, struct http_request *req)
{
	struct fixture *f = ctx;
	const char *agent = http_request__user_agent(req);
	char peer[HTTP_PEER_MAX];
	size_t n = 0;
	const char *x = http_request__argument(req, "x", &n);

	http_request__peer(req, peer);
	snprintf(f->heard, sizeof(f->heard), "%s from %s by %s, x is %s of %zu",
		 http_request__is_head(req) ? "HEAD" : "GET", peer, agent ? agent : "nobody",
		 x ? x : "missing", n);
	http_request__respond_line(req, 200, "hello");
}

static void on_sent(void *ctx, const struct http_request *req, const struct http_answer *a,
		    bool whole)
{
	struct fixture *f = ctx;
	char peer[HTTP_PEER_MAX];

	http_request__peer(req, peer);
	assert_string_equal(peer, "127.0.0.1");
	f->whole += whole;
	f->cut += !whole;
	f->tag = a->tag;
}

static void wait_for_answer(void *ctx, struct http_request *req)
{
	struct fixture *f = ctx;

	assert_true(f->nwaiting < ARRAY_SIZE(f->waiting));
	f->waiting[f->nwaiting++] = req;
}

static void answer_the_one_that_waits(void *ctx, struct http_request *req)
{
	struct fixture *f = ctx;

	http_request__respond_line(f->waiting[0], 200, "late");
	http_request__respond_line(req, 200, "done");
}

static void on_stopped(void *ctx)
{
	struct fixture *f = ctx;

	f->stopped = true;
}

static void stop_from_handler(void *ctx, struct http_request *req)
{
	struct fixture *f = ctx;

	http_server__stop(f->server, on_stopped, f);
	http_request__respond_line(req, 200, "goodbye");
}

static void route(struct fixture *f, const char *path, http_handler_fn handler)
{
	struct err err = {0};

	assert_int_equal(http_server__route(f->server, path, handler, f, &err), 0);
}

static void setup(struct fixture *f)
{
	struct err err = {0};

	*f = (struct fixture){0};
	assert_int_equal(uv_loop_init(&f->loop), 0);
	assert_int_equal(http_server__new(&f->loop, &f->server, &err), 0);
	route(f, "/now", answer_at_once);
	route(f, "/later", wait_for_answer);
	route(f, "/release", answer_the_one_that_waits);
	route(f, "/big", answer_big);
	route(f, "/nothing", answer_nothing);
	route(f, "/stop", stop_from_handler);
	route(f, "/echo", echo);
	if (http_server__listen(f->server, "127.0.0.1:0", &err))
		fail_msg("%s", err.msg);
	f->url = http_server__url(f->server, 0);
}

static void finish(struct fixture *f)
{
	TURN_UNTIL(&f->loop, f->stopped);
	http_server__free(f->server);
	assert_int_equal(uv_loop_close(&f->loop), 0);
}

static void teardown(struct fixture *f)
{
	http_server__stop(f->server, on_stopped, f);
	assert_false(f->stopped);
	finish(f);
}

/* Asks and waits for the whole answer. */
static void exchange(struct fixture *f, struct client *c, const char *method, const char *path)
{
	client__connect(c, f->url);
	client__ask(c, method, path);
	TURN_UNTIL(&f->loop, client__at_end(c));
}

static void expect(struct fixture *f, const char *path, int status, const char *body)
{
	struct client c;

	exchange(f, &c, "GET", path);
	assert_int_equal(client__status(&c), status);
	assert_string_equal(client__body(&c), body);
	client__close(&c);
}

static void get_is_answered(void **state)
{
	struct fixture f;
	struct client c;

	(void)state;
	setup(&f);
	exchange(&f, &c, "GET", "/now?x=1");
	assert_int_equal(client__status(&c), 200);
	assert_string_equal(client__body(&c), "hello\n");
	assert_true(client__has(&c, "Content-Type: text/plain; charset=utf-8\r\n"));
	assert_true(client__has(&c, "Content-Length: 6\r\n"));
	client__close(&c);
	expect(&f, "/nothing", 204, "");
	teardown(&f);
}

static void head_has_the_length_but_no_body(void **state)
{
	struct fixture f;
	struct client c;

	(void)state;
	setup(&f);
	exchange(&f, &c, "HEAD", "/now");
	assert_int_equal(client__status(&c), 200);
	assert_true(client__has(&c, "Content-Length: 6\r\n"));
	assert_string_equal(client__body(&c), "");
	client__close(&c);
	teardown(&f);
}

static void unknown_paths_are_404(void **state)
{
	struct fixture f;
	struct client c;

	(void)state;
	setup(&f);
	expect(&f, "/", 404, "not found\n");
	expect(&f, "/now/", 404, "not found\n");
	exchange(&f, &c, "POST", "/unknown");
	assert_int_equal(client__status(&c), 404);
	client__close(&c);
	teardown(&f);
}

static void other_methods_are_405_with_allow(void **state)
{
	static const char *const methods[] = {"POST", "PUT", "DELETE", "OPTIONS", "PATCH", "get"};
	struct fixture f;

	(void)state;
	setup(&f);
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++) {
		struct client c;

		exchange(&f, &c, methods[i], "/now");
		assert_int_equal(client__status(&c), 405);
		assert_true(client__has(&c, "Allow: GET, HEAD\r\n"));
		assert_string_equal(client__body(&c), "method not allowed\n");
		client__close(&c);
	}
	teardown(&f);
}

static void a_body_nobody_asked_for_is_read(void **state)
{
	static const char head[] =
		"POST /now HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n";
	static char part[10000];
	struct fixture f;
	struct client c;

	(void)state;
	setup(&f);
	client__connect(&c, f.url);
	client__send(&c, head);
	for (size_t sent = 0; sent < 1000000;) {
		const ssize_t n = send(c.fd, part, MIN(sizeof(part), 1000000 - sent),
				       MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n > 0)
			sent += (size_t)n;
		turn(&f.loop);
	}
	TURN_UNTIL(&f.loop, client__has(&c, "method not allowed\n"));
	c.in.len = 0;
	client__ask(&c, "GET", "/now"); /* the connection is still good */
	TURN_UNTIL(&f.loop, client__at_end(&c));
	assert_int_equal(client__status(&c), 200);
	client__close(&c);
	teardown(&f);
}

static void garbage_does_no_harm(void **state)
{
	struct fixture f;
	struct client c;

	(void)state;
	setup(&f);
	client__connect(&c, f.url);
	client__send(&c, "\x16\x03\x01\r\n\r\n");
	TURN_UNTIL(&f.loop, client__at_end(&c));
	client__close(&c);
	expect(&f, "/now", 200, "hello\n");
	teardown(&f);
}

static void a_connection_is_kept_and_does_not_spin_the_loop(void **state)
{
	struct fixture f;
	struct client c;

	(void)state;
	setup(&f);
	client__connect(&c, f.url);
	for (int i = 0; i < 3; i++) {
		client__send(&c, "GET /now HTTP/1.1\r\nHost: x\r\n\r\n");
		TURN_UNTIL(&f.loop, client__has(&c, "hello\n"));
		strbuf__reset(&c.in);
	}
	TURN_UNTIL(&f.loop, uv_backend_timeout(&f.loop) > 1000);
	client__close(&c);
	teardown(&f);
}

static void an_answer_may_come_later(void **state)
{
	struct fixture f;
	struct client c;

	(void)state;
	setup(&f);
	client__connect(&c, f.url);
	client__ask(&c, "GET", "/later");
	TURN_UNTIL(&f.loop, f.nwaiting == 1);
	expect(&f, "/now", 200, "hello\n"); /* others are served meanwhile */
	assert_false(client__at_end(&c));
	http_request__respond_line(f.waiting[0], 200, "late");
	TURN_UNTIL(&f.loop, client__at_end(&c));
	assert_string_equal(client__body(&c), "late\n");
	client__close(&c);
	teardown(&f);
}

static void a_handler_may_answer_another_request(void **state)
{
	struct fixture f;
	struct client c;

	(void)state;
	setup(&f);
	client__connect(&c, f.url);
	client__ask(&c, "GET", "/later");
	TURN_UNTIL(&f.loop, f.nwaiting == 1);
	expect(&f, "/release", 200, "done\n");
	TURN_UNTIL(&f.loop, client__at_end(&c));
	assert_string_equal(client__body(&c), "late\n");
	client__close(&c);
	teardown(&f);
}

static void many_requests_share_an_answer(void **state)
{
	struct fixture f;
	struct client c[3];
	struct http_answer *answer = http_answer__new_line(200, "for all");

	(void)state;
	setup(&f);
	for (size_t i = 0; i < ARRAY_SIZE(c); i++) {
		client__connect(&c[i], f.url);
		client__ask(&c[i], i == 1 ? "HEAD" : "GET", "/later");
	}
	TURN_UNTIL(&f.loop, f.nwaiting == ARRAY_SIZE(c));
	for (size_t i = 0; i < ARRAY_SIZE(c); i++)
		http_request__answer(f.waiting[i], answer);
	http_answer__free(answer);
	for (size_t i = 0; i < ARRAY_SIZE(c); i++) {
		TURN_UNTIL(&f.loop, client__at_end(&c[i]));
		assert_true(client__has(&c[i], "Content-Length: 8\r\n"));
		client__close(&c[i]);
	}
	teardown(&f);
}

static void requests_say_who_asks_for_what(void **state)
{
	static const struct {
		const char *method;
		const char *target;
		const char *agent;
		const char *heard;
	} cases[] = {
		{"GET", "/echo?y=2&x=1&x=3", "me/1.0", "GET from 127.0.0.3 by me/1.0, x is 1 of 1"},
		{"HEAD", "/echo", NULL, "HEAD from 127.0.0.3 by nobody, x is missing of 0"},
		{"GET", "/echo?x", "", "GET from 127.0.0.3 by , x is missing of 0"},
		{"GET", "/echo?x=", "a b", "GET from 127.0.0.3 by a b, x is  of 0"},
		{"GET", "/echo?%78=%41+b%2f%3D&", "u", "GET from 127.0.0.3 by u, x is A b/= of 5"},
		{"GET", "/echo?x=%zz%4", "u", "GET from 127.0.0.3 by u, x is %zz%4 of 5"},
		{"GET", "/echo?x=a%00b", "u", "GET from 127.0.0.3 by u, x is a of 3"},
	};
	struct fixture f;

	(void)state;
	setup(&f);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char text[256];
		struct client c;

		client__connect_from(&c, 3, f.url);
		snprintf(text, sizeof(text),
			 "%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%s%s%s\r\n",
			 cases[i].method, cases[i].target, cases[i].agent ? "User-Agent: " : "",
			 cases[i].agent ? cases[i].agent : "", cases[i].agent ? "\r\n" : "");
		client__send(&c, text);
		TURN_UNTIL(&f.loop, client__at_end(&c));
		assert_string_equal(f.heard, cases[i].heard);
		client__close(&c);
	}
	teardown(&f);
}

/* Over IPv6, IPv4 brought by IPv6, and a socket file. */
static void peers_are_addresses_without_ports(void **state)
{
	char dir[] = "/tmp/ringtally-test-XXXXXX";
	char address[64];
	struct fixture f;
	struct client c;
	struct err err = {0};

	(void)state;
	setup(&f);
	assert_non_null(mkdtemp(dir));
	snprintf(address, sizeof(address), "unix:%s/socket", dir);
	assert_int_equal(http_server__listen(f.server, address, &err), 0);
	client__connect(&c, address);
	client__ask(&c, "GET", "/echo");
	TURN_UNTIL(&f.loop, client__at_end(&c));
	assert_string_equal(f.heard, "GET from unix by nobody, x is missing of 0");
	client__close(&c);
	if (http_server__listen(f.server, "[::]:0", &err)) {
		print_message("no IPv6 here: %s\n", err.msg);
	} else {
		struct sockaddr_in6 there = {.sin6_family = AF_INET6,
					     .sin6_addr = IN6ADDR_LOOPBACK_INIT};

		client__connect_from(&c, 4, http_server__url(f.server, 2));
		client__ask(&c, "GET", "/echo");
		TURN_UNTIL(&f.loop, client__at_end(&c));
		assert_string_equal(f.heard, "GET from 127.0.0.4 by nobody, x is missing of 0");
		client__close(&c);
		client__init(&c, AF_INET6);
		there.sin6_port = htons((unsigned short)strtol(
			strrchr(http_server__url(f.server, 2), ':') + 1, NULL, 10));
		assert_int_equal(connect(c.fd, (struct sockaddr *)&there, sizeof(there)), 0);
		client__ask(&c, "GET", "/echo");
		TURN_UNTIL(&f.loop, client__at_end(&c));
		assert_string_equal(f.heard, "GET from ::1 by nobody, x is missing of 0");
		client__close(&c);
	}
	teardown(&f);
	assert_int_equal(rmdir(dir), 0);
}

static void who_watches_a_path_hears_what_became_of_answers(void **state)
{
	struct fixture f;
	struct client c[2];
	struct http_answer *answer = http_answer__new_line(200, "for all");

	(void)state;
	setup(&f);
	answer->tag = 77;
	http_server__watch(f.server, "/later", on_sent);
	http_server__watch(f.server, "/nowhere", on_sent);
	for (size_t i = 0; i < ARRAY_SIZE(c); i++) {
		client__connect(&c[i], f.url);
		client__ask(&c[i], "GET", "/later");
	}
	TURN_UNTIL(&f.loop, f.nwaiting == 2);
	expect(&f, "/now", 200, "hello\n"); /* not watched */
	assert_int_equal(f.whole + f.cut, 0);
	for (size_t i = 0; i < ARRAY_SIZE(c); i++)
		http_request__answer(f.waiting[i], answer);
	http_answer__free(answer);
	for (size_t i = 0; i < ARRAY_SIZE(c); i++) {
		TURN_UNTIL(&f.loop, client__at_end(&c[i]));
		client__close(&c[i]);
	}
	assert_int_equal(f.whole, 2);
	assert_int_equal(f.cut, 0);
	assert_int_equal(f.tag, 77);
	teardown(&f);
}

static void a_cut_answer_was_not_sent_whole(void **state)
{
	struct fixture f;
	struct client c;

	(void)state;
	setup(&f);
	http_server__watch(f.server, "/big", on_sent);
	client__connect(&c, f.url);
	client__ask(&c, "GET", "/big");
	TURN_UNTIL(&f.loop, client__has(&c, "200 OK"));
	assert_int_equal(f.whole + f.cut, 0);
	client__close(&c);
	TURN_UNTIL(&f.loop, f.cut == 1);
	assert_int_equal(f.whole, 0);
	client__connect(&c, f.url);
	client__ask(&c, "GET", "/big");
	TURN_UNTIL(&f.loop, client__at_end(&c));
	assert_int_equal(f.whole, 1);
	client__close(&c);
	teardown(&f);
}

static void unrouted_paths_are_not_watched(void **state)
{
	struct fixture f;
	struct client c;

	(void)state;
	setup(&f);
	http_server__watch(f.server, "/later", on_sent);
	client__connect(&c, f.url);
	client__ask(&c, "GET", "/later");
	TURN_UNTIL(&f.loop, f.nwaiting == 1);
	http_server__unroute(f.server, "/later");
	http_request__respond_line(f.waiting[0], 200, "late");
	TURN_UNTIL(&f.loop, client__at_end(&c));
	assert_int_equal(f.whole + f.cut, 0);
	client__close(&c);
	teardown(&f);
}

static void a_client_may_go_away_while_it_waits(void **state)
{
	struct fixture f;
	struct client c;

	(void)state;
	setup(&f);
	client__connect(&c, f.url);
	client__ask(&c, "GET", "/later");
	TURN_UNTIL(&f.loop, f.nwaiting == 1);
	client__close(&c);
	for (int i = 0; i < 5; i++)
		turn(&f.loop);
	http_request__respond(f.waiting[0], 200, "text/plain", calloc(1, BIG), BIG);
	expect(&f, "/now", 200, "hello\n");
	teardown(&f);
}

static void without_an_answer_the_connection_is_closed(void **state)
{
	struct fixture f;
	struct client c;

	(void)state;
	setup(&f);
	client__connect(&c, f.url);
	client__ask(&c, "GET", "/later");
	TURN_UNTIL(&f.loop, f.nwaiting == 1);
	http_request__answer(f.waiting[0], NULL);
	TURN_UNTIL(&f.loop, client__at_end(&c));
	assert_int_equal(c.in.len, 0);
	client__close(&c);
	teardown(&f);
}

static void a_big_body_arrives_whole(void **state)
{
	struct fixture f;
	struct client c;

	(void)state;
	setup(&f);
	exchange(&f, &c, "GET", "/big");
	assert_int_equal(c.in.len - (size_t)(client__body(&c) - c.in.data), BIG);
	client__close(&c);
	teardown(&f);
}

static void paths_come_and_go(void **state)
{
	struct fixture f;
	struct err err = {0};

	(void)state;
	setup(&f);
	assert_int_equal(http_server__route(f.server, "/now", answer_at_once, NULL, &err), -EEXIST);
	assert_string_equal(err.msg, "HTTP path /now is taken");
	http_server__unroute(f.server, "/now");
	http_server__unroute(f.server, "/now");
	expect(&f, "/now", 404, "not found\n");
	expect(&f, "/nothing", 204, "");
	route(&f, "/now", answer_at_once);
	expect(&f, "/now", 200, "hello\n");
	teardown(&f);
}

static void several_addresses_are_served(void **state)
{
	char dir[] = "/tmp/ringtally-test-XXXXXX";
	char address[64];
	struct fixture f;
	struct client c;
	struct err err = {0};

	(void)state;
	setup(&f);
	assert_non_null(mkdtemp(dir));
	snprintf(address, sizeof(address), "unix:%s/socket", dir);
	assert_int_equal(http_server__listen(f.server, address, &err), 0);
	assert_string_equal(http_server__url(f.server, 1), address);
	assert_null(http_server__url(f.server, 2));
	expect(&f, "/now", 200, "hello\n");
	client__connect(&c, address);
	client__ask(&c, "GET", "/now");
	TURN_UNTIL(&f.loop, client__at_end(&c));
	assert_string_equal(client__body(&c), "hello\n");
	client__close(&c);
	teardown(&f);
	assert_int_equal(rmdir(dir), 0); /* the socket is gone */
}

static void a_port_in_use_is_an_error(void **state)
{
	struct fixture f;
	char message[128];
	struct err err = {0};
	const char *address;

	(void)state;
	setup(&f);
	address = f.url + strlen("http://");
	snprintf(message, sizeof(message), "listen on %s: Address already in use", address);
	assert_int_equal(http_server__listen(f.server, address, &err), -EADDRINUSE);
	assert_string_equal(err.msg, message);
	assert_null(http_server__url(f.server, 1));
	expect(&f, "/now", 200, "hello\n");
	teardown(&f);
}

static void idle_connections_do_not_shut_others_out(void **state)
{
	static struct client idle[150];
	struct fixture f;
	struct client c;

	(void)state;
	setup(&f);
	for (size_t i = 0; i < ARRAY_SIZE(idle); i++) {
		client__connect(&idle[i], f.url);
		turn(&f.loop);
	}
	client__connect_from(&c, 2, f.url);
	client__ask(&c, "GET", "/now");
	TURN_UNTIL(&f.loop, client__at_end(&c));
	assert_int_equal(client__status(&c), 200);
	client__close(&c);
	for (size_t i = 0; i < ARRAY_SIZE(idle); i++)
		client__close(&idle[i]);
	teardown(&f);
}

static void stopping_answers_what_waits(void **state)
{
	struct fixture f;
	struct client c;
	struct client idle;

	(void)state;
	setup(&f);
	client__connect(&idle, f.url);
	client__connect(&c, f.url);
	client__ask(&c, "GET", "/later");
	TURN_UNTIL(&f.loop, f.nwaiting == 1);
	http_server__stop(f.server, on_stopped, &f);
	finish(&f);
	TURN_UNTIL(&f.loop, client__at_end(&c));
	assert_int_equal(client__status(&c), 503);
	assert_string_equal(client__body(&c), "shutting down\n");
	http_request__respond_line(f.waiting[0], 200, "too late"); /* dropped */
	client__close(&c);
	client__close(&idle);
}

static void stopping_does_not_wait_for_who_does_not_read(void **state)
{
	struct fixture f;
	struct client c;

	(void)state;
	setup(&f);
	client__connect(&c, f.url);
	client__ask(&c, "GET", "/big");
	for (int i = 0; i < 20; i++)
		turn(&f.loop);
	teardown(&f);
	client__close(&c);
}

static void a_handler_may_stop_the_server(void **state)
{
	struct fixture f;
	struct client c;

	(void)state;
	setup(&f);
	exchange(&f, &c, "GET", "/stop");
	assert_int_equal(client__status(&c), 200);
	client__close(&c);
	finish(&f);
}

static void a_server_that_never_listened_is_freed(void **state)
{
	struct fixture f = {0};
	struct err err = {0};

	(void)state;
	assert_int_equal(uv_loop_init(&f.loop), 0);
	assert_int_equal(http_server__new(&f.loop, &f.server, &err), 0);
	assert_null(http_server__url(f.server, 0));
	http_server__free(f.server);
	assert_int_equal(http_server__new(&f.loop, &f.server, &err), 0);
	teardown(&f);
	http_server__free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(get_is_answered),
		cmocka_unit_test(head_has_the_length_but_no_body),
		cmocka_unit_test(unknown_paths_are_404),
		cmocka_unit_test(other_methods_are_405_with_allow),
		cmocka_unit_test(a_body_nobody_asked_for_is_read),
		cmocka_unit_test(garbage_does_no_harm),
		cmocka_unit_test(a_connection_is_kept_and_does_not_spin_the_loop),
		cmocka_unit_test(an_answer_may_come_later),
		cmocka_unit_test(a_handler_may_answer_another_request),
		cmocka_unit_test(many_requests_share_an_answer),
		cmocka_unit_test(requests_say_who_asks_for_what),
		cmocka_unit_test(peers_are_addresses_without_ports),
		cmocka_unit_test(who_watches_a_path_hears_what_became_of_answers),
		cmocka_unit_test(a_cut_answer_was_not_sent_whole),
		cmocka_unit_test(unrouted_paths_are_not_watched),
		cmocka_unit_test(a_client_may_go_away_while_it_waits),
		cmocka_unit_test(without_an_answer_the_connection_is_closed),
		cmocka_unit_test(a_big_body_arrives_whole),
		cmocka_unit_test(paths_come_and_go),
		cmocka_unit_test(several_addresses_are_served),
		cmocka_unit_test(a_port_in_use_is_an_error),
		cmocka_unit_test(idle_connections_do_not_shut_others_out),
		cmocka_unit_test(stopping_answers_what_waits),
		cmocka_unit_test(stopping_does_not_wait_for_who_does_not_read),
		cmocka_unit_test(a_handler_may_stop_the_server),
		cmocka_unit_test(a_server_that_never_listened_is_freed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
