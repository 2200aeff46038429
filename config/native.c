/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Only what can be known without a probe object is checked here. A value that is wrong is left out
 * (its text stays NULL), so that the planner can still look at the rest of the metric.
 */
#include "config/native.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/suggest.h"
#include "base/util.h"
#include "config/arena.h"
#include "config/native_decode.h"
#include "config/where.h"
#include "config/yaml.h"

void native__init(struct native *n, struct config *config, struct diags *diags)
{
	*n = (struct native){.config = config, .diags = diags};
	opt_table__set_defaults(&native_options, &n->root);
}

/* A new array with the n items of `old` and room for more behind them; NULL without memory. */
static void *grow(struct native *n, const void *old, size_t nitems, size_t more, size_t size)
{
	void *array = config_arena__calloc(n->config->arena, nitems + more, size);

	if (array && nitems > 0)
		memcpy(array, old, nitems * size);
	return array;
}

static int add_objects(struct native *n, const struct yaml_node *list)
{
	struct config *c = n->config;
	struct config_text *objects = grow(n, c->objects, c->nobjects, list->n, sizeof(*objects));

	if (!objects)
		return -ENOMEM;
	c->objects = objects;
	for (const struct yaml_node *item = list->first; item; item = item->next) {
		if (item->kind == YAML_TEXT)
			objects[c->nobjects++] = opt_text(item);
		else if (item->kind != YAML_BROKEN)
			diags__error(n->diags, item->pos, "an object is a path, not %s",
				     opt_kind_name(item));
	}
	return 0;
}

/* Only what is said of delivery counts: what is left out may change. */
static void check_slots(struct native *n, const struct event_values *values)
{
	if (values->slots.n && values->delivery.pos.line && values->delivery.n == DELIVERY_STREAM)
		diags__error(n->diags, values->slots.pos,
			     "'slots' is for a table that combines: with delivery 'stream' there "
			     "is none");
}

static void add_event(struct native *n, const struct yaml_node *node)
{
	struct config *c = n->config;
	struct event_values values = {0};

	for (size_t i = 0; i < c->nevents; i++) {
		const struct config_text *other = &c->events[i].name;

		if (strcmp(other->s, node->key) == 0) {
			diags__error(n->diags, node->key_pos,
				     "event '%s' is given twice (the first is at %s:%u:%u)",
				     node->key, other->pos.file, other->pos.line, other->pos.col);
			return;
		}
	}
	opt_table__set_defaults(&event_options, &values);
	opt_table__read(&event_options, node, &values, n->diags);
	check_slots(n, &values);
	c->events[c->nevents++] = (struct event_config){
		.name = {.s = node->key, .pos = node->key_pos},
		.delivery = (enum delivery)values.delivery.n,
		.slots = values.slots,
	};
}

static int add_events(struct native *n, const struct yaml_node *map)
{
	struct config *c = n->config;
	struct event_config *events = grow(n, c->events, c->nevents, map->n, sizeof(*events));

	if (!events)
		return -ENOMEM;
	c->events = events;
	for (const struct yaml_node *node = map->first; node; node = node->next)
		add_event(n, node);
	return 0;
}

static void check_label(struct native *n, const struct metric_config *metric,
			const struct config_text *name)
{
	if (strncmp(name->s, "__", 2) == 0)
		diags__error(n->diags, name->pos, "label names that start with '__' are reserved");
	if (strcmp(name->s, "le") == 0)
		diags__error(n->diags, name->pos, "label 'le' is reserved for histogram buckets");
	for (size_t i = 0; i < metric->nlabels; i++) {
		const struct config_text *other = &metric->labels[i].name;

		if (strcmp(other->s, name->s) != 0)
			continue;
		diags__error(n->diags, name->pos,
			     "two labels are named '%s' (the first is at %s:%u:%u)", name->s,
			     other->pos.file, other->pos.line, other->pos.col);
		return;
	}
}

static int add_label(struct native *n, struct metric_config *metric, const struct yaml_node *node)
{
	struct label_values values = {0};
	struct label_config *label = &values.label;

	if (node->kind == YAML_TEXT)
		opt_desc__read(&label_options.rows[0], node, &values, n->diags);
	else if (node->kind == YAML_LIST)
		diags__error(n->diags, node->pos, "a label is a name or a mapping, not a list");
	else
		opt_table__read(&label_options, node, &values, n->diags);
	if (values.decode && native_decode(values.decode, n->config->arena, n->diags, label))
		return -ENOMEM;
	if (!label->name.s)
		return 0;
	if (!label->field.s)
		label->field = label->name;
	check_label(n, metric, &label->name);
	metric->labels[metric->nlabels++] = *label;
	return 0;
}

