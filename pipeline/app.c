/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A chain of small steps, each started by the end of the one before. Whatever fails goes to
 * app__stop, which undoes what was done and lets the loop run out.
 */
#include "pipeline/app.h"

#include <assert.h>
#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/err.h"
#include "base/log.h"
#include "base/strbuf.h"
#include "base/util.h"
#include "base/version.h"
#include "config/config.h"
#include "exporters/exporter.h"
#include "exporters/http_server.h"
#include "exporters/pages.h"
#include "pipeline/caps.h"
#include "pipeline/cgroup_watch.h"
#include "pipeline/collector.h"
#include "pipeline/drain.h"
#include "pipeline/flush.h"
#include "pipeline/plan.h"
#include "pipeline/probe_object.h"
#include "pipeline/source.h"

enum { NS_PER_MS = 1000000, SETTLE_TURNS = 200 };

/* What the daemon does on a signal, and which. */
enum { SIGNALS = 4 };

enum { EXPORTERS_MAX = 8 };

struct app {
	uv_loop_t loop;
	const struct app_options *options;
	const struct config *config;
	struct collector *collector;
	struct http_server *http;
	struct pages *pages;
	struct exporter *exporters[EXPORTERS_MAX]; /* that were started */
	size_t nexporters;
	size_t exporters_open;	      /* while stopping */
	struct cgroup_watch *cgroups; /* NULL: nobody asks for them */
	struct drain *drain;
	struct flush *flush;
	struct source *source;
	uv_signal_t signals[SIGNALS];
	uv_work_t work;
	struct flush_waiter last_flush;
	u32 object; /* the one being loaded */
	u32 settle_turns;
	bool has_signals; /* they are initialised */
	bool loading;
	bool stopping;
	bool signalled; /* once: the next one ends the process */
	enum exit_status status;
	struct err *err;
};

static void app__stop(struct app *app);

/* The first failure decides how the run ends. */
static void app__fail(struct app *app, enum exit_status status)
{
	if (app->status == EXIT_FINE)
		app->status = status;
	app__stop(app);
}

/* --- stopping --- */

static void u64_text(char text[24], u64 n)
{
	snprintf(text, 24, "%llu", n);
}

static void log_ledger(const struct app *app, u32 event, const struct ledger_totals *t)
{
	u64 skipped = collector__skipped(app->collector, event);
	const u64 values[] = {ledger_seen(t) + t->unpaired + skipped,
			      ledger_seen(t),
			      t->unpaired,
			      skipped,
			      t->filtered,
			      t->accepted,
			      t->consumed,
			      t->pending,
			      ledger_lost(t)};
	char texts[ARRAY_SIZE(values)][24];
	bool balances = ledger_balances(t);

	for (size_t i = 0; i < ARRAY_SIZE(values); i++)
		u64_text(texts[i], values[i]);
	log_line(balances ? LOG_INFO : LOG_ERROR, "final ledger", "event",
		 app->collector->plan->events[event].schema->name, "fired", texts[0], "seen",
		 texts[1], "unpaired", texts[2], "skipped", texts[3], "filtered", texts[4],
		 "accepted", texts[5], "consumed", texts[6], "pending", texts[7], "lost", texts[8],
		 "equal", balances ? "yes" : "no", NULL);
}

static void log_ledgers(const struct app *app, const struct ledger_totals *totals)
{
	for (u32 i = 0; i < app->collector->plan->nevents; i++)
		if (app->collector->ledgers[i])
			log_ledger(app, i, &totals[i]);
}

/* Does nothing move any more, and do all books balance? What the table of an offline CPU holds
 * stays there. */
static bool settled(const struct app *app, const struct ledger_totals *totals)
{
	bool may_wait = flush__offline(app->flush) > 0;

	for (u32 i = 0; i < app->collector->plan->nevents; i++)
		if ((totals[i].pending && !may_wait) || !ledger_balances(&totals[i]))
			return false;
	return true;
}

