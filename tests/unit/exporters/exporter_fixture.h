/* SPDX-License-Identifier: Apache-2.0 */
/* An exporter between a real server and a source that answers when the test says so. */
#ifndef RINGTALLY_TESTS_EXPORTER_FIXTURE_H
#define RINGTALLY_TESTS_EXPORTER_FIXTURE_H

#include "base/err.h"
#include "base/util.h"
#include "exporters/exporter.h"
#include "exporters/http_server.h"
#include "tests/unit/exporters/http_client.h"

struct fixture {
	struct metric_source source;
	bool without_self;		/* what the exporter must ask for */
	struct collect_request *wanted; /* what the source was asked for */
	size_t collects;
	size_t cancels;
	size_t scraped; /* reports, by status */
	size_t refused;
	size_t shown; /* and what the last one was */
	u64 shown_number;
	u64 shown_asked_ns;
	char shown_to[64];
	uv_loop_t loop;
	struct http_server *server;
	const char *url;
	struct exporter *exporter;
	bool exporter_stopped;
	bool server_stopped;
};

static inline struct fixture *of(struct metric_source *src)
{
	return container_of(src, struct fixture, source);
}

static inline void fake_collect(struct metric_source *src, struct collect_request *req)
{
	assert_null(of(src)->wanted);
	assert_int_equal(req->without_self, of(src)->without_self);
	of(src)->wanted = req;
	of(src)->collects++;
}

static inline void fake_cancel(struct metric_source *src, struct collect_request *req)
{
	assert_ptr_equal(of(src)->wanted, req);
	of(src)->wanted = NULL;
	of(src)->cancels++;
}

static inline void deliver(struct fixture *f, struct snapshot *take_snapshot)
{
	struct collect_request *req = f->wanted;

	assert_non_null(req);
	f->wanted = NULL;
	req->done(req, take_snapshot);
}

/* With the source that the caller has set. */
static inline void start_exporter(struct fixture *f, const struct exporter_ops *ops)
{
	struct err err = {0};
	struct exporter_spec spec = {.telemetry_path = "/metrics"};

	assert_int_equal(uv_loop_init(&f->loop), 0);
	assert_int_equal(http_server__new(&f->loop, &f->server, &err), 0);
	assert_int_equal(http_server__listen(f->server, "127.0.0.1:0", &err), 0);
	f->url = http_server__url(f->server, 0);
	spec.http = f->server;
	spec.loop = &f->loop;
	spec.source = &f->source;
	assert_int_equal(ops->create(&spec, &f->exporter, &err), 0);
	assert_int_equal(ops->start(f->exporter, &err), 0);
}

static inline void on_exporter_stopped(void *ctx)
{
	struct fixture *f = ctx;

	f->exporter_stopped = true;
}

static inline void on_server_stopped(void *ctx)
{
	struct fixture *f = ctx;

	f->server_stopped = true;
}

static inline void stop_exporter(struct fixture *f)
{
	const struct exporter_ops *ops = f->exporter->ops;

	ops->stop(f->exporter, on_exporter_stopped, f);
	assert_false(f->exporter_stopped);
	TURN_UNTIL(&f->loop, f->exporter_stopped);
	ops->destroy(f->exporter);
	f->exporter = NULL;
}

static inline void teardown(struct fixture *f)
{
	if (f->exporter)
		stop_exporter(f);
	http_server__stop(f->server, on_server_stopped, f);
	TURN_UNTIL(&f->loop, f->server_stopped);
	http_server__free(f->server);
	assert_int_equal(uv_loop_close(&f->loop), 0);
}

#endif
