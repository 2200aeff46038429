/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/metric_plan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aggregators/bounds.h"
#include "base/suggest.h"
#include "base/util.h"
#include "config/config.h"
#include "config/native_options.h"
#include "config/quantity.h"
#include "pipeline/decoders/decoder.h"
#include "pipeline/raw_layout.h"

_Static_assert((int)LABEL_STEPS_MAX == (int)CONFIG_MAX_DECODERS, "a plan has room for all");

/* What exporters and people expect of a unit. */
static const struct unit_facts {
	enum quantity quantity;
	u8 scale;	      /* decimal digits from the field's unit to the base unit */
	const char *suffix;   /* of a metric's name */
	const char *log2_min; /* of buckets: log2; NULL: must be said */
	const char *log2_max;
} units[] = {
	[UNIT_NONE] = {QUANTITY_PLAIN, 0, NULL, NULL, NULL},
	[UNIT_NS] = {QUANTITY_TIME, 9, "_seconds", "1us", "64s"},
	[UNIT_BYTES] = {QUANTITY_BYTES, 0, "_bytes", "1B", "1GiB"},
};

/* What planning one metric works with. */
struct planner {
	struct metric_plan *metric;
	const struct metric_config *config;
	const struct field_scope *scope;
	struct diags *diags;
};

const struct agg_ops *metric_plan_kind(const struct metric_config *config, struct diags *diags)
{
	const struct config_text *type = &config->type;
	const struct agg_ops *kind = type->s ? agg_kind(type->s) : NULL;
	struct suggestion suggestion;

	if (kind || !type->s) /* no type: reported when the config was read */
		return kind;
	suggestion__init(&suggestion, type->s);
	for (size_t i = 0; i < agg_kinds_count; i++)
		suggestion__offer(&suggestion, agg_kinds[i]->kind);
	diags__unknown(diags, type->pos, &suggestion, "unknown metric type '%s'", type->s);
	return NULL;
}

static const struct decoder_ops *find_decoder(const struct planner *p, const struct field *field,
					      struct pos pos)
{
	const struct decoder_ops *decoder = decoder_kind(field->decoder);

	if (decoder && decoder->text == field->text)
		return decoder;
	diags__error(p->diags, pos, "field '%s': its object asks for decoder '%s', which %s",
		     field->name, field->decoder,
		     !decoder ? "does not exist" : "does not take fields of this type");
	return NULL;
}

static void report_unknown_step(const struct planner *p, const struct config_text *name)
{
	struct suggestion suggestion;

	suggestion__init(&suggestion, name->s);
	for (size_t i = 0; i < text_decoders_count; i++)
		suggestion__offer(&suggestion, text_decoders[i]->name);
	diags__unknown(p->diags, name->pos, &suggestion, "there is no decoder '%s'", name->s);
}

static void plan_step(struct planner *p, struct label_plan *label,
		      const struct decode_config *config)
{
	const struct config_text *name = &config->name;
	const struct text_decoder *decoder = text_decoder_find(name->s);

	if (!decoder)
		report_unknown_step(p, name);
	else if (decoder->takes_map && !config->pairs)
		diags__error(p->diags, name->pos, "'%s' needs a map: {%s: {from: to}}", name->s,
			     name->s);
	else if (!decoder->takes_map && config->pairs)
		diags__error(p->diags, name->pos, "'%s' takes no map", name->s);
	else if (decoder->of && strcmp(decoder->of, label->decoder->name) != 0)
		diags__error(p->diags, name->pos, "'%s' decodes a %s, and '%s' is none", name->s,
			     decoder->of, label->field->name);
	else
		label->steps[label->nsteps++] = (struct text_step){decoder, config};
}

/* NULL: there is no such field, and that was reported. */
static struct label_plan *plan_label(struct planner *p, const char *name,
				     const struct config_text *field)
{
	const struct decoder_ops *decoder;
	struct label_plan *label;
	struct field_ref ref;

	if (!field->s || !field_ref__find(p->scope, field, p->diags, &ref))
		return NULL;
	decoder = find_decoder(p, ref.field, field->pos);
	if (!decoder)
		return NULL;
	label = &p->metric->labels[p->metric->nlabels++];
	*label = (struct label_plan){
		.name = name,
		.field = ref.field,
		.of_context = ref.of_context,
		.decoder = decoder,
	};
	p->metric->label_words += ref.field->words;
	return label;
}

static void plan_configured_label(struct planner *p, const struct label_config *config)
{
	struct label_plan *label = plan_label(p, config->name.s, &config->field);

	for (size_t i = 0; label && i < config->ndecode; i++)
		plan_step(p, label, &config->decode[i]);
}

/* Who traces and does not say what is to be shown is shown the usual. */
static int plan_labels(struct planner *p)
{
	const struct metric_config *config = p->config;
	const bool usual = p->scope->traced && config->nlabels == 0;
	struct config_text field = {.pos = config->event.pos};
	u32 n = (u32)config->nlabels;

	while (usual && raw_default_field(p->scope, n))
		n++;
	p->metric->labels = calloc(n + 1, sizeof(*p->metric->labels));
	if (!p->metric->labels)
		return -ENOMEM;
	for (u32 i = 0; usual && i < n; i++) {
		field.s = raw_default_field(p->scope, i);
		plan_label(p, field.s, &field);
	}
	for (size_t i = 0; i < config->nlabels; i++)
		plan_configured_label(p, &config->labels[i]);
	return 0;
}

