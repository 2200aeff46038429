/* SPDX-License-Identifier: Apache-2.0 */
/* A YAML text for what has defaults; what has a place of its own is put into it afterwards. */
#include "config/single.h"

#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "config/arena.h"
#include "config/where.h"

/* What findings that are no flag's call it, as the usage does. */
#define NAME "EVENT"

/* JSON is YAML, quotes and all. */
static void put_yaml(struct strbuf *yaml, const struct single *single)
{
	strbuf__puts(yaml, "objects: [");
	for (size_t i = 0; i < single->nobjects; i++) {
		strbuf__puts(yaml, i ? ", " : "");
		json_put_quoted(yaml, single->objects[i]);
	}
	strbuf__puts(yaml, "]\nmetrics:\n  - {name: events_total, type: counter, event: ");
	json_put_quoted(yaml, single->event);
	strbuf__puts(yaml, ", max_series: 1}\n");
}

static int add_where(struct config *c, const struct single_where *from, struct diags *diags)
{
	const struct config_text text = {.s = from->text, .pos = {from->origin, 1, 1}};
	struct metric_config *metric = &c->metrics[0];
	struct where *where, *both;
	int rc = where__parse(&text, c->arena, diags, &where);

	if (rc || !where)
		return rc;
	if (!metric->where) {
		metric->where = where;
		return 0;
	}
	both = config_arena__calloc(c->arena, 1, sizeof(*both));
	if (!both)
		return -ENOMEM;
	*both = (struct where){
		.kind = WHERE_AND,
		.pos = text.pos,
		.left = (struct where *)metric->where,
		.right = where,
	};
	metric->where = both;
	return 0;
}

static bool is_named(const struct metric_config *metric, const char *name)
{
	for (size_t i = 0; i < metric->nlabels; i++)
		if (!strcmp(metric->labels[i].name.s, name))
			return true;
	return false;
}

/* The names between commas; whether there are such fields the planner finds out. */
static int add_fields(struct config *c, const struct single *single, struct diags *diags)
{
	struct metric_config *metric = &c->metrics[0];
	const char *at = single->fields;
	size_t n;

	metric->labels = config_arena__calloc(c->arena, strlen(at) + 1, sizeof(*metric->labels));
	if (!metric->labels)
		return -ENOMEM;
	for (;; at += n + 1) {
		struct config_text name = {.pos = {single->fields_origin, 1, 1}};

		n = strcspn(at, ",");
		name.pos.col += (unsigned)(at - single->fields);
		name.s = config_arena__strndup(c->arena, at, n);
		if (!name.s)
			return -ENOMEM;
		if (n == 0)
			diags__error(diags, name.pos, "a field's name is missing");
		else if (is_named(metric, name.s))
			diags__error(diags, name.pos, "field '%s' is named twice", name.s);
		else
			metric->labels[metric->nlabels++] =
				(struct label_config){.name = name, .field = name};
		if (!at[n])
			return 0;
	}
}

/* What the YAML text does not say. */
static int complete(struct config *c, const struct single *single, struct diags *diags)
{
	int rc = 0;

	c->delivery = single->delivery;
	if (single->ring_bytes)
		c->ring_size.n = single->ring_bytes;
	c->metrics[0].event.pos = (struct pos){NAME, 0, 0};
	for (size_t i = 0; !rc && i < single->nwheres; i++)
		if (single->wheres[i].text)
			rc = add_where(c, &single->wheres[i], diags);
	if (!rc && single->fields)
		rc = add_fields(c, single, diags);
	return rc;
}

int config__single(const struct single *single, struct diags *diags, struct config **ret_config,
		   struct err *err)
{
	struct config *c = NULL;
	struct strbuf yaml;
	int rc;

	strbuf__init(&yaml);
	put_yaml(&yaml, single);
	if (yaml.failed)
		rc = err__set_errno(err, -ENOMEM, "config");
	else
		rc = config__parse(NAME, yaml.data, yaml.len, diags, &c, err);
	strbuf__fini(&yaml);
	if (c && c->nmetrics == 1 && c->metrics[0].event.s) {
		rc = complete(c, single, diags);
		if (rc)
			err__set_errno(err, rc, "config");
	}
	if (rc)
		config__free(c);
	else
		*ret_config = c;
	return rc;
}
