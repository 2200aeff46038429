/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An idle handle brings a round from turn to turn. ISSUES lasts one turn, so that requests which
 * arrive together share the round.
 */
#include "exporters/round.h"

#include <assert.h>

#include "aggregators/snapshot.h"
#include "base/util.h"

static void on_idle(uv_idle_t *idle);

static void enter(struct round *r, enum round_phase phase)
{
	r->phase = phase;
	if (phase == ROUND_ISSUES || phase == ROUND_WORKS)
		uv_idle_start(&r->idle, on_idle);
	else
		uv_idle_stop(&r->idle);
}

static void refuse_all(struct round *r, struct askeds *askeds, const char *why)
{
	while (askeds->n > 0)
		r->spec.refuse(r, &askeds->list[--askeds->n], why);
}

static void drop_snapshot(struct round *r)
{
	snapshot__free(r->snapshot);
	r->snapshot = NULL;
}

static void end(struct round *r)
{
	drop_snapshot(r);
	enter(r, r->gathering.n > 0 ? ROUND_ISSUES : ROUND_RESTS);
}

static void on_collected(struct collect_request *req, struct snapshot *take_snapshot)
{
	struct round *r = container_of(req, struct round, collect);

	r->snapshot = take_snapshot;
	if (!take_snapshot || snapshot__failed(take_snapshot)) {
		refuse_all(r, &r->serving, "out of memory for a snapshot");
		end(r);
		return;
	}
	enter(r, ROUND_WORKS);
}

static void issue(struct round *r)
{
	r->serving = r->gathering;
	r->gathering.n = 0;
	enter(r, ROUND_COLLECTS);
	r->collect = r->spec.wish;
	r->collect.done = on_collected;
	r->spec.source->collect(r->spec.source, &r->collect);
}

static void on_idle(uv_idle_t *idle)
{
	struct round *r = container_of(idle, struct round, idle);

	if (r->phase == ROUND_ISSUES)
		issue(r);
	else if (r->spec.work(r))
		end(r);
}

void round__init(struct round *r, const struct round_spec *spec)
{
	assert(spec->max <= ROUND_MAX);
	*r = (struct round){.spec = *spec};
}

void round__open(struct round *r, struct uv_loop_s *loop)
{
	uv_idle_init(loop, &r->idle);
}

bool round__add(struct round *r, const struct asked *asked)
{
	if (r->gathering.n + r->serving.n >= r->spec.max)
		return false;
	r->gathering.list[r->gathering.n++] = *asked;
	if (r->phase == ROUND_RESTS)
		enter(r, ROUND_ISSUES);
	return true;
}

static void on_closed(uv_handle_t *handle)
{
	struct round *r = container_of((uv_idle_t *)handle, struct round, idle);

	r->closed(r->closed_ctx);
}

void round__close(struct round *r, void (*closed)(void *ctx), void *ctx)
{
	r->closed = closed;
	r->closed_ctx = ctx;
	if (r->phase == ROUND_COLLECTS)
		r->spec.source->cancel(r->spec.source, &r->collect);
	if (r->phase == ROUND_WORKS && r->spec.abandon)
		r->spec.abandon(r);
	drop_snapshot(r);
	refuse_all(r, &r->serving, "shutting down");
	refuse_all(r, &r->gathering, "shutting down");
	uv_close((uv_handle_t *)&r->idle, on_closed);
}
