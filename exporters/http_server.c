/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One libmicrohttpd daemon per address, without a thread: its epoll descriptor is watched by the
 * loop, and a timer stands for the deadlines it has in mind (without the timer it hangs).
 * Everything it does, it does inside MHD_run, which is only called from the loop.
 *
 * A request waits suspended while nobody has answered it. It has two owners, libmicrohttpd and the
 * handler, and is freed when both are done: a client may be gone (or the server stopped) long
 * before the answer comes. libmicrohttpd does not look at a suspended connection, so that a
 * client's going away is noticed only when the answer is sent.
 *
 * Stopping: nothing is accepted any more, what waits gets its 503, and when the last answer is out
 * (or the patience is over) the daemons are stopped and the handles closed.
 */
#include "exporters/http_server.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/err.h"
#include "base/log.h"
#include "base/util.h"
#include "exporters/http_address.h"
#include "exporters/http_answer.h"

enum {
	MAX_CONNECTIONS = 256,
	MAX_CONNECTIONS_PER_IP = 128, /* one address cannot shut everybody else out */
	IDLE_SECONDS = 10,
	CONNECTION_BYTES = 16 * 1024, /* request head and response head */
	STOP_PATIENCE_MS = 1000,
};

struct route {
	const char *path;
	http_handler_fn handler;
	http_sent_fn sent; /* NULL: nobody wants to know */
	void *ctx;
};

struct listener {
	struct http_server *server;
	struct listener *next;
	struct http_address address;
	struct MHD_Daemon *daemon;
	uv_poll_t poll;
	uv_timer_t timer;
	bool resumed; /* a connection, since MHD_run was last called */
};

struct http_server {
	uv_loop_t *loop;
	struct route *routes;
	size_t nroutes;
	struct listener *listeners; /* in the order of the calls */
	struct http_request *requests;
	size_t open_handles;
	bool stopping;
	uv_timer_t patience; /* from stop on */
	void (*stopped)(void *ctx);
	void *stopped_ctx;
};

enum request_state {
	REQUEST_ARRIVING, /* until the handler returned */
	REQUEST_WAITING,  /* for its answer; the connection is suspended */
	REQUEST_ANSWERED,
};

struct http_request {
	struct listener *listener;
	struct http_request *next; /* of the server's, while there is a connection */
	struct http_request **link;
	struct MHD_Connection *connection; /* NULL: libmicrohttpd is done with it */
	struct route route;		   /* to where it went; no path: it is no longer there */
	bool head;			   /* the method is HEAD */
	bool handed;			   /* a handler has it and has not answered yet */
	enum request_state state;
	struct http_answer *answer; /* NULL when answered: close the connection */
	u64 arrived_ns;
};

/* ---- requests ---- */

static struct http_request *request__new(struct listener *l, struct MHD_Connection *connection)
{
	struct http_request *req = calloc(1, sizeof(*req));
	struct http_request **head = &l->server->requests;

	if (!req)
		return NULL;
	req->listener = l;
	req->connection = connection;
	req->arrived_ns = uv_hrtime();
	req->next = *head;
	req->link = head;
	if (req->next)
		req->next->link = &req->next;
	*head = req;
	return req;
}

static void request__free_if_unowned(struct http_request *req)
{
	if (!req->connection && !req->handed)
		free(req);
}

static void listener__resumed(struct listener *l);

/* The first answer counts: when the server stops, the handler's comes second. */
static void request__set_answer(struct http_request *req, struct http_answer *a)
{
	const bool suspended = req->state == REQUEST_WAITING;

	if (req->state == REQUEST_ANSWERED)
		return;
	req->state = REQUEST_ANSWERED;
	req->answer = a;
	http_answer__share(a);
	if (suspended) {
		MHD_resume_connection(req->connection);
		listener__resumed(req->listener);
	}
}

static void request__refuse(struct http_request *req, int code, const char *line)
{
	struct http_answer *a = http_answer__new_line(code, line);

	request__set_answer(req, a);
	http_answer__free(a);
}

void http_request__answer(struct http_request *req, struct http_answer *a)
{
	request__set_answer(req, a);
	req->handed = false;
	request__free_if_unowned(req);
}

void http_request__respond(struct http_request *req, int code, const char *content_type,
			   char *take_body, size_t n)
{
	struct http_answer *a = http_answer__new(code, content_type, take_body, n);

	http_request__answer(req, a);
	http_answer__free(a);
}