/* A value is a number of the event itself; the context has nothing to add up. */
static void plan_value(struct planner *p)
{
	const struct config_text *value = &p->config->value;
	const struct agg_ops *kind = p->metric->kind;
	struct field_ref ref;

	if (!value->s) {
		if (kind && kind->needs_value)
			diags__error(p->diags, p->config->pos,
				     "a %s needs a 'value': the field it measures", kind->kind);
		return;
	}
	if (!field_ref__find(p->scope, value, p->diags, &ref))
		return;
	if (ref.of_context || ref.field->text || ref.field->is_signed ||
	    strcmp(ref.field->decoder, DECODER_UNSIGNED)) {
		diags__error(p->diags, value->pos, "'%s' is nothing that can be added up",
			     value->s);
		return;
	}
	p->metric->value = ref.field;
	p->metric->takes_parts =
		ref.field->has_rest && kind && !kind->needs_buckets && !p->config->where;
	p->metric->value_word = p->metric->takes_parts ? ref.field->rest_word : ref.field->word;
}

/* --- buckets --- */

static int read_bound(struct planner *p, const struct config_text *text, u64 *ret_bound)
{
	char why[128] = "a bound is never negative";
	int rc = -EINVAL;

	if (text->s[0] != '-')
		rc = quantity_parse(units[p->metric->value->unit].quantity, text->s, ret_bound,
				    why);
	if (rc)
		diags__error(p->diags, text->pos, "%s", why);
	return rc;
}

static int read_limit(struct planner *p, const struct config_text *given, const char *otherwise,
		      const char *what, u64 *ret_limit)
{
	struct config_text text = {.s = given->s ? given->s : otherwise, .pos = given->pos};

	if (text.s)
		return read_bound(p, &text, ret_limit);
	diags__error(p->diags, p->config->buckets.pos,
		     "'%s' has no unit: log2 buckets for it need '%s'", p->metric->value->name,
		     what);
	return -EINVAL;
}

static int plan_log2(struct planner *p)
{
	const struct buckets_config *buckets = &p->config->buckets;
	const struct unit_facts *unit = &units[p->metric->value->unit];
	struct metric_plan *m = p->metric;
	u64 min, max;

	if (read_limit(p, &buckets->min, unit->log2_min, "min", &min) ||
	    read_limit(p, &buckets->max, unit->log2_max, "max", &max))
		return 0;
	if (min == 0 || max < min) {
		diags__error(p->diags, buckets->pos,
			     min ? "'max' is below 'min'" : "'min' must be above 0");
		return 0;
	}
	m->desc.nbounds = bounds_log2(min, max, NULL);
	m->bounds = calloc(m->desc.nbounds, sizeof(*m->bounds));
	if (!m->bounds)
		return -ENOMEM;
	bounds_log2(min, max, m->bounds);
	return 0;
}

static int plan_explicit(struct planner *p)
{
	const struct buckets_config *buckets = &p->config->buckets;
	struct metric_plan *m = p->metric;
	bool sound = true;

	m->bounds = calloc(buckets->nbounds, sizeof(*m->bounds));
	if (!m->bounds)
		return -ENOMEM;
	for (size_t i = 0; i < buckets->nbounds; i++) {
		if (read_bound(p, &buckets->bounds[i], &m->bounds[i])) {
			sound = false;
		} else if (sound && i > 0 && m->bounds[i] <= m->bounds[i - 1]) {
			diags__error(p->diags, buckets->bounds[i].pos,
				     "bounds ascend: %s is not above %s", buckets->bounds[i].s,
				     buckets->bounds[i - 1].s);
			sound = false;
		}
	}
	if (!sound)
		return 0;
	m->desc.nbounds = (u32)buckets->nbounds;
	return 0;
}

static int plan_buckets(struct planner *p)
{
	const struct buckets_config *buckets = &p->config->buckets;
	const struct agg_ops *kind = p->metric->kind;
	int rc;

	if (!kind)
		return 0;
	if (buckets->kind != BUCKETS_NONE && !kind->needs_buckets) {
		diags__error(p->diags, buckets->pos, "a %s has no buckets", kind->kind);
		return 0;
	}
	if (buckets->kind == BUCKETS_NONE) {
		if (kind->needs_buckets && !buckets->pos.line)
			diags__error(p->diags, p->config->pos, "a %s needs 'buckets'", kind->kind);
		return 0;
	}
	if (!p->metric->value)
		return 0;
	rc = buckets->kind == BUCKETS_LOG2 ? plan_log2(p) : plan_explicit(p);
	p->metric->desc.bounds = p->metric->bounds;
	return rc;
}

/* --- limits --- */

