/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A round goes through the phases below; an idle handle brings it from turn to turn. ISSUE lasts
 * one turn, so that scrapes which arrive together share the round. Scrapes that arrive from COLLECT
 * on gather for the next one, which begins when this one has been answered: there is never more
 * than one snapshot and one half-finished body.
 */
#include "exporters/prometheus.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "aggregators/snapshot.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "base/util.h"
#include "exporters/http_answer.h"
#include "exporters/http_server.h"
#include "exporters/prom_text.h"
#include "exporters/scrapers.h"

enum {
	STEP_LINES = 500,  /* rendered between two looks at the clock: some 20 us */
	SLICE_NS = 500000, /* of rendering in one turn of the loop */
	HTTP_OK = 200,
	HTTP_UNAVAILABLE = 503,
};

enum phase {
	PHASE_REST,    /* nobody waits */
	PHASE_ISSUE,   /* a snapshot is asked for on the next turn */
	PHASE_COLLECT, /* the source is at it */
	PHASE_RENDER,
};

struct scrapes {
	struct http_request *requests[PROMETHEUS_MAX_SCRAPES];
	size_t n;
};

struct prometheus {
	struct exporter base;
	struct exporter_spec spec;
	uv_idle_t idle;
	enum phase phase;
	struct scrapes gathering; /* for the next round */
	struct scrapes serving;	  /* of this round */
	struct collect_request collect;
	struct snapshot *snapshot; /* while rendering */
	struct prom_text text;
	struct strbuf body;
	exporter_stopped_fn stopped;
	void *stopped_ctx;
};

static void on_idle(uv_idle_t *idle);

static void enter(struct prometheus *p, enum phase phase)
{
	p->phase = phase;
	if (phase == PHASE_ISSUE || phase == PHASE_RENDER)
		uv_idle_start(&p->idle, on_idle);
	else
		uv_idle_stop(&p->idle);
}

/* ---- answers ---- */

static void report(struct prometheus *p, const struct http_request *req, int code)
{
	struct metric_source *source = p->spec.source;

	source->scraped(source, code, uv_hrtime() - http_request__arrived_ns(req));
}

static void refuse(struct prometheus *p, struct http_request *req, const char *why)
{
	report(p, req, HTTP_UNAVAILABLE);
	http_request__respond_line(req, HTTP_UNAVAILABLE, why);
}

static void refuse_all(struct prometheus *p, struct scrapes *scrapes, const char *why)
{
	for (size_t i = 0; i < scrapes->n; i++)
		refuse(p, scrapes->requests[i], why);
	scrapes->n = 0;
}

static void answer_all(struct prometheus *p, struct scrapes *scrapes, struct http_answer *answer)
{
	for (size_t i = 0; i < scrapes->n; i++) {
		report(p, scrapes->requests[i], HTTP_OK);
		http_request__answer(scrapes->requests[i], answer);
	}
	scrapes->n = 0;
}

/* With `name[]` a client asks for some families only. */
static bool is_filtered(const struct http_request *req)
{
	size_t n;

	return http_request__argument(req, "name[]", &n);
}

/* Only what was sent whole has been shown. The tag is the snapshot's number; a refusal has none. */
static void on_sent(void *ctx, const struct http_request *req, const struct http_answer *answer,
		    bool whole)
{
	struct prometheus *p = ctx;
	char peer[HTTP_PEER_MAX];
	const char *agent = http_request__user_agent(req);

	if (!whole || !answer->tag || http_request__is_head(req) || is_filtered(req))
		return;
	http_request__peer(req, peer);
	p->spec.source->shown(p->spec.source, &(struct scrape){
						      .address = peer,
						      .agent = agent ? agent : "",
						      .asked_ns = http_request__arrived_ns(req),
						      .number = answer->tag,
					      });
}

/* ---- a round ---- */

static void end_round(struct prometheus *p)
{
	enter(p, p->gathering.n > 0 ? PHASE_ISSUE : PHASE_REST);
}

static void free_rendering(struct prometheus *p)
{
	prom_text__fini(&p->text);
	strbuf__fini(&p->body);
	snapshot__free(p->snapshot);
	p->snapshot = NULL;
}

