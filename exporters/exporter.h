/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The contract of an exporter: it takes snapshots and brings them somewhere. It never sees an
 * event, a BPF map or a series table. Everything happens on the loop thread, and nothing here
 * blocks.
 */
#ifndef RINGTALLY_EXPORTERS_EXPORTER_H
#define RINGTALLY_EXPORTERS_EXPORTER_H

#include "base/types.h"

struct err;
struct http_server;
struct scrape;
struct snapshot;
struct strbuf;

/* One wish for a snapshot; embedded in what waits for it, alive until done was called. */
struct collect_request {
	/* The snapshot is the receiver's to free; NULL when there was no memory for one. */
	void (*done)(struct collect_request *req, struct snapshot *take_snapshot);
	/* Without what the daemon says of itself: some of that is since the last scrape. */
	bool without_self;
	bool with_books;	      /* snapshot.books too */
	struct collect_request *next; /* the source's */
};

/* Where snapshots come from: implemented by the pipeline. */
struct metric_source {
	/* Asks for a snapshot that shows every event that ended before this call. done is called on
	 * a later turn of the loop, never from inside. */
	void (*collect)(struct metric_source *src, struct collect_request *req);
	/* Takes a request back: its done will not be called. */
	void (*cancel)(struct metric_source *src, struct collect_request *req);
	/* One scrape was answered: its HTTP status, and how long it took from request to body. */
	void (*scraped)(struct metric_source *src, int code, u64 duration_ns);
	/* The answer to a scrape that shows all there is was sent whole (exporters/scrapers). */
	void (*shown)(struct metric_source *src, const struct scrape *scrape);
	/* Bodies of /healthz and /readyz: writes text, returns the HTTP status. */
	int (*healthz)(struct metric_source *src, struct strbuf *body);
	int (*readyz)(struct metric_source *src, struct strbuf *body);
};

struct exporter_spec {
	struct http_server *http;   /* for those that serve; borrowed */
	const char *telemetry_path; /* "/metrics"; borrowed for life */
	struct uv_loop_s *loop;
	struct metric_source *source;
};

/* First member of every exporter. */
struct exporter {
	const struct exporter_ops *ops;
};

typedef void (*exporter_stopped_fn)(void *ctx);

/* Every slot is mandatory. */
struct exporter_ops {
	const char *kind;
	const char *help;
	int (*create)(const struct exporter_spec *spec, struct exporter **ret_exporter,
		      struct err *err);
	int (*start)(struct exporter *e, struct err *err);
	/* Answers what it must, closes its handles, then calls stopped, on a later turn of the
	 * loop. */
	void (*stop)(struct exporter *e, exporter_stopped_fn stopped, void *ctx);
	void (*destroy)(
		struct exporter *e); /* from `stopped` or later, or without a start; NULL is fine */
};

extern const struct exporter_ops *const exporter_kinds[];
extern const size_t exporter_kinds_count;

#endif
