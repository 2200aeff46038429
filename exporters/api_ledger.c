/* SPDX-License-Identifier: Apache-2.0 */
/* A round of questions is answered one in a turn of the loop. */
#include "exporters/api_ledger.h"

#include <errno.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "base/util.h"
#include "exporters/api_answer.h"
#include "exporters/http_server.h"
#include "exporters/ledger_json.h"
#include "exporters/round.h"

struct api_ledger {
	struct exporter base;
	struct exporter_spec spec;
	struct round round;
};

static void refuse(struct round *r, const struct asked *asked, const char *why)
{
	(void)r;
	api_respond_error(asked->req, API_UNAVAILABLE, why);
}

/* One in a turn of the loop, the last one first: it takes as long as to look at every series. */
static bool answer_one(struct round *r)
{
	struct strbuf body;

	strbuf__init(&body);
	ledger_json_put(&body, r->snapshot);
	api_respond(r->serving.list[--r->serving.n].req, API_OK, &body);
	return r->serving.n == 0;
}

static void on_question(void *ctx, struct http_request *req)
{
	struct api_ledger *l = ctx;

	if (!round__add(&l->round, &(struct asked){.req = req}))
		api_respond_error(req, API_UNAVAILABLE, "too many requests at a time");
}

/* ---- the exporter ---- */

static struct api_ledger *api_ledger(struct exporter *e)
{
	return container_of(e, struct api_ledger, base);
}

static int api_ledger__create(const struct exporter_spec *spec, struct exporter **ret_exporter,
			      struct err *err)
{
	struct api_ledger *l = calloc(1, sizeof(*l));

	if (!l)
		return err__set_errno(err, -ENOMEM, "exporter api_ledger");
	l->base.ops = &api_ledger_ops;
	l->spec = *spec;
	round__init(&l->round, &(struct round_spec){
				       .source = spec->source,
				       .max = API_LEDGER_MAX_REQUESTS,
				       .wish = {.without_self = true, .with_books = true},
				       .work = answer_one,
				       .refuse = refuse,
			       });
	*ret_exporter = &l->base;
	return 0;
}

static int api_ledger__start(struct exporter *e, struct err *err)
{
	struct api_ledger *l = api_ledger(e);
	const int ret = http_server__route(l->spec.http, API_LEDGER_PATH, on_question, l, err);

	if (ret)
		return err__wrap(err, "exporter api_ledger");
	round__open(&l->round, l->spec.loop);
	return 0;
}

static void api_ledger__stop(struct exporter *e, exporter_stopped_fn stopped, void *ctx)
{
	struct api_ledger *l = api_ledger(e);

	http_server__unroute(l->spec.http, API_LEDGER_PATH);
	round__close(&l->round, stopped, ctx);
}

static void api_ledger__destroy(struct exporter *e)
{
	if (e)
		free(api_ledger(e));
}

const struct exporter_ops api_ledger_ops = {
	.kind = "api_ledger",
	.help = "Answers with the ledger: what became of every event, as JSON.",
	.create = api_ledger__create,
	.start = api_ledger__start,
	.stop = api_ledger__stop,
	.destroy = api_ledger__destroy,
};