void http_request__respond_line(struct http_request *req, int code, const char *line)
{
	struct http_answer *a = http_answer__new_line(code, line);

	http_request__answer(req, a);
	http_answer__free(a);
}

u64 http_request__arrived_ns(const struct http_request *req)
{
	return req->arrived_ns;
}

bool http_request__is_head(const struct http_request *req)
{
	return req->head;
}

static const char *header_of(const struct http_request *req, const char *name)
{
	if (!req->connection)
		return NULL;
	return MHD_lookup_connection_value(req->connection, MHD_HEADER_KIND, name);
}

const char *http_request__user_agent(const struct http_request *req)
{
	return header_of(req, MHD_HTTP_HEADER_USER_AGENT);
}

const char *http_request__accept_encoding(const struct http_request *req)
{
	return header_of(req, MHD_HTTP_HEADER_ACCEPT_ENCODING);
}

struct argument {
	const char *name;
	const char *value; /* NULL: not there */
	size_t len;
};

/* libmicrohttpd's own look-up takes X for x. */
static enum MHD_Result find_argument(void *cls, enum MHD_ValueKind kind, const char *name,
				     size_t name_len, const char *value, size_t value_len)
{
	struct argument *a = cls;

	(void)kind;
	if (name_len != strlen(a->name) || memcmp(name, a->name, name_len) != 0 || !value)
		return MHD_YES;
	a->value = value;
	a->len = value_len;
	return MHD_NO;
}

const char *http_request__argument(const struct http_request *req, const char *name,
				   size_t *ret_len)
{
	struct argument a = {.name = name};

	if (req->connection)
		MHD_get_connection_values_n(req->connection, MHD_GET_ARGUMENT_KIND, find_argument,
					    &a);
	if (a.value)
		*ret_len = a.len;
	return a.value;
}

static void put_address(const struct sockaddr *from, char ret_text[HTTP_PEER_MAX])
{
	const struct sockaddr_in6 *v6 = (const void *)from;
	const struct sockaddr_in *v4 = (const void *)from;

	if (from->sa_family == AF_INET)
		inet_ntop(AF_INET, &v4->sin_addr, ret_text, HTTP_PEER_MAX);
	else if (from->sa_family != AF_INET6)
		memcpy(ret_text, "unix", sizeof("unix"));
	else if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr))
		inet_ntop(AF_INET, &v6->sin6_addr.s6_addr[12], ret_text, HTTP_PEER_MAX);
	else
		inet_ntop(AF_INET6, &v6->sin6_addr, ret_text, HTTP_PEER_MAX);
}

void http_request__peer(const struct http_request *req, char ret_text[HTTP_PEER_MAX])
{
	const union MHD_ConnectionInfo *info = NULL;

	ret_text[0] = '\0';
	if (req->connection)
		info = MHD_get_connection_info(req->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	if (info && info->client_addr)
		put_address(info->client_addr, ret_text);
}

/* ---- what libmicrohttpd calls ---- */

static void on_patience_over(uv_timer_t *patience);

static struct route *find_route(const struct http_server *s, const char *path)
{
	for (size_t i = 0; i < s->nroutes; i++)
		if (!strcmp(s->routes[i].path, path))
			return &s->routes[i];
	return NULL;
}

static void dispatch(struct http_request *req, const char *path, const char *method)
{
	const struct http_server *s = req->listener->server;
	const struct route *route = find_route(s, path);

	if (!route) {
		request__refuse(req, MHD_HTTP_NOT_FOUND, "not found");
	} else if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 &&
		   strcmp(method, MHD_HTTP_METHOD_HEAD) != 0) {
		request__refuse(req, MHD_HTTP_METHOD_NOT_ALLOWED, "method not allowed");
	} else if (!s->stopping) {
		req->handed = true;
		req->head = !strcmp(method, MHD_HTTP_METHOD_HEAD);
		req->route = *route;
		req->route.handler(req->route.ctx, req);
	}
	if (s->stopping) /* perhaps by the handler */
		request__refuse(req, MHD_HTTP_SERVICE_UNAVAILABLE, "shutting down");
}

static enum MHD_Result send_answer(struct http_request *req)
{
	if (!req->answer)
		return MHD_NO;
	return MHD_queue_response(req->connection, req->answer->code, req->answer->response);
}

/* Called when the head is there, for each part of a body, when the request is complete, and again
 * after a resume. NOLINTNEXTLINE(readability-function-size): libmicrohttpd wants it like this. */