static void on_http_stopped(void *ctx)
{
	struct app *app = ctx;

	for (size_t i = 0; app->has_signals && i < SIGNALS; i++)
		uv_close((uv_handle_t *)&app->signals[i], NULL);
	cgroup_watch__close(app->cgroups);
	app->cgroups = NULL;
	flush__close(app->flush);
	app->flush = NULL;
	drain__close(app->drain);
	app->drain = NULL;
}

static void stop_http(struct app *app)
{
	if (app->http)
		http_server__stop(app->http, on_http_stopped, app);
	else
		on_http_stopped(app);
}

static void on_exporter_stopped(void *ctx)
{
	struct app *app = ctx;

	if (--app->exporters_open == 0)
		stop_http(app);
}

/* Closes whatever there is; the loop runs out when it is closed. */
static void close_all(struct app *app)
{
	app->exporters_open = app->nexporters;
	for (size_t i = 0; i < app->nexporters; i++)
		app->exporters[i]->ops->stop(app->exporters[i], on_exporter_stopped, app);
	if (app->nexporters == 0)
		stop_http(app);
}

/* Everything is detached, flushed and drained once. What a program had reserved but not yet
 * submitted at that moment takes another flush; books that still do not balance after a second
 * never will. */
static void on_last_flush(struct flush_waiter *waiter)
{
	struct app *app = container_of(waiter, struct app, last_flush);
	u32 n = app->collector->plan->nevents;
	struct ledger_totals *totals = calloc(n + 1, sizeof(*totals));

	if (totals) {
		collector__totals(app->collector, totals);
		if (!settled(app, totals) && ++app->settle_turns < SETTLE_TURNS) {
			free(totals);
			flush__request(app->flush, &app->last_flush);
			return;
		}
		log_ledgers(app, totals);
		free(totals);
		if (app->settle_turns >= SETTLE_TURNS && app->status == EXIT_FINE) {
			app->status = EXIT_RUNTIME;
			err__set(app->err, -EIO, "the final ledger does not balance");
		}
	}
	close_all(app);
}

static void detach_job(uv_work_t *work)
{
	collector__detach(container_of(work, struct app, work)->collector);
}

static void on_detached(uv_work_t *work, int status)
{
	struct app *app = container_of(work, struct app, work);

	(void)status;
	app->collector->quiet = true;
	flush__request(app->flush, &app->last_flush);
}

/* While an object is loading the worker owns it: its end comes back here. */
static void app__stop(struct app *app)
{
	app->stopping = true;
	if (app->loading)
		return;
	app->last_flush.done = on_last_flush;
	app->collector->quiet = false;
	uv_queue_work(&app->loop, &app->work, detach_job, on_detached);
}

/* The first signal stops in good order; the second ends the process as if it had no handler. */
static void on_stop_signal(uv_signal_t *handle, int signum)
{
	struct app *app = handle->data;

	if (app->signalled) {
		signal(signum, SIG_DFL);
		raise(signum);
	}
	app->signalled = true;
	if (app->stopping)
		return;
	log_info("stopping", "signal", strsignal(signum), NULL);
	app__stop(app);
}

static void on_state_signal(uv_signal_t *handle, int signum)
{
	const struct app *app = handle->data;
	u32 n = app->collector->plan->nevents;
	struct ledger_totals *totals = calloc(n + 1, sizeof(*totals));

	(void)signum;
	if (!totals)
		return;
	collector__totals(app->collector, totals);
	for (u32 i = 0; i < n; i++) {
		char seen[24], consumed[24], lost[24];

		u64_text(seen, ledger_seen(&totals[i]));
		u64_text(consumed, totals[i].consumed);
		u64_text(lost, ledger_lost(&totals[i]));
		log_info("state", "event", app->collector->plan->events[i].schema->name, "seen",
			 seen, "consumed", consumed, "lost", lost, NULL);
	}
	free(totals);
}

/* --- starting --- */

