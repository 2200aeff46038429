/* SPDX-License-Identifier: Apache-2.0 */
/* A round of questions is answered one in a turn of the loop. */
#include "exporters/api_top.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "aggregators/snapshot.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "base/suggest.h"
#include "base/util.h"
#include "exporters/api_answer.h"
#include "exporters/http_server.h"
#include "exporters/round.h"
#include "exporters/top_json.h"

struct question {
	char *metric; /* owned */
	u32 k;
};

struct api_top {
	struct exporter base;
	struct exporter_spec spec;
	struct round round;
};

/* ---- answers ---- */

static void question__free(struct question *q)
{
	free(q->metric);
	free(q);
}

static void refuse(struct round *r, const struct asked *asked, const char *why)
{
	(void)r;
	api_respond_error(asked->req, API_UNAVAILABLE, why);
	question__free(asked->question);
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
	api_respond_error(req, API_NOT_FOUND, text.failed ? "unknown metric" : text.data);
	strbuf__fini(&text);
}

static void answer(const struct snapshot *s, const struct asked *asked)
{
	const struct question *q = asked->question;
	const struct family_snapshot *fs = find_family(s, q->metric);
	struct strbuf body;

	if (!fs) {
		respond_unknown(asked->req, s, q->metric);
		return;
	}
	strbuf__init(&body);
	top_json_put(&body, fs, q->k);
	api_respond(asked->req, API_OK, &body);
}

/* The last one first. */
static bool answer_one(struct round *r)
{
	const struct asked *asked = &r->serving.list[--r->serving.n];

	answer(r->snapshot, asked);
	question__free(asked->question);
	return r->serving.n == 0;
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

static struct question *question__new(const char *metric, u32 k)
{
	struct question *q = calloc(1, sizeof(*q));

	if (!q)
		return NULL;
	q->k = k;
	q->metric = strdup(metric);
	if (q->metric)
		return q;
	question__free(q);
	return NULL;
}

static void on_question(void *ctx, struct http_request *req)
{
	struct api_top *t = ctx;
	const char *metric;
	u32 k;
	const char *wrong = read_question(req, &metric, &k);
	struct question *q = wrong ? NULL : question__new(metric, k);

	if (wrong)
		api_respond_error(req, API_BAD_REQUEST, wrong);
	else if (!q)
		api_respond_error(req, API_UNAVAILABLE, "out of memory");
	else if (!round__add(&t->round, &(struct asked){req, q}))
		refuse(&t->round, &(struct asked){req, q}, "too many requests at a time");
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
	round__init(&t->round, &(struct round_spec){
				       .source = spec->source,
				       .max = API_TOP_MAX_REQUESTS,
				       .wish = {.without_self = true},
				       .work = answer_one,
				       .refuse = refuse,
			       });
	*ret_exporter = &t->base;
	return 0;
}

static int api_top__start(struct exporter *e, struct err *err)
{
	struct api_top *t = api_top(e);
	const int ret = http_server__route(t->spec.http, API_TOP_PATH, on_question, t, err);

	if (ret)
		return err__wrap(err, "exporter api_top");
	round__open(&t->round, t->spec.loop);
	return 0;
}

static void api_top__stop(struct exporter *e, exporter_stopped_fn stopped, void *ctx)
{
	struct api_top *t = api_top(e);

	http_server__unroute(t->spec.http, API_TOP_PATH);
	round__close(&t->round, stopped, ctx);
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