static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url,
				  const char *method, const char *version, const char *body,
				  size_t *body_size, void **request)
{
	struct http_request *req = *request;

	(void)version;
	(void)body;
	if (!req) {
		*request = request__new(cls, connection);
		return *request ? MHD_YES : MHD_NO;
	}
	if (*body_size > 0) { /* read, so that the client gets to reading its answer */
		*body_size = 0;
		return MHD_YES;
	}
	if (req->state == REQUEST_ARRIVING)
		dispatch(req, url, method);
	if (req->state == REQUEST_ANSWERED)
		return send_answer(req);
	req->state = REQUEST_WAITING;
	MHD_suspend_connection(connection);
	return MHD_YES;
}

static void on_completed(void *cls, struct MHD_Connection *connection, void **request,
			 enum MHD_RequestTerminationCode how)
{
	struct http_server *s = ((struct listener *)cls)->server;
	struct http_request *req = *request;

	(void)connection;
	if (!req)
		return;
	*request = NULL;
	if (req->answer && req->route.sent)
		req->route.sent(req->route.ctx, req, req->answer,
				how == MHD_REQUEST_TERMINATED_COMPLETED_OK);
	*req->link = req->next;
	if (req->next)
		req->next->link = req->link;
	http_answer__free(req->answer);
	req->answer = NULL;
	req->state = REQUEST_ANSWERED;
	req->connection = NULL;
	request__free_if_unowned(req);
	if (s->stopping && !s->requests)
		uv_timer_start(&s->patience, on_patience_over, 0, 0);
}

__attribute__((format(printf, 2, 0))) static void on_log(void *cls, const char *fmt, va_list ap)
{
	char line[256];

	(void)cls;
	vsnprintf(line, sizeof(line), fmt, ap);
	line[strcspn(line, "\n")] = '\0';
	log_debug("libmicrohttpd", "says", line, NULL);
}

/* ---- a daemon in the loop ---- */

static void on_timer(uv_timer_t *timer);

static void listener__run(struct listener *l)
{
	MHD_UNSIGNED_LONG_LONG timeout_ms;

	l->resumed = false;
	MHD_run(l->daemon);
	if (l->resumed)
		return;
	if (MHD_get_timeout(l->daemon, &timeout_ms) == MHD_YES)
		uv_timer_start(&l->timer, on_timer, timeout_ms, 0);
	else
		uv_timer_stop(&l->timer);
}

/* MHD_run must follow; on the next turn, since this may be inside of it. */
static void listener__resumed(struct listener *l)
{
	l->resumed = true;
	uv_timer_start(&l->timer, on_timer, 0, 0);
}

static void on_timer(uv_timer_t *timer)
{
	listener__run(container_of(timer, struct listener, timer));
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
	(void)status;
	(void)events;
	listener__run(container_of(poll, struct listener, poll));
}

static int start_daemon(struct listener *l)
{
	l->daemon = MHD_start_daemon(
		MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, NULL, NULL,
		on_request, l, MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL, MHD_OPTION_LISTEN_SOCKET,
		l->address.fd, MHD_OPTION_NOTIFY_COMPLETED, on_completed, l,
		MHD_OPTION_CONNECTION_LIMIT, (unsigned int)MAX_CONNECTIONS,
		MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned int)MAX_CONNECTIONS_PER_IP,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)IDLE_SECONDS,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES, MHD_OPTION_END);
	return l->daemon ? 0 : -ENOMEM;
}

/* The socket stays ours (libmicrohttpd would close it) and is closed first, so that nobody gets
 * stuck in its queue. */
static void listener__stop_accepting(struct listener *l)
{
	if (l->daemon)
		MHD_quiesce_daemon(l->daemon);
	http_address__close(&l->address);
}

static void listener__free(struct listener *l)
{
	listener__stop_accepting(l);
	if (l->daemon)
		MHD_stop_daemon(l->daemon);
	free(l);
}

static int listener__open(struct listener *l, const char *address, struct err *err)
{
	int ret = http_address__open(&l->address, address, err);

	if (ret)
		return ret;
	ret = start_daemon(l);
	if (ret)
		return err__set(err, ret, "listen on %s: libmicrohttpd does not start", address);

	const union MHD_DaemonInfo *info = MHD_get_daemon_info(l->daemon, MHD_DAEMON_INFO_EPOLL_FD);

	ret = uv_poll_init(l->server->loop, &l->poll, info->epoll_fd);
	if (ret)
		return err__set_errno(err, ret, "listen on %s: watch it", address);
	uv_poll_start(&l->poll, UV_READABLE, on_readable);
	uv_timer_init(l->server->loop, &l->timer);
	l->server->open_handles += 2;
	return 0;
}

