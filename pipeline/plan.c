/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Planning takes two passes: first every metric finds its event and its fields; then, with all
 * metrics of an event known, its filter and its key are laid out.
 */
#include "pipeline/plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/suggest.h"
#include "base/util.h"
#include "config/config.h"
#include "pipeline/decoders/dec_cgroup.h"
#include "pipeline/filter.h"
#include "pipeline/key_layout.h"
#include "pipeline/metric_plan.h"
#include "pipeline/raw_layout.h"

enum { DEFAULT_SLOTS = 1024, CACHE_LINE_BYTES = 64 };

_Static_assert((int)DELIVERY_STREAM == (int)WIRE_STREAM &&
		       (int)DELIVERY_COMBINE == (int)WIRE_COMBINE &&
		       (int)DELIVERY_TRACE == (int)WIRE_TRACE,
	       "a config's delivery is the plan's");

/* What planning works with. */
struct planner {
	const struct config *config;
	const struct plan_source *sources;
	u32 nsources;
	struct diags *diags;
	struct plan *plan;
};

static const struct record_schema *find_event(const struct planner *p, const char *name,
					      u32 *ret_object)
{
	for (u32 i = 0; i < p->nsources; i++) {
		const struct record_schema *event = schema__event(p->sources[i].schema, name);

		if (event) {
			*ret_object = i;
			return event;
		}
	}
	return NULL;
}

static void report_unknown_event(struct planner *p, const struct config_text *name)
{
	struct suggestion suggestion;

	suggestion__init(&suggestion, name->s);
	for (u32 i = 0; i < p->nsources; i++)
		for (u32 e = 0; e < p->sources[i].schema->nevents; e++)
			suggestion__offer(&suggestion, p->sources[i].schema->events[e].name);
	diags__unknown(p->diags, name->pos, &suggestion, "unknown event '%s'%s", name->s,
		       suggestion.best ? "" : "; `ringtally probes` lists them");
}

/* What the config says of an event. */
static struct event_config find_config(const struct config *config, const char *event)
{
	for (size_t i = 0; i < config->nevents; i++)
		if (!strcmp(config->events[i].name.s, event))
			return config->events[i];
	return (struct event_config){.delivery = config->delivery};
}

static struct event_plan *add_event(struct planner *p, const struct record_schema *schema,
				    u32 object)
{
	struct plan *plan = p->plan;
	struct event_plan *grown = reallocarray(plan->events, plan->nevents + 1, sizeof(*grown));
	const struct event_config config = find_config(p->config, schema->name);
	struct event_plan *event;

	if (!grown)
		return NULL;
	plan->events = grown;
	event = &grown[plan->nevents];
	*event = (struct event_plan){
		.schema = schema,
		.object = object,
		.wire =
			{
				.enabled = 1,
				.event = plan->nevents++,
				.generation = 1,
				.delivery = (enum wire_delivery)config.delivery,
				.wake_bytes = p->config->ring_size.n / 4,
			},
		.slots_wanted = (u32)config.slots.n,
	};
	return event;
}

/* The plan of the event of this name, begun when this is its first metric; NULL when unknown. */
static int event_for(struct planner *p, const struct config_text *name,
		     struct event_plan **ret_event)
{
	const struct record_schema *schema;
	u32 object = 0;

	*ret_event = NULL;
	for (u32 i = 0; i < p->plan->nevents; i++) {
		if (!strcmp(p->plan->events[i].schema->name, name->s)) {
			*ret_event = &p->plan->events[i];
			return 0;
		}
	}
	schema = find_event(p, name->s, &object);
	if (!schema) {
		report_unknown_event(p, name);
		return 0;
	}
	*ret_event = add_event(p, schema, object);
	return *ret_event ? 0 : -ENOMEM;
}

static struct field_scope scope_of(const struct planner *p, const struct event_plan *event)
{
	return (struct field_scope){
		.event = event->schema,
		.context = &p->sources[event->object].schema->context,
		.traced = event->wire.delivery == WIRE_TRACE,
	};
}