/* "tp_btf/sched_wakeup,tp_btf/sched_switch": the hooks an event is attached to. */
static void hooks_of(const struct app *app, const struct event_plan *event,
		     struct strbuf *ret_hooks)
{
	const struct probe_object *object = app->collector->objects[event->object];

	for (u32 i = 0; i < probe_object__nprograms(object); i++) {
		struct program_status program = probe_object__program(object, i);

		if (program.event == event && program.attached)
			strbuf__printf(ret_hooks, "%s%s", ret_hooks->len ? "," : "", program.hook);
	}
}

static void log_event(const struct app *app, const struct event_plan *event, const char *refusal)
{
	struct strbuf hooks;

	strbuf__init(&hooks);
	hooks_of(app, event, &hooks);
	if (refusal)
		log_warn("event not attached", "event", event->schema->name, "reason", refusal,
			 NULL);
	else
		log_info("event attached", "event", event->schema->name, "hooks", hooks.data, NULL);
	strbuf__fini(&hooks);
}

static void log_events(const struct app *app, u32 *ret_attached, u32 *ret_refused)
{
	for (u32 i = 0; i < app->collector->plan->nevents; i++) {
		const char *refusal = collector__refusal(app->collector, i);

		log_event(app, &app->collector->plan->events[i], refusal);
		*(refusal ? ret_refused : ret_attached) += 1;
	}
}

static void on_ready(struct app *app)
{
	u32 attached = 0, refused = 0;
	const char *url = http_server__url(app->http, 0);
	char events[24], metrics[512];

	app->collector->quiet = true;
	log_events(app, &attached, &refused);
	if (attached == 0 || (app->options->strict && refused > 0)) {
		err__set(app->err, -EOPNOTSUPP,
			 attached == 0 ? "no event could be attached"
				       : "not every event could be attached (--config.strict)");
		app__fail(app, EXIT_REFUSED);
		return;
	}
	malloc_trim(0); /* what parsing BTF took */
	source__set_ready(app->source);
	u64_text(events, attached);
	snprintf(metrics, sizeof(metrics), "%s%s", url, app->options->telemetry_path);
	log_info("ready", "version", ringtally_version, "events", events, "url", url, "metrics",
		 metrics, NULL);
}

static void load_job(uv_work_t *work)
{
	struct app *app = container_of(work, struct app, work);

	collector__load(app->collector, app->object);
}

static void load_next(struct app *app);

static void on_loaded(uv_work_t *work, int status)
{
	struct app *app = container_of(work, struct app, work);
	int rc;

	(void)status;
	app->loading = false;
	rc = collector__adopt(app->collector, app->object, app->err);
	app->object++;
	if (rc)
		app__fail(app, EXIT_REFUSED);
	else if (app->stopping)
		app__stop(app);
	else
		load_next(app);
}

/* One object after the other: in parallel they would be a little faster and need ten times the
 * memory. */
static void load_next(struct app *app)
{
	while (app->object < app->collector->nobjects &&
	       !collector__uses(app->collector, app->object))
		app->object++;
	if (app->object == app->collector->nobjects) {
		on_ready(app);
		return;
	}
	app->loading = true;
	uv_queue_work(&app->loop, &app->work, load_job, on_loaded);
}

static int start_http(struct app *app, struct err *err)
{
	int rc = http_server__new(&app->loop, &app->http, err);

	for (size_t i = 0; !rc && i < app->options->nlisten; i++)
		rc = http_server__listen(app->http, app->options->listen[i], err);
	return rc;
}

static int start_exporter(struct app *app, const struct exporter_ops *ops,
			  const struct exporter_spec *spec, struct err *err)
{
	struct exporter *e = NULL;
	int rc = ops->create(spec, &e, err);

	if (rc)
		return rc;
	rc = ops->start(e, err);
	if (rc)
		ops->destroy(e);
	else
		app->exporters[app->nexporters++] = e;
	return rc;
}

