/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/effective.h"

#include <string.h>

#include "base/strbuf.h"
#include "base/utf8.h"
#include "config/config.h"
#include "config/quantity.h"
#include "pipeline/metric_plan.h"
#include "pipeline/plan.h"

#define PLAIN "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_/."

static const char *const deliveries[] = {
	[DELIVERY_STREAM] = "stream", [DELIVERY_COMBINE] = "combine"};

/* What YAML lets stand for itself between quotes. */
static bool is_printable(u32 code)
{
	return code >= 0x20 && code < 0xfff0 && code != 0xfeff && !(code >= 0x7f && code < 0xa0) &&
	       code != 0x2028 && code != 0x2029;
}

static bool all_printable(const char *s)
{
	size_t n = strlen(s), taken;
	u32 code;

	for (size_t at = 0; at < n; at += taken) {
		taken = utf8_decode(s + at, n - at, &code);
		if (taken == 0 || !is_printable(code))
			return false;
	}
	return true;
}

static void put_single_quoted(struct strbuf *out, const char *s)
{
	strbuf__putc(out, '\'');
	for (; *s; s++) {
		if (*s == '\'')
			strbuf__putc(out, '\'');
		strbuf__putc(out, *s);
	}
	strbuf__putc(out, '\'');
}

static void put_double_quoted(struct strbuf *out, const char *s)
{
	size_t n = strlen(s), taken;

	strbuf__putc(out, '"');
	for (size_t at = 0; at < n; at += taken) {
		u32 code = 0xfffd;

		taken = utf8_decode(s + at, n - at, &code);
		if (taken && is_printable(code) && code != '"' && code != '\\')
			strbuf__append(out, s + at, taken);
		else
			strbuf__printf(out, "\\U%08x", code);
		taken += !taken;
	}
	strbuf__putc(out, '"');
}

void effective_put_text(struct strbuf *out, const char *s)
{
	if (*s && s[strspn(s, PLAIN)] == '\0')
		strbuf__puts(out, s);
	else if (all_printable(s))
		put_single_quoted(out, s);
	else
		put_double_quoted(out, s);
}

static void put_key(struct strbuf *out, const char *key, const char *value)
{
	if (!value)
		return;
	strbuf__printf(out, "    %s: ", key);
	effective_put_text(out, value);
	strbuf__putc(out, '\n');
}

static void put_log2(struct strbuf *out, const struct buckets_config *buckets,
		     const struct metric_plan *m)
{
	struct log2_limits limits = metric_plan_log2_limits(m->value);

	strbuf__puts(out, "    buckets: { log2: { min: ");
	effective_put_text(out, buckets->min.s ? buckets->min.s : limits.min);
	strbuf__puts(out, ", max: ");
	effective_put_text(out, buckets->max.s ? buckets->max.s : limits.max);
	strbuf__puts(out, " } }\n");
}

static void put_buckets(struct strbuf *out, const struct buckets_config *buckets,
			const struct metric_plan *m)
{
	if (buckets->kind == BUCKETS_LOG2)
		put_log2(out, buckets, m);
	if (buckets->kind != BUCKETS_EXPLICIT)
		return;
	strbuf__puts(out, "    buckets: [");
	for (size_t i = 0; i < buckets->nbounds; i++) {
		strbuf__puts(out, i ? ", " : "");
		effective_put_text(out, buckets->bounds[i].s);
	}
	strbuf__puts(out, "]\n");
}

static void put_step(struct strbuf *out, const struct decode_config *step)
{
	if (!step->pairs) {
		effective_put_text(out, step->name.s);
		return;
	}
	strbuf__puts(out, "{ ");
	effective_put_text(out, step->name.s);
	strbuf__puts(out, ": {");
	for (size_t i = 0; i < step->npairs; i++) {
		strbuf__puts(out, i ? ", " : " ");
		effective_put_text(out, step->pairs[i].from);
		strbuf__puts(out, ": ");
		effective_put_text(out, step->pairs[i].to);
	}
	strbuf__puts(out, " } }");
}

static void put_decode(struct strbuf *out, const struct label_config *label)
{
	for (size_t i = 0; i < label->ndecode; i++) {
		strbuf__puts(out, i ? ", " : ", decode: [");
		put_step(out, &label->decode[i]);
	}
	if (label->ndecode)
		strbuf__putc(out, ']');
}

static void put_labels(struct strbuf *out, const struct metric_config *metric)
{
	if (metric->nlabels)
		strbuf__puts(out, "    labels:\n");
	for (size_t i = 0; i < metric->nlabels; i++) {
		strbuf__puts(out, "      - { name: ");
		effective_put_text(out, metric->labels[i].name.s);
		strbuf__puts(out, ", field: ");
		effective_put_text(out, metric->labels[i].field.s);
		if (metric->labels[i].max_values.n)
			strbuf__printf(out, ", max_values: %llu", metric->labels[i].max_values.n);
		put_decode(out, &metric->labels[i]);
		strbuf__puts(out, " }\n");
	}
}

