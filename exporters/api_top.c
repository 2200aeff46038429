/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rounds, as in exporters/prometheus: what arrives before a snapshot is asked for shares it. An
 * idle handle brings the phases from turn to turn.
 */
#include "exporters/api_top.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "aggregators/snapshot.h"
#include "base/err.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "base/suggest.h"
#include "base/util.h"
#include "exporters/http_answer.h"
#include "exporters/http_server.h"
#include "exporters/top_json.h"

enum {
	HTTP_OK = 200,
	HTTP_BAD_REQUEST = 400,
	HTTP_NOT_FOUND = 404,
	HTTP_UNAVAILABLE = 503,
};

#define JSON_TYPE "application/json"

enum phase {
	PHASE_REST,    /* nobody waits */
	PHASE_ISSUE,   /* a snapshot is asked for on the next turn */
	PHASE_COLLECT, /* the source is at it */
	PHASE_ANSWER,
};

struct question {
	struct http_request *req;
	char *metric; /* owned */
	u32 k;
};

struct questions {
	struct question list[API_TOP_MAX_REQUESTS];
	size_t n;
};

struct api_top {
	struct exporter base;
	struct exporter_spec spec;
	uv_idle_t idle;
	enum phase phase;
	struct questions gathering; /* for the next round */
	struct questions serving;   /* of this round; the last one is answered first */
	struct collect_request collect;
	struct snapshot *snapshot; /* while answering */
	exporter_stopped_fn stopped;
	void *stopped_ctx;
};

static void on_idle(uv_idle_t *idle);

static void enter(struct api_top *t, enum phase phase)
{
	t->phase = phase;
	if (phase == PHASE_ISSUE || phase == PHASE_ANSWER)
		uv_idle_start(&t->idle, on_idle);
	else
		uv_idle_stop(&t->idle);
}

/* ---- answers ---- */

static void respond(struct http_request *req, int code, struct strbuf *take_body)
{
	struct http_answer *a = http_answer__new_from(code, JSON_TYPE, take_body);

	http_request__answer(req, a);
	http_answer__free(a);
	strbuf__fini(take_body);
}

static void respond_error(struct http_request *req, int code, const char *what)
{
	struct strbuf body;
	struct json j;

	strbuf__init(&body);
	json__init(&j, &body);
	json__open(&j, '{');
	json__key(&j, "error");
	json__text(&j, what);
	json__close(&j, '}');
	strbuf__putc(&body, '\n');
	respond(req, code, &body);
}

static void refuse_all(struct questions *questions, const char *why)
{
	while (questions->n > 0) {
		struct question *q = &questions->list[--questions->n];

		respond_error(q->req, HTTP_UNAVAILABLE, why);
		free(q->metric);
	}
}

static const struct family_snapshot *find_family(const struct snapshot *s, const char *name)
{
	for (size_t i = 0; i < s->n; i++)
		if (!strcmp(s->families[i].desc.name, name))
			return &s->families[i];
	return NULL;
}

/* Is the word the name but for its prefix? */
static bool lacks_prefix(const char *name, const char *word)
{
	const size_t n = strlen(name), nword = strlen(word);

	return n > nword + 1 && name[n - nword - 1] == '_' && !strcmp(name + n - nword, word);
}

static const char *suggest_name(const struct snapshot *s, const char *word)
{
	struct suggestion suggestion;

	suggestion__init(&suggestion, word);
	for (size_t i = 0; i < s->n; i++) {
		if (*word && lacks_prefix(s->families[i].desc.name, word))
			return s->families[i].desc.name;
		suggestion__offer(&suggestion, s->families[i].desc.name);
	}
	return suggestion.best;
}

static void respond_unknown(struct http_request *req, const struct snapshot *s, const char *word)
{
	const char *best = suggest_name(s, word);
	struct strbuf text;

	strbuf__init(&text);
	strbuf__printf(&text, "unknown metric '%s'", word);
	if (best)
		strbuf__printf(&text, " (did you mean '%s'?)", best);
	respond_error(req, HTTP_NOT_FOUND, text.failed ? "unknown metric" : text.data);
	strbuf__fini(&text);
}

static void answer(const struct api_top *t, const struct question *q)
{
	const struct family_snapshot *fs = find_family(t->snapshot, q->metric);
	struct strbuf body;

	if (!fs) {
		respond_unknown(q->req, t->snapshot, q->metric);
		return;
	}
	strbuf__init(&body);
	top_json_put(&body, fs, q->k);
	respond(q->req, HTTP_OK, &body);
}

/* ---- a round ---- */

static void end_round(struct api_top *t)
{
	snapshot__free(t->snapshot);
	t->snapshot = NULL;
	enter(t, t->gathering.n > 0 ? PHASE_ISSUE : PHASE_REST);
}

static void answer_one(struct api_top *t)
{
	const struct question q = t->serving.list[--t->serving.n];

	answer(t, &q);
	free(q.metric);
	if (t->serving.n == 0)
		end_round(t);
}