/* ---- the server ---- */

int http_server__new(struct uv_loop_s *loop, struct http_server **ret_server, struct err *err)
{
	struct http_server *s = calloc(1, sizeof(*s));

	if (!s)
		return err__set_errno(err, -ENOMEM, "HTTP server");
	s->loop = loop;
	*ret_server = s;
	return 0;
}

int http_server__route(struct http_server *s, const char *path, http_handler_fn handler, void *ctx,
		       struct err *err)
{
	if (find_route(s, path))
		return err__set(err, -EEXIST, "HTTP path %s is taken", path);

	struct route *routes = reallocarray(s->routes, s->nroutes + 1, sizeof(*routes));

	if (!routes)
		return err__set_errno(err, -ENOMEM, "HTTP path %s", path);
	routes[s->nroutes++] = (struct route){.path = path, .handler = handler, .ctx = ctx};
	s->routes = routes;
	return 0;
}

void http_server__watch(struct http_server *s, const char *path, http_sent_fn sent)
{
	struct route *route = find_route(s, path);

	if (route)
		route->sent = sent;
}

void http_server__unroute(struct http_server *s, const char *path)
{
	struct route *route = find_route(s, path);

	if (!route)
		return;
	for (struct http_request *req = s->requests; req; req = req->next)
		if (req->route.path && !strcmp(req->route.path, path))
			req->route = (struct route){0};
	*route = s->routes[--s->nroutes];
}

int http_server__listen(struct http_server *s, const char *address, struct err *err)
{
	struct listener *l = calloc(1, sizeof(*l));
	struct listener **tail = &s->listeners;

	if (!l)
		return err__set_errno(err, -ENOMEM, "listen on %s", address);
	l->server = s;
	l->address.fd = -1;

	const int ret = listener__open(l, address, err);

	if (ret) {
		listener__free(l);
		return ret;
	}
	while (*tail)
		tail = &(*tail)->next;
	*tail = l;
	return 0;
}

const char *http_server__url(const struct http_server *s, size_t i)
{
	const struct listener *l = s->listeners;

	for (; l && i > 0; i--)
		l = l->next;
	return l ? l->address.url : NULL;
}

static void on_closed(uv_handle_t *handle)
{
	struct http_server *s = handle->data;

	if (--s->open_handles == 0)
		s->stopped(s->stopped_ctx);
}

static void close_handle(struct http_server *s, uv_handle_t *handle)
{
	handle->data = s;
	uv_close(handle, on_closed);
}

/* Everything is answered, or will not be read any more. */
static void on_patience_over(uv_timer_t *patience)
{
	struct http_server *s = container_of(patience, struct http_server, patience);

	for (struct listener *l = s->listeners; l; l = l->next) {
		close_handle(s, (uv_handle_t *)&l->poll); /* before its descriptor goes */
		close_handle(s, (uv_handle_t *)&l->timer);
		MHD_stop_daemon(l->daemon);
		l->daemon = NULL;
	}
	close_handle(s, (uv_handle_t *)patience);
}

void http_server__stop(struct http_server *s, void (*stopped)(void *ctx), void *ctx)
{
	assert(!s->stopping);
	s->stopping = true;
	s->stopped = stopped;
	s->stopped_ctx = ctx;
	for (struct listener *l = s->listeners; l; l = l->next)
		listener__stop_accepting(l);
	for (struct http_request *req = s->requests; req; req = req->next)
		if (req->state == REQUEST_WAITING)
			request__refuse(req, MHD_HTTP_SERVICE_UNAVAILABLE, "shutting down");
	uv_timer_init(s->loop, &s->patience);
	uv_timer_start(&s->patience, on_patience_over, s->requests ? STOP_PATIENCE_MS : 0, 0);
	s->open_handles++;
}

void http_server__free(struct http_server *s)
{
	if (!s)
		return;
	assert(s->open_handles == 0);
	for (struct listener *l = s->listeners, *next; l; l = next) {
		next = l->next;
		listener__free(l);
	}
	free(s->routes);
	free(s);
}