static int add_labels(struct native *n, struct metric_config *metric, const struct yaml_node *list)
{
	size_t max = MIN(list->n, (size_t)CONFIG_MAX_LABELS);
	int rc = 0;

	metric->labels = config_arena__calloc(n->config->arena, max, sizeof(*metric->labels));
	if (!metric->labels)
		return -ENOMEM;
	for (const struct yaml_node *node = list->first; node && !rc; node = node->next) {
		if (metric->nlabels == max) {
			diags__error(n->diags, node->pos, "more than %d labels in a metric",
				     CONFIG_MAX_LABELS);
			break;
		}
		rc = add_label(n, metric, node);
	}
	return rc;
}

#define BUCKETS_FORMS "log2, a list of bounds or a mapping like {log2: {min: 1us, max: 64s}}"

static void read_buckets_word(struct native *n, struct buckets_config *buckets,
			      const struct yaml_node *node)
{
	for (size_t i = 0; i < buckets_options.n; i++) {
		const struct opt_desc *row = &buckets_options.rows[i];

		if (strcmp(row->key, node->text) != 0)
			continue;
		if (row->later)
			diags__error(n->diags, node->pos,
				     "'%s' is not available in this version yet", row->key);
		else
			buckets->kind = BUCKETS_LOG2;
		return;
	}
	diags__error(n->diags, node->pos, "'buckets' must be " BUCKETS_FORMS ", not '%s'",
		     node->text);
}

static void read_buckets_mapping(struct native *n, struct buckets_config *buckets,
				 const struct yaml_node *node)
{
	if (node->n == 0)
		diags__error(n->diags, node->pos,
			     "'buckets' must be " BUCKETS_FORMS ", not an empty mapping");
	opt_table__read(&buckets_options, node, buckets, n->diags);
	if (yaml_node__find(node, "log2"))
		buckets->kind = BUCKETS_LOG2;
}

static void add_bound(struct native *n, struct buckets_config *buckets,
		      const struct yaml_node *node)
{
	static const char *const infinities[] = {"+Inf", "Inf", ".inf", "+.inf"};

	if (node->kind == YAML_BROKEN)
		return;
	if (node->kind != YAML_TEXT) {
		diags__error(n->diags, node->pos, "a bound is a number like 10us, not %s",
			     opt_kind_name(node));
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(infinities); i++) {
		if (strcasecmp(infinities[i], node->text) != 0)
			continue;
		diags__error(n->diags, node->pos, "the bound +Inf is always there: leave '%s' out",
			     node->text);
		return;
	}
	buckets->bounds[buckets->nbounds++] = opt_text(node);
}

static int read_bounds(struct native *n, struct buckets_config *buckets,
		       const struct yaml_node *list)
{
	size_t max = MIN(list->n, (size_t)CONFIG_MAX_BOUNDS);

	if (list->n == 0)
		diags__error(n->diags, list->pos, "'buckets' has no bounds");
	buckets->bounds = config_arena__calloc(n->config->arena, max, sizeof(*buckets->bounds));
	if (!buckets->bounds)
		return -ENOMEM;
	size_t seen = 0;
	for (const struct yaml_node *node = list->first; node; node = node->next) {
		if (seen++ == max) {
			diags__error(n->diags, node->pos, "more than %d bounds in a histogram",
				     CONFIG_MAX_BOUNDS);
			break;
		}
		add_bound(n, buckets, node);
	}
	if (buckets->nbounds > 0)
		buckets->kind = BUCKETS_EXPLICIT;
	return 0;
}

/* What is wrong leaves the kind at NONE, with a place: not as if no buckets were given. */
static int add_buckets(struct native *n, struct metric_config *metric, const struct yaml_node *node)
{
	metric->buckets.pos = node->pos;
	if (node->kind == YAML_LIST)
		return read_bounds(n, &metric->buckets, node);
	if (node->kind == YAML_MAP)
		read_buckets_mapping(n, &metric->buckets, node);
	else
		read_buckets_word(n, &metric->buckets, node);
	return 0;
}