/* How many label sets: k for those who are ranked, max_series for the others. */
static void plan_max_series(struct planner *p)
{
	const struct agg_ops *kind = p->metric->kind;
	const struct config_number *max_series = &p->config->max_series, *k = &p->config->k;
	const bool ranked = kind && kind->ranked;

	p->metric->limits.max_series = (u32)(ranked ? k->n : max_series->n);
	if (!kind)
		return;
	if (ranked && max_series->pos.line)
		diags__error(p->diags, max_series->pos,
			     "a %s has no 'max_series': 'k' says how many label sets it keeps",
			     kind->kind);
	if (!ranked && k->pos.line)
		diags__error(p->diags, k->pos,
			     "a %s has no 'k': 'max_series' says how many label sets it keeps",
			     kind->kind);
	if (ranked && p->config->nlabels == 0)
		diags__error(p->diags, p->config->pos, "a %s without labels has nothing to rank",
			     kind->kind);
}

static void check_max_values(const struct planner *p, const struct label_config *label)
{
	const u32 max_series = p->metric->limits.max_series;

	if (label->max_values.n > max_series)
		diags__warn(p->diags, label->max_values.pos,
			    "'max_values' %llu is never reached: the metric has at most %u label "
			    "sets ('%s')",
			    label->max_values.n, max_series,
			    p->metric->kind && p->metric->kind->ranked ? "k" : "max_series");
}

/* By the labels of the config: in a plan that is used they are the plan's. */
static int plan_max_values(struct planner *p)
{
	const struct metric_config *config = p->config;
	u32 *max_values = NULL;

	for (size_t i = 0; i < config->nlabels; i++) {
		if (config->labels[i].max_values.n == 0)
			continue;
		if (!max_values)
			max_values = calloc(config->nlabels, sizeof(*max_values));
		if (!max_values)
			return -ENOMEM;
		max_values[i] = (u32)config->labels[i].max_values.n;
		check_max_values(p, &config->labels[i]);
	}
	p->metric->limits.max_values = max_values;
	return 0;
}

static int plan_limits(struct planner *p)
{
	struct family_limits *limits = &p->metric->limits;

	plan_max_series(p);
	limits->linger_ns = p->config->linger.n;
	limits->ttl_ns = p->config->ttl.n;
	limits->fold_order = p->config->fold_order;
	limits->nfold = (u16)p->config->nfold;
	return plan_max_values(p);
}

/* --- what is exposed --- */

static bool ends_with(const char *s, const char *suffix)
{
	size_t n = strlen(s), k = strlen(suffix);

	return n >= k && !strcmp(s + n - k, suffix);
}

/* Prometheus' convention: the base unit stands at the end, before _total. */
static void check_unit_suffix(const struct planner *p)
{
	const char *suffix = p->metric->value ? units[p->metric->value->unit].suffix : NULL;
	const char *name = p->metric->desc.name;
	char total[32];

	if (!suffix)
		return;
	snprintf(total, sizeof(total), "%s_total", suffix);
	if (!ends_with(name, suffix) && !ends_with(name, total))
		diags__warn(p->diags, p->config->name.pos,
			    "'%s' does not say its unit: names of such metrics end in '%s'", name,
			    p->metric->desc.shape == AGG_SHAPE_COUNTER ? total : suffix);
}

static int describe(struct planner *p, const char *namespace)
{
	struct metric_plan *m = p->metric;
	struct family_desc *desc = &m->desc;
	const char **names = calloc(m->nlabels + 1, sizeof(*names));
	char *name;

	if (!names)
		return -ENOMEM;
	desc->label_names = names;
	for (u32 i = 0; i < m->nlabels; i++)
		names[i] = m->labels[i].name;
	desc->nlabels = (u16)m->nlabels;
	if (asprintf(&name, "%s_%s", namespace, p->config->name.s) < 0)
		return -ENOMEM;
	desc->name = name;
	desc->help = p->config->help.s ? p->config->help.s : "";
	if (m->kind)
		desc->shape = m->kind->shape;
	if (m->value)
		desc->scale = units[m->value->unit].scale;
	check_unit_suffix(p);
	return 0;
}

int metric_plan__init(struct metric_plan *m, const struct metric_config *config,
		      const char *namespace, const struct field_scope *scope, struct diags *diags)
{
	struct planner p = {m, config, scope, diags};
	int rc;

	m->config = config;
	m->name = config->name.s;
	rc = plan_labels(&p);
	if (rc)
		return rc;
	plan_value(&p);
	rc = plan_limits(&p);
	if (!rc)
		rc = plan_buckets(&p);
	return rc ? rc : describe(&p, namespace);
}

struct log2_limits metric_plan_log2_limits(const struct field *value)
{
	const struct unit_facts *unit = &units[value->unit];

	return (struct log2_limits){.min = unit->log2_min, .max = unit->log2_max};
}

void metric_plan__fini(struct metric_plan *m)
{
	free((char *)m->desc.name);
	free((void *)m->desc.label_names);
	free((void *)m->limits.max_values);
	free(m->labels);
	free(m->bounds);
}
