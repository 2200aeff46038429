/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/emitter.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "bench/hook.h"
#include "bench/key.h"
#include "bench/objects.h"
#include "bench/own_config.h"
#include "config/config.h"
#include "pipeline/collector.h"
#include "pipeline/plan.h"
#include "pipeline/probe_object.h"
#include "pipeline/rings.h"

/* Room for the records of a chunk; series for all keys. */
#define RING_SIZE  "1MiB"
#define MAX_SERIES "300000"

enum { DRAIN_RECORDS = 1 << 20 };

static int load(struct emitter *e, struct err *err)
{
	struct collector *c = e->collector;
	int rc = collector__open_rings(c, err);

	if (!rc)
		rc = collector__load_all(c, err);
	if (rc)
		return rc;
	collector__detach(c);
	emitter__drain(e);
	e->handled_before = emitter__handled(e);
	e->records_before = emitter__records(e);
	return 0;
}

int emitter__open(struct emitter *e, const struct config *config, struct err *err)
{
	int rc;

	*e = (struct emitter){.object_fd = -1};
	rc = own_config_plan(config, &e->collector, err);
	if (!rc)
		rc = load(e, err);
	if (rc)
		emitter__close(e);
	return rc;
}

/* The config of one metric on the bench's event. */
static void put_config(struct strbuf *out, const char *object, const struct hook *hook,
		       const struct bench_key *key, const char *settings, const char *where)
{
	strbuf__printf(out,
		       "objects: [%s]\n"
		       "ring: {size: " RING_SIZE "}\n"
		       "limits: {samples: 100000000, memory: 1TiB}\n"
		       "events: {bench_%s: {%s}}\n"
		       "metrics:\n"
		       "- {name: %s, event: bench_%s, labels: %s, max_series: " MAX_SERIES ", %s",
		       object, hook->name, settings,
		       strstr(key->metric, "histogram") ? "calls_seconds" : "calls_total",
		       hook->name, key->labels, key->metric);
	if (where)
		strbuf__printf(out, ", where: %s", where);
	strbuf__puts(out, "}\n");
}

static int open_own(struct emitter *e, struct err *err)
{
	struct config *config = e->own_config;
	int fd = e->object_fd, rc = emitter__open(e, config, err);

	if (rc) { /* it was closed, and knows nothing of them */
		config__free(config);
		close(fd);
		return rc;
	}
	e->own_config = config;
	e->object_fd = fd;
	if (collector__refusal(e->collector, 0)) {
		err__set(err, -EOPNOTSUPP, "%s", collector__refusal(e->collector, 0));
		emitter__close(e);
		return -EOPNOTSUPP;
	}
	return 0;
}

int emitter__open_call(struct emitter *e, const struct hook *hook, const struct bench_key *key,
		       const char *settings, const char *where, struct err *err)
{
	char object[BENCH_OBJECT_PATH_BYTES];
	struct strbuf text;
	int rc;

	*e = (struct emitter){.object_fd = bench_object_calls_file(object)};
	if (e->object_fd < 0)
		return err__set_errno(err, -errno, "the bench's probes");
	strbuf__init(&text);
	put_config(&text, object, hook, key, settings, where);
	rc = own_config_parse(&text, &e->own_config, err);
	strbuf__fini(&text);
	if (rc) {
		emitter__close(e);
		return rc;
	}
	return open_own(e, err);
}

void emitter__close(struct emitter *e)
{
	collector__free(e->collector);
	config__free(e->own_config);
	if (e->object_fd >= 0)
		close(e->object_fd);
	*e = (struct emitter){.object_fd = -1};
}

int emitter__program(const struct emitter *e, u32 event, u32 i, const char **ret_hook)
{
	const struct event_plan *plan = &e->collector->plan->events[event];
	const struct probe_object *object = e->collector->objects[plan->object];

	for (u32 at = 0; at < probe_object__nprograms(object); at++) {
		struct program_status program = probe_object__program(object, at);

		if (program.event != plan || i-- > 0)
			continue;
		if (ret_hook)
			*ret_hook = program.hook[0] == '?' ? program.hook + 1 : program.hook;
		return program.fd;
	}
	return -1;
}

void emitter__drain(const struct emitter *e)
{
	while (rings__drain(e->collector->rings, DRAIN_RECORDS) > 0)
		;
}

u64 emitter__handled(const struct emitter *e)
{
	struct ledger_totals *totals = calloc(e->collector->plan->nevents + 1, sizeof(*totals));
	u64 handled = 0;

	if (!totals)
		return 0;
	collector__totals(e->collector, totals);
	handled = totals[0].consumed + totals[0].pending + totals[0].filtered - e->handled_before;
	free(totals);
	return handled;
}

u64 emitter__records(const struct emitter *e)
{
	return rings__consumed(e->collector->rings) - e->records_before;
}
