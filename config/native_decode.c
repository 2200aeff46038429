/* SPDX-License-Identifier: Apache-2.0 */
#include "config/native_decode.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "config/arena.h"
#include "config/native_options.h"
#include "config/yaml.h"

static int compare_pairs(const void *a, const void *b)
{
	return strcmp(((const struct decode_pair *)a)->from, ((const struct decode_pair *)b)->from);
}

/* A value that is left empty is the empty text. */
static int read_map(const struct yaml_node *map, struct config_arena *arena, struct diags *diags,
		    struct decode_config *step)
{
	step->pairs = config_arena__calloc(arena, map->n, sizeof(*step->pairs));
	if (!step->pairs)
		return -ENOMEM;
	for (const struct yaml_node *node = map->first; node; node = node->next) {
		if (node->kind == YAML_TEXT || node->kind == YAML_EMPTY)
			step->pairs[step->npairs++] = (struct decode_pair){
				node->key, node->kind == YAML_TEXT ? node->text : ""};
		else if (node->kind != YAML_BROKEN)
			diags__error(diags, node->pos, "'%s' must become a text, not %s", node->key,
				     opt_kind_name(node));
	}
	if (step->npairs > 0)
		qsort(step->pairs, step->npairs, sizeof(*step->pairs), compare_pairs);
	return 0;
}

/* {NAME: {FROM: TO, ...}} */
static int add_mapping(const struct yaml_node *node, struct config_arena *arena,
		       struct diags *diags, struct label_config *label)
{
	const struct yaml_node *map = node->first;
	struct decode_config step = {0};
	int rc;

	if (node->n != 1 || (map->kind != YAML_MAP && map->kind != YAML_BROKEN)) {
		diags__error(diags, node->pos,
			     "a decoder with a map is written like {static_map: {from: to}}");
		return 0;
	}
	if (map->kind == YAML_BROKEN)
		return 0;
	step.name = (struct config_text){.s = map->key, .pos = map->key_pos};
	rc = read_map(map, arena, diags, &step);
	if (!rc)
		label->decode[label->ndecode++] = step;
	return rc;
}

static int add_step(const struct yaml_node *node, struct config_arena *arena, struct diags *diags,
		    struct label_config *label)
{
	switch (node->kind) {
	case YAML_TEXT:
		label->decode[label->ndecode++] = (struct decode_config){.name = opt_text(node)};
		return 0;
	case YAML_MAP:
		return add_mapping(node, arena, diags, label);
	case YAML_BROKEN:
		return 0;
	case YAML_LIST:
	case YAML_EMPTY:
		break;
	}
	diags__error(diags, node->pos, "a decoder is a name or a mapping, not %s",
		     opt_kind_name(node));
	return 0;
}

int native_decode(const struct yaml_node *list, struct config_arena *arena, struct diags *diags,
		  struct label_config *label)
{
	const size_t max = MIN(list->n, (size_t)CONFIG_MAX_DECODERS);
	size_t seen = 0;
	int rc = 0;

	label->decode = config_arena__calloc(arena, max, sizeof(*label->decode));
	if (!label->decode)
		return -ENOMEM;
	for (const struct yaml_node *node = list->first; node && !rc; node = node->next) {
		if (seen++ == max) {
			diags__error(diags, node->pos, "more than %d decoders of a label",
				     CONFIG_MAX_DECODERS);
			break;
		}
		rc = add_step(node, arena, diags, label);
	}
	return rc;
}
