/* SPDX-License-Identifier: Apache-2.0 */
/* The contenders that serve /metrics: ringtally with the config given, and node_exporter as it
 * comes. */
#include <string.h>

#include "bench/bench.h"
#include "bench/contender.h"
#include "bench/exposition.h"
#include "bench/pause.h"
#include "bench/target.h"
#include "config/config.h"

#define KERNEL_MEMORY "ringtally_self_kernel_memory_bytes"

enum { SCRAPES = 3, BETWEEN_MS = 150 };

/* Some more scrapes: the buffers of its answers are part of what an exporter takes. */
static int scrape_on(struct target *t, struct err *err)
{
	for (int i = 0; i < SCRAPES; i++) {
		pause_ms(BETWEEN_MS);
		if (target__scrape(t, err))
			return err->code;
	}
	return 0;
}

static int watch(struct contender *c, struct target *t, target_lives_fn lives, const void *ctx,
		 struct err *err)
{
	struct target_times times = {0};

	if (target__wait(t, lives, ctx, &times, err) || scrape_on(t, err))
		return err->code;
	figures__add(&c->figures, "ms", times.answer_ms, "first_answer");
	figures__add(&c->figures, "ms", times.scrape_ms, "first_scrape");
	return contender__add_memory(c, &t->child, err);
}

/* A series above 0 of a metric that is configured: not of those about ourselves. A histogram shows
 * life by its count. */
static bool configured_metric_lives(const struct exposition_sample *s, const void *ctx)
{
	const struct config *config = ctx;
	struct span name = s->name;

	if (!(s->value > 0) || !span__eat(&name, config->namespace.s) || !span__eat(&name, "_"))
		return false;
	for (size_t i = 0; i < config->nmetrics; i++) {
		struct span rest = name;

		if (span__eat(&rest, config->metrics[i].name.s) &&
		    (rest.n == 0 || span__is(&rest, "_count")))
			return exposition_sample__is_live(s);
	}
	return false;
}

static const char every_event[] = "every event";

/* Of the maps of one event, as the daemon tells it, or of `every_event`. */
static double kernel_memory(const char *body, const char *event)
{
	struct exposition_sample s;
	struct span of;
	double sum = 0;

	while (exposition_next(&body, &s))
		if (span__is(&s.name, KERNEL_MEMORY) &&
		    exposition_sample__label(&s, "event", &of) &&
		    (event == every_event || span__is(&of, event)))
			sum += s.value;
	return sum;
}

static bool is_events_first(const struct config *config, size_t metric)
{
	for (size_t i = 0; i < metric; i++)
		if (!strcmp(config->metrics[i].event.s, config->metrics[metric].event.s))
			return false;
	return true;
}

static void add_kernel_memory(struct figures *to, const char *body, const struct config *config)
{
	figures__add(to, "bytes", kernel_memory(body, every_event), "kernel");
	figures__add(to, "bytes", kernel_memory(body, ""), "kernel/shared");
	for (size_t i = 0; i < config->nmetrics; i++) {
		const char *event = config->metrics[i].event.s;

		if (is_events_first(config, i))
			figures__add(to, "bytes", kernel_memory(body, event), "kernel/%s", event);
	}
}

static int measure_ringtally(struct contender *c, const struct bench_options *options,
			     struct err *err)
{
	const char *args[] = {"run", options->config_file ? "--config.file" : NULL,
			      options->config_file, NULL};
	struct target t = {0};

	if (target__start(&t, c->kind->name, c->path, args, err) ||
	    watch(c, &t, configured_metric_lives, options->config, err))
		goto end;
	add_kernel_memory(&c->figures, t.body, options->config);
	target__stop(&t, err);
end:
	target__fini(&t);
	return err->code;
}

static bool node_metric_lives(const struct exposition_sample *s, const void *ctx)
{
	struct span name = s->name;

	(void)ctx;
	return s->value > 0 && span__eat(&name, "node_");
}

static int measure_node_exporter(struct contender *c, const struct bench_options *options,
				 struct err *err)
{
	struct target t = {0};

	(void)options;
	if (!target__start(&t, c->kind->name, c->path, NULL, err) &&
	    !watch(c, &t, node_metric_lives, NULL, err))
		target__stop(&t, err);
	target__fini(&t);
	return err->code;
}

const struct contender_kind contender_ringtally = {
	.name = "ringtally",
	.headline = "first_scrape",
	.measure = measure_ringtally,
};

const struct contender_kind contender_node_exporter = {
	.name = "node_exporter",
	.headline = "first_scrape",
	.programs = {"prometheus-node-exporter", "node_exporter"},
	.version_key = "version ",
	.measure = measure_node_exporter,
};