static int plan_metric(struct planner *p, const struct metric_config *config)
{
	const struct agg_ops *kind = metric_plan_kind(config, p->diags);
	struct metric_plan *grown;
	struct event_plan *event;
	struct field_scope scope;

	if (!config->event.s || !config->name.s)
		return 0; /* reported when the config was read */
	if (event_for(p, &config->event, &event))
		return -ENOMEM;
	if (!event)
		return 0;
	if (event->nmetrics == WIRE_METRICS_MAX) {
		diags__error(p->diags, config->pos, "event '%s' has more than %d metrics",
			     event->schema->name, WIRE_METRICS_MAX);
		return 0;
	}
	grown = reallocarray(event->metrics, event->nmetrics + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	event->metrics = grown;
	grown[event->nmetrics] = (struct metric_plan){.kind = kind};
	scope = scope_of(p, event);
	return metric_plan__init(&grown[event->nmetrics++], config, p->config->namespace.s, &scope,
				 p->diags);
}

/* Of an event with rests, parts are all that its flush hook tells. */
static bool tells_parts(const struct record_schema *schema)
{
	for (u32 i = 0; i < schema->nfields; i++)
		if (schema->fields[i].has_rest)
			return true;
	return false;
}

static void plan_event(struct planner *p, struct event_plan *event)
{
	const struct record_schema *schema = event->schema;
	struct filter_plan filter = {
		.scope = scope_of(p, event),
		.diags = p->diags,
		.filter = &event->filter,
		.cgroup_tests = &p->plan->cgroup_tests,
	};

	filter.scope.traced = false; /* the kernel does not look at what only records have */
	for (u32 i = 0; i < event->nmetrics; i++)
		if (event->metrics[i].config->where)
			filter_plan__add(&filter, i, event->metrics[i].config->where);
	if (event->wire.delivery == WIRE_TRACE)
		raw_layout(event, &filter);
	else
		key_layout(event, &filter, p->diags);
	event->keeps_starts =
		!schema->start_words || schema->start_words & event->wire.event_wanted;
	event->has_hook = schema->flush_hook && (!tells_parts(schema) || event->wire.parts);
	event_plan__set_slots(event, DEFAULT_SLOTS);
}

/* An event of one name in two objects would be ambiguous everywhere. */
static int check_unique_events(const struct planner *p, struct err *err)
{
	for (u32 i = 0; i < p->nsources; i++) {
		const struct schema *schema = p->sources[i].schema;

		for (u32 e = 0; e < schema->nevents; e++) {
			u32 first = 0;

			find_event(p, schema->events[e].name, &first);
			if (first != i)
				return err__set(err, -EEXIST,
						"event '%s' is defined by %s and by %s",
						schema->events[e].name, p->sources[first].name,
						p->sources[i].name);
		}
	}
	return 0;
}

static int plan_all(struct planner *p, struct err *err)
{
	const struct config *config = p->config;
	u32 object;
	int rc = check_unique_events(p, err);

	if (rc)
		return rc;
	for (size_t i = 0; i < config->nevents; i++)
		if (!find_event(p, config->events[i].name.s, &object))
			report_unknown_event(p, &config->events[i].name);
	for (size_t i = 0; i < config->nmetrics; i++)
		if (plan_metric(p, &config->metrics[i]))
			return err__set_errno(err, -ENOMEM, "plan");
	for (u32 i = 0; i < p->plan->nevents; i++)
		if (p->plan->events[i].nmetrics)
			plan_event(p, &p->plan->events[i]);
	return 0;
}

int plan__new(const struct config *config, const struct plan_source *sources, u32 nsources,
	      struct diags *diags, struct plan **ret_plan, struct err *err)
{
	struct planner p = {
		.config = config,
		.sources = sources,
		.nsources = nsources,
		.diags = diags,
		.plan = calloc(1, sizeof(*p.plan)),
	};
	int rc;

	if (!p.plan)
		return err__set_errno(err, -ENOMEM, "plan");
	rc = plan_all(&p, err);
	if (rc) {
		plan__free(p.plan);
		return rc;
	}
	*ret_plan = p.plan;
	return 0;
}

bool event_plan__counts_all(const struct event_plan *event, u32 metric)
{
	const struct metric_plan *m = &event->metrics[metric];
	const bool adds_up = m->value && !m->desc.nbounds;

	return event->wire.always & WIRE_BITS_METRIC(metric) &&
	       !event->wire.metrics[metric].needs && !adds_up;
}

void event_plan__set_slots(struct event_plan *event, u32 slots)
{
	struct wire_plan *wire = &event->wire;
	u64 lost_cells_end = sizeof(struct wire_ledger) + event->lost_words * sizeof(u64);

	event->slots = wire->delivery == WIRE_COMBINE ? slots : 0;
	wire->slots = event->slots;
	wire->slot_bytes = wire->record_bytes - sizeof(struct wire_head);
	/* Lines are not shared: neither by two CPUs nor by the table and what is before it. */
	wire->slots_at = ROUND_UP(lost_cells_end, (u64)CACHE_LINE_BYTES);
	wire->touched_at = wire->slots_at + wire->slots * wire->slot_bytes;
	event->ledger_bytes =
		(u32)ROUND_UP(wire->touched_at + wire->slots * sizeof(u32), (u64)CACHE_LINE_BYTES);
	/* The top bits of a hash are the number of one of slots / 2 pairs. */
	wire->hash_shift = slots ? 65 - (u64)__builtin_ctz(slots) : 0;
}

static bool metric_uses_cgroups(const struct metric_plan *m)
{
	for (u32 i = 0; i < m->nlabels; i++)
		if (m->labels[i].decoder == &dec_cgroup_ops)
			return true;
	return false;
}

bool plan__uses_cgroups(const struct plan *p)
{
	if (p->cgroup_tests.n > 0)
		return true;
	for (u32 i = 0; i < p->nevents; i++)
		for (u32 m = 0; m < p->events[i].nmetrics; m++)
			if (metric_uses_cgroups(&p->events[i].metrics[m]))
				return true;
	return false;
}

void plan__free(struct plan *p)
{
	if (!p)
		return;
	for (u32 i = 0; i < p->nevents; i++) {
		for (u32 m = 0; m < p->events[i].nmetrics; m++)
			metric_plan__fini(&p->events[i].metrics[m]);
		free(p->events[i].metrics);
	}
	free(p->events);
	free(p);
}