static void put_fold_order(struct strbuf *out, const struct metric_config *metric)
{
	if (metric->nfold == 0)
		return;
	strbuf__puts(out, "    fold_order: [");
	for (size_t i = 0; i < metric->nfold; i++) {
		strbuf__puts(out, i ? ", " : "");
		effective_put_text(out, metric->labels[metric->fold_order[i]].name.s);
	}
	strbuf__puts(out, "]\n");
}

/* Of a duration 0 is `off`. */
static void put_duration(struct strbuf *out, const char *key, u64 ns)
{
	strbuf__printf(out, "    %s: ", key);
	if (ns)
		quantity_put(out, QUANTITY_TIME, ns);
	else
		strbuf__puts(out, "off");
	strbuf__putc(out, '\n');
}

static void put_limits(struct strbuf *out, const struct metric_config *metric,
		       const struct metric_plan *plan)
{
	put_fold_order(out, metric);
	if (plan->kind->ranked)
		strbuf__printf(out, "    k: %llu\n", metric->k.n);
	else
		strbuf__printf(out, "    max_series: %llu\n", metric->max_series.n);
	put_duration(out, "linger", metric->linger.n);
	put_duration(out, "ttl", metric->ttl.n);
}

static const struct metric_plan *find_plan(const struct plan *plan,
					   const struct metric_config *metric)
{
	for (u32 e = 0; e < plan->nevents; e++)
		for (u32 m = 0; m < plan->events[e].nmetrics; m++)
			if (plan->events[e].metrics[m].config == metric)
				return &plan->events[e].metrics[m];
	return NULL;
}

static void put_metric(struct strbuf *out, const struct metric_config *metric,
		       const struct metric_plan *plan)
{
	strbuf__puts(out, "  - name: ");
	effective_put_text(out, metric->name.s);
	strbuf__putc(out, '\n');
	put_key(out, "help", metric->help.s);
	put_key(out, "event", metric->event.s);
	put_key(out, "type", metric->type.s);
	put_key(out, "value", metric->value.s);
	put_key(out, "where", metric->where_text.s);
	put_buckets(out, &metric->buckets, plan);
	put_labels(out, metric);
	put_limits(out, metric, plan);
}

/* slots 0: as many as fit, which may be others on another machine. */
static void put_event(struct strbuf *out, const char *name, enum delivery delivery, u64 slots)
{
	strbuf__puts(out, "  ");
	effective_put_text(out, name);
	strbuf__printf(out, ": { delivery: %s", deliveries[delivery]);
	if (slots && delivery != DELIVERY_STREAM)
		strbuf__printf(out, ", slots: %llu", slots);
	strbuf__puts(out, " }\n");
}

static bool is_planned(const struct plan *plan, const char *event)
{
	for (u32 i = 0; i < plan->nevents; i++)
		if (!strcmp(plan->events[i].schema->name, event))
			return true;
	return false;
}

/* Those that metrics use, then those that are only mentioned. */
static void put_events(struct strbuf *out, const struct config *config, const struct plan *plan)
{
	if (plan->nevents || config->nevents)
		strbuf__puts(out, "events:\n");
	for (u32 i = 0; i < plan->nevents; i++)
		put_event(out, plan->events[i].schema->name,
			  (enum delivery)plan->events[i].wire.delivery,
			  plan->events[i].slots_wanted);
	for (size_t i = 0; i < config->nevents; i++)
		if (!is_planned(plan, config->events[i].name.s))
			put_event(out, config->events[i].name.s, config->events[i].delivery,
				  config->events[i].slots.n);
}

void effective_put(struct strbuf *out, const struct config *config, const struct plan *plan)
{
	strbuf__puts(out, "namespace: ");
	effective_put_text(out, config->namespace.s);
	strbuf__puts(out, "\nring: { size: ");
	quantity_put(out, QUANTITY_BYTES, config->ring_size.n);
	strbuf__printf(out, " }\nlimits: { samples: %llu, memory: ", config->samples.n);
	quantity_put(out, QUANTITY_BYTES, config->memory.n);
	strbuf__puts(out, ", kernel_memory: ");
	quantity_put(out, QUANTITY_BYTES, config->kernel_memory.n);
	strbuf__puts(out, " }\nflush_interval: ");
	quantity_put(out, QUANTITY_TIME, config->flush_interval.n);
	strbuf__putc(out, '\n');
	if (config->nobjects)
		strbuf__puts(out, "objects:\n");
	for (size_t i = 0; i < config->nobjects; i++) {
		strbuf__puts(out, "  - ");
		effective_put_text(out, config->objects[i].s);
		strbuf__putc(out, '\n');
	}
	put_events(out, config, plan);
	strbuf__puts(out, config->nmetrics ? "metrics:\n" : "metrics: []\n");
	for (size_t i = 0; i < config->nmetrics; i++)
		put_metric(out, &config->metrics[i], find_plan(plan, &config->metrics[i]));
}
