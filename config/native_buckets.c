/* SPDX-License-Identifier: Apache-2.0 */
#include "config/native_buckets.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/suggest.h"
#include "base/util.h"
#include "config/arena.h"
#include "config/native_options.h"
#include "config/yaml.h"

#define FORMS	    "log2, native, a list of bounds or a mapping like {log2: {min: 1us, max: 64s}}"
#define LINEAR_LIKE "{linear: {start: 0, step: 10us, count: 100}}"

/* NONE when no form is called so. */
static enum buckets_kind find_form(const char *name)
{
	for (size_t i = 0; i < buckets_options.n; i++)
		if (strcmp(buckets_options.rows[i].key, name) == 0)
			return BUCKETS_LOG2 + (enum buckets_kind)i;
	return BUCKETS_NONE;
}

static void report_unknown_form(const struct yaml_node *node, struct diags *diags)
{
	struct suggestion suggestion;

	suggestion__init(&suggestion, node->text);
	for (size_t i = 0; i < buckets_options.n; i++)
		suggestion__offer(&suggestion, buckets_options.rows[i].key);
	diags__unknown(diags, node->pos, &suggestion, "'buckets' must be " FORMS ", not '%s'",
		       node->text);
}

static void read_word(const struct yaml_node *node, struct diags *diags,
		      struct buckets_config *buckets)
{
	const enum buckets_kind kind = find_form(node->text);

	if (kind == BUCKETS_NONE)
		report_unknown_form(node, diags);
	else if (kind == BUCKETS_LINEAR)
		diags__error(diags, node->pos, "'linear' alone says no bounds: write " LINEAR_LIKE);
	else
		buckets->kind = kind;
}

static bool is_complete(const struct buckets_config *buckets)
{
	return buckets->kind != BUCKETS_LINEAR ||
	       (buckets->start.s && buckets->step.s && buckets->count.s);
}

static void read_mapping(const struct yaml_node *node, struct diags *diags,
			 struct buckets_config *buckets)
{
	const struct yaml_node *form = node->first;

	if (!form) {
		diags__error(diags, node->pos, "'buckets' must be " FORMS ", not an empty mapping");
		return;
	}
	if (form->next) {
		diags__error(diags, form->next->key_pos,
			     "'buckets' has one form: '%s' stands beside '%s'", form->next->key,
			     form->key);
		return;
	}
	opt_table__read(&buckets_options, node, buckets, diags);
	if (form->kind == YAML_MAP)
		buckets->kind = find_form(form->key);
	if (!is_complete(buckets))
		buckets->kind = BUCKETS_NONE;
}

static void add_bound(const struct yaml_node *node, struct diags *diags,
		      struct buckets_config *buckets)
{
	static const char *const infinities[] = {"+Inf", "Inf", ".inf", "+.inf"};

	if (node->kind == YAML_BROKEN)
		return;
	if (node->kind != YAML_TEXT) {
		diags__error(diags, node->pos, "a bound is a number like 10us, not %s",
			     opt_kind_name(node));
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(infinities); i++) {
		if (strcasecmp(infinities[i], node->text) != 0)
			continue;
		diags__error(diags, node->pos, "the bound +Inf is always there: leave '%s' out",
			     node->text);
		return;
	}
	buckets->bounds[buckets->nbounds++] = opt_text(node);
}

static int read_list(const struct yaml_node *list, struct config_arena *arena, struct diags *diags,
		     struct buckets_config *buckets)
{
	const size_t max = MIN(list->n, (size_t)CONFIG_MAX_BOUNDS);
	size_t seen = 0;

	if (list->n == 0)
		diags__error(diags, list->pos, "'buckets' has no bounds");
	buckets->bounds = config_arena__calloc(arena, max, sizeof(*buckets->bounds));
	if (!buckets->bounds)
		return -ENOMEM;
	for (const struct yaml_node *node = list->first; node; node = node->next) {
		if (seen++ == max) {
			diags__error(diags, node->pos, "more than %d bounds in a histogram",
				     CONFIG_MAX_BOUNDS);
			break;
		}
		add_bound(node, diags, buckets);
	}
	if (buckets->nbounds > 0)
		buckets->kind = BUCKETS_EXPLICIT;
	return 0;
}

int native_buckets(const struct yaml_node *node, struct config_arena *arena, struct diags *diags,
		   struct buckets_config *ret_buckets)
{
	opt_table__set_defaults(&buckets_options, ret_buckets);
	ret_buckets->pos = node->pos;
	if (node->kind == YAML_LIST)
		return read_list(node, arena, diags, ret_buckets);
	if (node->kind == YAML_MAP)
		read_mapping(node, diags, ret_buckets);
	else
		read_word(node, diags, ret_buckets);
	return 0;
}