static void on_collected(struct collect_request *req, struct snapshot *take_snapshot)
{
	struct api_top *t = container_of(req, struct api_top, collect);

	t->snapshot = take_snapshot;
	if (!take_snapshot || snapshot__failed(take_snapshot)) {
		refuse_all(&t->serving, "out of memory for a snapshot");
		end_round(t);
		return;
	}
	enter(t, PHASE_ANSWER);
}

static void issue(struct api_top *t)
{
	t->serving = t->gathering;
	t->gathering.n = 0;
	enter(t, PHASE_COLLECT);
	t->collect = (struct collect_request){.done = on_collected, .without_self = true};
	t->spec.source->collect(t->spec.source, &t->collect);
}

static void on_idle(uv_idle_t *idle)
{
	struct api_top *t = container_of(idle, struct api_top, idle);

	if (t->phase == PHASE_ISSUE)
		issue(t);
	else
		answer_one(t);
}

/* ---- questions ---- */

/* NULL: it is not there, or has a NUL inside. */
static const char *argument(const struct http_request *req, const char *name)
{
	size_t n = 0;
	const char *text = http_request__argument(req, name, &n);

	return text && strlen(text) == n ? text : NULL;
}

/* Digits only; 0: it is no number, or too large. */
static u32 parse_k(const char *text)
{
	u32 k = 0;

	for (; *text >= '0' && *text <= '9' && k <= API_TOP_K_MAX; text++)
		k = k * 10 + (u32)(*text - '0');
	return *text || k > API_TOP_K_MAX ? 0 : k;
}

static bool has_argument(const struct http_request *req, const char *name)
{
	size_t n;

	return http_request__argument(req, name, &n);
}

static_assert(API_TOP_K_MAX == 1000, "the message says so");

/* What is wrong with the question; NULL: nothing. */
static const char *read_question(struct http_request *req, const char **ret_metric, u32 *ret_k)
{
	const char *k = argument(req, "k");

	*ret_metric = argument(req, "metric");
	*ret_k = API_TOP_K;
	if (!*ret_metric || !**ret_metric)
		return "'metric' is missing: " API_TOP_PATH "?metric=NAME&k=N";
	if (has_argument(req, "k"))
		*ret_k = k ? parse_k(k) : 0;
	return *ret_k ? NULL : "'k' must be a number from 1 to 1000";
}

static void on_question(void *ctx, struct http_request *req)
{
	struct api_top *t = ctx;
	struct question q = {.req = req};
	const char *metric;
	const char *wrong = read_question(req, &metric, &q.k);

	if (wrong) {
		respond_error(req, HTTP_BAD_REQUEST, wrong);
		return;
	}
	if (t->gathering.n + t->serving.n >= API_TOP_MAX_REQUESTS) {
		respond_error(req, HTTP_UNAVAILABLE, "too many requests at a time");
		return;
	}
	q.metric = strdup(metric);
	if (!q.metric) {
		respond_error(req, HTTP_UNAVAILABLE, "out of memory");
		return;
	}
	t->gathering.list[t->gathering.n++] = q;
	if (t->phase == PHASE_REST)
		enter(t, PHASE_ISSUE);
}

/* ---- the exporter ---- */

static struct api_top *api_top(struct exporter *e)
{
	return container_of(e, struct api_top, base);
}

static int api_top__create(const struct exporter_spec *spec, struct exporter **ret_exporter,
			   struct err *err)
{
	struct api_top *t = calloc(1, sizeof(*t));

	if (!t)
		return err__set_errno(err, -ENOMEM, "exporter api_top");
	t->base.ops = &api_top_ops;
	t->spec = *spec;
	*ret_exporter = &t->base;
	return 0;
}

static int api_top__start(struct exporter *e, struct err *err)
{
	struct api_top *t = api_top(e);
	const int ret = http_server__route(t->spec.http, API_TOP_PATH, on_question, t, err);

	if (ret)
		return err__wrap(err, "exporter api_top");
	uv_idle_init(t->spec.loop, &t->idle);
	return 0;
}

static void on_closed(uv_handle_t *handle)
{
	struct api_top *t = container_of((uv_idle_t *)handle, struct api_top, idle);

	t->stopped(t->stopped_ctx);
}

static void api_top__stop(struct exporter *e, exporter_stopped_fn stopped, void *ctx)
{
	struct api_top *t = api_top(e);

	t->stopped = stopped;
	t->stopped_ctx = ctx;
	http_server__unroute(t->spec.http, API_TOP_PATH);
	if (t->phase == PHASE_COLLECT)
		t->spec.source->cancel(t->spec.source, &t->collect);
	snapshot__free(t->snapshot);
	t->snapshot = NULL;
	refuse_all(&t->serving, "shutting down");
	refuse_all(&t->gathering, "shutting down");
	uv_close((uv_handle_t *)&t->idle, on_closed);
}

static void api_top__destroy(struct exporter *e)
{
	if (e)
		free(api_top(e));
}

const struct exporter_ops api_top_ops = {
	.kind = "api_top",
	.help = "Answers with the heaviest series of a metric, as JSON.",
	.create = api_top__create,
	.start = api_top__start,
	.stop = api_top__stop,
	.destroy = api_top__destroy,
};