/* One of each kind, and the pages. */
static int start_exporters(struct app *app, struct err *err)
{
	const struct exporter_spec spec = {
		.http = app->http,
		.telemetry_path = app->options->telemetry_path,
		.loop = &app->loop,
		.source = source__metrics(app->source),
	};
	const struct pages_spec pages = {
		.http = app->http,
		.source = spec.source,
		.telemetry_path = spec.telemetry_path,
		.version = ringtally_version,
	};
	int rc = 0;

	assert(exporter_kinds_count <= EXPORTERS_MAX);
	for (size_t i = 0; !rc && i < exporter_kinds_count; i++)
		rc = start_exporter(app, exporter_kinds[i], &spec, err);
	return rc ? rc : pages__new(&pages, &app->pages, err);
}

static void on_reload_signal(uv_signal_t *handle, int signum)
{
	(void)handle;
	(void)signum;
	log_warn("reloading the config is not available in this version yet: restart", NULL);
}

static void start_signals(struct app *app)
{
	static const struct {
		int signum;
		uv_signal_cb handle;
	} actions[SIGNALS] = {
		{SIGTERM, on_stop_signal},
		{SIGINT, on_stop_signal},
		{SIGUSR1, on_state_signal},
		{SIGHUP, on_reload_signal},
	};

	for (size_t i = 0; i < SIGNALS; i++) {
		uv_signal_init(&app->loop, &app->signals[i]);
		app->signals[i].data = app;
		uv_signal_start(&app->signals[i], actions[i].handle, actions[i].signum);
	}
	app->has_signals = true;
}

/* What the user gave makes no sense, as opposed to what the machine cannot do. */
static enum exit_status status_of(int rc)
{
	return rc == -EINVAL || rc == -EEXIST ? EXIT_USAGE : EXIT_RUNTIME;
}

/* Everything before the loop turns. Privileges are dropped before the first worker thread is there,
 * as they belong to threads: what is kept is enough to load. */
static enum exit_status app__start(struct app *app, struct err *err)
{
	u64 interval_ms = app->config->flush_interval.n / NS_PER_MS;
	int rc = start_http(app, err);

	if (rc)
		return status_of(rc);
	if (collector__open_rings(app->collector, err))
		return EXIT_REFUSED;
	if (drain__new(&app->loop, app->collector->rings, interval_ms, &app->drain, err) ||
	    flush__new(&app->loop, app->collector, app->drain, interval_ms, &app->flush, err) ||
	    source__new(app->collector, app->drain, app->flush, &app->source, err))
		return EXIT_RUNTIME;
	collector__watch_cgroups(app->collector);
	if (app->collector->news &&
	    cgroup_watch__new(&app->loop, app->collector->news, &app->cgroups, err))
		return EXIT_RUNTIME;
	rc = start_exporters(app, err);
	if (rc)
		return status_of(rc);
	rc = caps_drop(err);
	if (rc)
		return EXIT_REFUSED;
	start_signals(app);
	drain__start(app->drain);
	flush__start(app->flush);
	load_next(app);
	return EXIT_FINE;
}

static void free_app(struct app *app)
{
	for (size_t i = 0; i < app->nexporters; i++)
		app->exporters[i]->ops->destroy(app->exporters[i]);
	pages__free(app->pages);
	http_server__free(app->http);
	source__free(app->source);
	uv_loop_close(&app->loop);
}

enum exit_status app_run(const struct app_options *options, const struct config *config,
			 struct collector *collector, struct err *err)
{
	struct app app = {
		.options = options,
		.config = config,
		.collector = collector,
		.err = err,
	};

	mallopt(M_ARENA_MAX, 1);  /* the worker's own arena would stay, mostly empty */
	signal(SIGPIPE, SIG_IGN); /* a reader of the log that goes away is no reason to end */
	if (uv_loop_init(&app.loop)) {
		err__set(err, -ENOMEM, "event loop");
		return EXIT_RUNTIME;
	}
	app.status = app__start(&app, err);
	if (app.status != EXIT_FINE)
		close_all(&app);
	uv_run(&app.loop, UV_RUN_DEFAULT);
	free_app(&app);
	return app.status;
}
