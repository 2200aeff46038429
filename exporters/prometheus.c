/* SPDX-License-Identifier: Apache-2.0 */
/* A round of scrapes is one rendering, in slices between other work of the loop; all get its bytes,
 * compressed, once for all of them, who asked for that. */
#include "exporters/prometheus.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "aggregators/snapshot.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "base/util.h"
#include "exporters/content_coding.h"
#include "exporters/gzip.h"
#include "exporters/http_answer.h"
#include "exporters/http_server.h"
#include "exporters/prom_text.h"
#include "exporters/round.h"
#include "exporters/scrapers.h"

enum {
	STEP_LINES = 500,  /* rendered between two looks at the clock: some 20 us */
	STEP_BYTES = 8192, /* of text, compressed between two looks: as long */
	SLICE_NS = 500000, /* of rendering in one turn of the loop */
	HTTP_OK = 200,
	HTTP_UNAVAILABLE = 503,
};

struct prometheus {
	struct exporter base;
	struct exporter_spec spec;
	struct round round;
	bool rendering; /* text and body are in use */
	bool written;	/* the body is whole */
	struct prom_text text;
	struct strbuf body;
	bool compressing; /* gzip is in use */
	struct gzip gzip;
	size_t compressed; /* bytes of the body */
};

/* What a round answers with. */
struct answers {
	struct http_answer *plain;
	struct http_answer *gzip; /* NULL: nobody wants it */
};

_Static_assert(PROMETHEUS_MAX_SCRAPES <= (int)ROUND_MAX, "scrapes are rounds");

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

static bool wants_gzip(const struct asked *asked)
{
	return content_coding_wants_gzip(http_request__accept_encoding(asked->req));
}

static void answer_all(struct prometheus *p, const struct answers *answers)
{
	struct askeds *serving = &p->round.serving;

	for (size_t i = 0; i < serving->n; i++) {
		const struct asked *asked = &serving->list[i];
		const bool compressed = answers->gzip && wants_gzip(asked);

		report(p, asked->req, HTTP_OK);
		http_request__answer(asked->req, compressed ? answers->gzip : answers->plain);
	}
	serving->n = 0;
}

static void refuse_all(struct prometheus *p, const char *why)
{
	struct askeds *serving = &p->round.serving;

	while (serving->n > 0)
		refuse(p, serving->list[--serving->n].req, why);
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

static struct prometheus *of_round(struct round *r)
{
	return container_of(r, struct prometheus, round);
}

static void refuse_one(struct round *r, const struct asked *asked, const char *why)
{
	refuse(of_round(r), asked->req, why);
}

static void free_rendering(struct round *r)
{
	struct prometheus *p = of_round(r);

	if (p->rendering)
		prom_text__fini(&p->text);
	if (p->compressing)
		gzip__end(&p->gzip);
	strbuf__fini(&p->body);
	p->rendering = p->written = p->compressing = false;
}

static struct http_answer *answer_of(const struct prometheus *p, struct strbuf *take_body,
				     const char *coding)
{
	struct http_answer *answer = http_answer__new_from(HTTP_OK, PROM_TEXT_TYPE, take_body);

	if (answer && !http_answer__set_coding(answer, coding)) {
		http_answer__free(answer);
		answer = NULL;
	}
	if (answer)
		answer->tag = p->round.snapshot->number;
	return answer;
}

static void finish_rendering(struct prometheus *p)
{
	const struct answers answers = {
		.plain = answer_of(p, &p->body, NULL),
		.gzip = p->compressing ? answer_of(p, &p->gzip.out, "gzip") : NULL,
	};

	if (answers.plain && (answers.gzip || !p->compressing))
		answer_all(p, &answers);
	else
		refuse_all(p, "out of memory while rendering");
	http_answer__free(answers.plain);
	http_answer__free(answers.gzip);
	free_rendering(&p->round);
}

static bool anybody_wants_gzip(const struct prometheus *p)
{
	for (size_t i = 0; i < p->round.serving.n; i++)
		if (wants_gzip(&p->round.serving.list[i]))
			return true;
	return false;
}

/* Steps answer 1: there is more to do, 0: nothing, or a negative errno. */
static int begin_gzip(struct prometheus *p)
{
	const int rc = gzip__begin(&p->gzip);

	p->compressing = !rc;
	p->compressed = 0;
	return rc ? rc : 1;
}

static int compress_step(struct prometheus *p)
{
	const size_t left = p->body.len - p->compressed, n = MIN(left, (size_t)STEP_BYTES);

	gzip__add(&p->gzip, p->body.data + p->compressed, n, n == left);
	p->compressed += n;
	return n < left;
}

static int write_step(struct prometheus *p)
{
	const int more = prom_text__step(&p->text, &p->body, STEP_LINES);

	if (more)
		return more;
	p->written = true;
	return !p->body.failed && anybody_wants_gzip(p) ? begin_gzip(p) : 0;
}

static bool render_slice(struct round *r)
{
	struct prometheus *p = of_round(r);
	const u64 start = uv_hrtime();
	int more;

	if (!p->rendering)
		prom_text__init(&p->text, r->snapshot);
	p->rendering = true;
	do {
		more = p->written ? compress_step(p) : write_step(p);
	} while (more > 0 && uv_hrtime() - start < SLICE_NS);

	if (more < 0)
		p->body.failed = true;
	if (more <= 0)
		finish_rendering(p);
	return more <= 0;
}

static void on_scrape(void *ctx, struct http_request *req)
{
	struct prometheus *p = ctx;

	if (!round__add(&p->round, &(struct asked){.req = req}))
		refuse(p, req, "too many scrapes at a time");
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
	round__init(&p->round, &(struct round_spec){
				       .source = spec->source,
				       .max = PROMETHEUS_MAX_SCRAPES,
				       .work = render_slice,
				       .refuse = refuse_one,
				       .abandon = free_rendering,
			       });
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
	round__open(&p->round, p->spec.loop);
	return 0;
}

static void prometheus__stop(struct exporter *e, exporter_stopped_fn stopped, void *ctx)
{
	struct prometheus *p = prometheus(e);

	http_server__unroute(p->spec.http, p->spec.telemetry_path);
	round__close(&p->round, stopped, ctx);
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