static void finish_rendering(struct prometheus *p)
{
	struct http_answer *answer = http_answer__new_from(HTTP_OK, PROM_TEXT_TYPE, &p->body);

	if (answer) {
		answer->tag = p->snapshot->number;
		answer_all(p, &p->serving, answer);
	} else {
		refuse_all(p, &p->serving, "out of memory while rendering");
	}
	http_answer__free(answer);
	free_rendering(p);
	end_round(p);
}

static void render_slice(struct prometheus *p)
{
	const u64 start = uv_hrtime();
	int more;

	do {
		more = prom_text__step(&p->text, &p->body, STEP_LINES);
	} while (more > 0 && uv_hrtime() - start < SLICE_NS);

	if (more < 0)
		p->body.failed = true;
	if (more <= 0)
		finish_rendering(p);
}

static void on_collected(struct collect_request *req, struct snapshot *take_snapshot)
{
	struct prometheus *p = container_of(req, struct prometheus, collect);

	if (!take_snapshot || snapshot__failed(take_snapshot)) {
		snapshot__free(take_snapshot);
		refuse_all(p, &p->serving, "out of memory for a snapshot");
		end_round(p);
		return;
	}
	p->snapshot = take_snapshot;
	prom_text__init(&p->text, take_snapshot);
	enter(p, PHASE_RENDER);
}

static void issue(struct prometheus *p)
{
	p->serving = p->gathering;
	p->gathering.n = 0;
	enter(p, PHASE_COLLECT);
	p->collect = (struct collect_request){.done = on_collected};
	p->spec.source->collect(p->spec.source, &p->collect);
}

static void on_idle(uv_idle_t *idle)
{
	struct prometheus *p = container_of(idle, struct prometheus, idle);

	if (p->phase == PHASE_ISSUE)
		issue(p);
	else
		render_slice(p);
}

static void on_scrape(void *ctx, struct http_request *req)
{
	struct prometheus *p = ctx;

	if (p->gathering.n + p->serving.n >= PROMETHEUS_MAX_SCRAPES) {
		refuse(p, req, "too many scrapes at a time");
		return;
	}
	p->gathering.requests[p->gathering.n++] = req;
	if (p->phase == PHASE_REST)
		enter(p, PHASE_ISSUE);
}

/* ---- the exporter ---- */

static struct prometheus *prometheus(struct exporter *e)
{
	return container_of(e, struct prometheus, base);
}

static int prometheus__create(const struct exporter_spec *spec, struct exporter **ret_exporter,
			      struct err *err)
{
	struct prometheus *p = calloc(1, sizeof(*p));

	if (!p)
		return err__set_errno(err, -ENOMEM, "exporter prometheus");
	p->base.ops = &prometheus_ops;
	p->spec = *spec;
	strbuf__init(&p->body);
	*ret_exporter = &p->base;
	return 0;
}

static int prometheus__start(struct exporter *e, struct err *err)
{
	struct prometheus *p = prometheus(e);
	const int ret = http_server__route(p->spec.http, p->spec.telemetry_path, on_scrape, p, err);

	if (ret)
		return err__wrap(err, "exporter prometheus");
	http_server__watch(p->spec.http, p->spec.telemetry_path, on_sent);
	uv_idle_init(p->spec.loop, &p->idle);
	return 0;
}

static void on_closed(uv_handle_t *handle)
{
	struct prometheus *p = container_of((uv_idle_t *)handle, struct prometheus, idle);

	p->stopped(p->stopped_ctx);
}

static void prometheus__stop(struct exporter *e, exporter_stopped_fn stopped, void *ctx)
{
	struct prometheus *p = prometheus(e);

	p->stopped = stopped;
	p->stopped_ctx = ctx;
	http_server__unroute(p->spec.http, p->spec.telemetry_path);
	if (p->phase == PHASE_COLLECT)
		p->spec.source->cancel(p->spec.source, &p->collect);
	if (p->phase == PHASE_RENDER)
		free_rendering(p);
	refuse_all(p, &p->serving, "shutting down");
	refuse_all(p, &p->gathering, "shutting down");
	uv_close((uv_handle_t *)&p->idle, on_closed);
}

static void prometheus__destroy(struct exporter *e)
{
	if (e)
		free(prometheus(e));
}

const struct exporter_ops prometheus_ops = {
	.kind = "prometheus",
	.help = "Serves the metrics over HTTP, for Prometheus to scrape.",
	.create = prometheus__create,
	.start = prometheus__start,
	.stop = prometheus__stop,
	.destroy = prometheus__destroy,
};
