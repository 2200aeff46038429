/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ringtally's own config language: from the YAML tree to struct config. Files are added one after
 * the other; what concerns all of them (defaults, two metrics of one name) is settled at the end.
 */
#ifndef RINGTALLY_CONFIG_NATIVE_H
#define RINGTALLY_CONFIG_NATIVE_H

#include "config/native_options.h"

struct native {
	struct config *config; /* what is being filled */
	struct diags *diags;
	struct root_values root; /* scalars stay from file to file, nodes are one file's */
	bool metrics_mentioned;	 /* if none were kept, findings say why */
};

/* Both are borrowed; everything goes into config->arena. */
void native__init(struct native *n, struct config *config, struct diags *diags);

/* root is NULL when nothing of the file could be read. 0, or -ENOMEM. */
int native__add(struct native *n, const struct yaml_node *root);

/* `start` is where to say what is missing as a whole. 0, or -ENOMEM. */
int native__finish(struct native *n, struct pos start);

#endif
