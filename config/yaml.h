/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The part of YAML a config may use, as a tree in which everything knows its place. All scalars are
 * text, however they are quoted: what a text means is decided by the option it is for, so there are
 * no surprising booleans or octal numbers. Tags, anchors, aliases, merge keys, duplicate keys and
 * second documents are findings. Size, depth and number of nodes are bounded.
 */
#ifndef RINGTALLY_CONFIG_YAML_H
#define RINGTALLY_CONFIG_YAML_H

#include <stddef.h>

#include "config/diag.h"

struct config_arena;

enum {
	YAML_MAX_BYTES = 4 << 20,
	YAML_MAX_NODES = 100000, /* keys count */
	YAML_MAX_KEYS = 1000,	 /* of one mapping */
	YAML_MAX_DEPTH = 32,
};

enum yaml_kind {
	YAML_TEXT,
	YAML_LIST,
	YAML_MAP,
	YAML_EMPTY,  /* nothing was written: `key:` */
	YAML_BROKEN, /* what stands there is already a finding; readers pass over it */
};

struct yaml_node {
	enum yaml_kind kind;
	struct pos pos;
	const char *text; /* of a TEXT */
	bool quoted;	  /* it stands behind a quote */
	bool folded;	  /* written over several lines or with escapes, not as it reads */
	bool comment;	  /* not quoted, and a comment follows in its line */
	const char *key;  /* under which it stands in its mapping */
	struct pos key_pos;
	const struct yaml_node *first; /* what a LIST or MAP holds, in the order of the file */
	const struct yaml_node *next;  /* in the list or mapping that holds this node */
	size_t n;		       /* nodes that a LIST or MAP holds */
};

/*
 * Findings go to diags and still return 0; *ret_root is then NULL if nothing can be said about the
 * rest of the text. A text without content is an EMPTY node. The tree lives in the arena and
 * borrows `file` for its places, but nothing of the text. -ENOMEM without memory.
 */
int yaml__parse(struct config_arena *arena, const char *file, const char *text, size_t n,
		struct diags *diags, const struct yaml_node **ret_root);

/* What stands under a key of a MAP; NULL when the key is not there. */
const struct yaml_node *yaml_node__find(const struct yaml_node *map, const char *key);

#endif