static int add_where(struct native *n, struct metric_config *metric)
{
	struct where *where;
	int rc = where__parse(&metric->where_text, n->config->arena, n->diags, &where);

	if (!rc)
		metric->where = where;
	return rc;
}

static bool ends_in(const char *s, const char *suffix)
{
	size_t len = strlen(s);

	return len >= strlen(suffix) && strcmp(s + len - strlen(suffix), suffix) == 0;
}

static void check_counter_name(struct native *n, const struct metric_config *metric)
{
	static const char *const counters[] = {"counter", "topk"};

	if (!metric->name.s || !metric->type.s || ends_in(metric->name.s, "_total"))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(counters); i++)
		if (strcmp(metric->type.s, counters[i]) == 0)
			diags__error(n->diags, metric->name.pos,
				     "a counter's name ends in '_total' (did you mean '%s_total'?)",
				     metric->name.s);
}

static bool is_folded(const struct metric_config *metric, u16 label)
{
	for (size_t i = 0; i < metric->nfold; i++)
		if (metric->fold_order[i] == label)
			return true;
	return false;
}

/* The number of the label of this name; metric->nlabels when there is none. */
static u16 find_label(const struct metric_config *metric, const char *name)
{
	u16 label = 0;

	while (label < metric->nlabels && strcmp(metric->labels[label].name.s, name) != 0)
		label++;
	return label;
}

/* Whoever names the field of a label that is called otherwise is told its name. */
static void report_no_label(struct native *n, const struct metric_config *metric,
			    const struct yaml_node *item)
{
	struct suggestion suggestion;

	for (size_t i = 0; i < metric->nlabels; i++) {
		const struct label_config *label = &metric->labels[i];

		if (strcmp(label->field.s, item->text) != 0)
			continue;
		diags__error(n->diags, item->pos,
			     "'fold_order' takes names of labels: that of field '%s' is '%s'",
			     item->text, label->name.s);
		return;
	}
	suggestion__init(&suggestion, item->text);
	for (size_t i = 0; i < metric->nlabels; i++)
		suggestion__offer(&suggestion, metric->labels[i].name.s);
	diags__unknown(n->diags, item->pos, &suggestion, "the metric has no label '%s'",
		       item->text);
}

/* `sound`: all labels could be read, so that what is not among them is missing. */
static void add_folded(struct native *n, struct metric_config *metric, const struct yaml_node *item,
		       bool sound)
{
	u16 label;

	if (item->kind == YAML_BROKEN)
		return;
	if (item->kind != YAML_TEXT) {
		diags__error(n->diags, item->pos, "'fold_order' takes names of labels, not %s",
			     opt_kind_name(item));
		return;
	}
	label = find_label(metric, item->text);
	if (label < metric->nlabels && is_folded(metric, label))
		diags__error(n->diags, item->pos, "'fold_order' names label '%s' twice",
			     item->text);
	else if (label < metric->nlabels)
		metric->fold_order[metric->nfold++] = label;
	else if (sound)
		report_no_label(n, metric, item);
}

static int add_fold_order(struct native *n, struct metric_config *metric,
			  const struct yaml_node *list, const struct yaml_node *labels)
{
	const size_t nlabels = labels && labels->kind == YAML_LIST ? labels->n : 0;
	const bool sound = !labels || (labels->kind == YAML_LIST && metric->nlabels == nlabels);

	metric->fold_order = config_arena__calloc(n->config->arena, metric->nlabels + 1,
						  sizeof(*metric->fold_order));
	if (!metric->fold_order)
		return -ENOMEM;
	if (sound && nlabels == 0 && list->n > 0) {
		diags__error(n->diags, list->pos,
			     "a metric without labels has nothing for 'fold_order'");
		return 0;
	}
	for (const struct yaml_node *item = list->first; item; item = item->next)
		add_folded(n, metric, item, sound);
	return 0;
}

static int add_metric(struct native *n, const struct yaml_node *node)
{
	struct metric_values values = {.metric.pos = node->pos};

	opt_table__set_defaults(&metric_options, &values);
	opt_table__read(&metric_options, node, &values, n->diags);
	check_counter_name(n, &values.metric);
	int rc = values.labels ? add_labels(n, &values.metric, values.labels) : 0;
	if (values.buckets && !rc)
		rc = add_buckets(n, &values.metric, values.buckets);
	if (values.fold_order && !rc)
		rc = add_fold_order(n, &values.metric, values.fold_order,
				    yaml_node__find(node, "labels"));
	if (values.metric.where_text.s && !rc)
		rc = add_where(n, &values.metric);
	if (!rc)
		n->config->metrics[n->config->nmetrics++] = values.metric;
	return rc;
}

static int add_metrics(struct native *n, const struct yaml_node *list)
{
	struct config *c = n->config;
	struct metric_config *metrics = grow(n, c->metrics, c->nmetrics, list->n, sizeof(*metrics));
	int rc = 0;

	if (!metrics)
		return -ENOMEM;
	c->metrics = metrics;
	for (const struct yaml_node *node = list->first; node && !rc; node = node->next)
		rc = add_metric(n, node);
	return rc;
}

/* Whether a file has metrics, or something wrong where they might have been. */
static bool mentions_metrics(const struct yaml_node *root)
{
	if (!root || (root->kind != YAML_MAP && root->kind != YAML_EMPTY))
		return true;
	const struct yaml_node *metrics = yaml_node__find(root, "metrics");
	return metrics && (metrics->kind != YAML_LIST || metrics->n > 0);
}

int native__add(struct native *n, const struct yaml_node *root)
{
	int rc = 0;

	if (mentions_metrics(root))
		n->metrics_mentioned = true;
	if (!root)
		return 0;
	n->root.objects = NULL;
	n->root.events = NULL;
	n->root.metrics = NULL;
	opt_table__read(&native_options, root, &n->root, n->diags);
	if (n->root.objects)
		rc = add_objects(n, n->root.objects);
	if (n->root.events && !rc)
		rc = add_events(n, n->root.events);
	if (n->root.metrics && !rc)
		rc = add_metrics(n, n->root.metrics);
	return rc;
}

/* By name; metrics of one name in the order of the config. */
static int compare_metrics(const void *a, const void *b)
{
	const struct metric_config *const *x = a;
	const struct metric_config *const *y = b;
	int order = strcmp((*x)->name.s, (*y)->name.s);

	if (order)
		return order;
	return *x < *y ? -1 : *x > *y;
}

static int check_metric_names(struct native *n)
{
	const struct config *c = n->config;
	const struct metric_config **named = calloc(c->nmetrics + 1, sizeof(*named));
	size_t nnamed = 0;
	size_t first = 0;

	if (!named)
		return -ENOMEM;
	for (size_t i = 0; i < c->nmetrics; i++)
		if (c->metrics[i].name.s)
			named[nnamed++] = &c->metrics[i];
	qsort(named, nnamed, sizeof(*named), compare_metrics);
	for (size_t i = 1; i < nnamed; i++) {
		const struct config_text *name = &named[i]->name;
		const struct pos *first_pos = &named[first]->name.pos;

		if (strcmp(name->s, named[first]->name.s) != 0)
			first = i;
		else
			diags__error(n->diags, name->pos,
				     "two metrics are named '%s' (the first is at %s:%u:%u)",
				     name->s, first_pos->file, first_pos->line, first_pos->col);
	}
	free(named);
	return 0;
}

/* What a metric does not say; its place stays line 0. */
static void set_default(struct config_number *number, const struct config_number *otherwise)
{
	if (number->pos.line == 0)
		number->n = otherwise->n;
}

static void set_metric_defaults(const struct native *n, struct metric_config *metric)
{
	set_default(&metric->max_series, &n->root.max_series);
	set_default(&metric->linger, &n->root.linger);
	set_default(&metric->ttl, &n->root.ttl);
}

int native__finish(struct native *n, struct pos start)
{
	struct config *c = n->config;

	c->namespace = n->root.namespace;
	c->ring_size = n->root.ring_size;
	c->samples = n->root.samples;
	c->memory = n->root.memory;
	c->kernel_memory = n->root.kernel_memory;
	c->flush_interval = n->root.flush_interval;
	for (size_t i = 0; i < c->nmetrics; i++)
		set_metric_defaults(n, &c->metrics[i]);
	if (!n->metrics_mentioned)
		diags__error(n->diags, start, "no metrics: a config needs at least one");
	return check_metric_names(n);
}
