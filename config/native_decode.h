/* SPDX-License-Identifier: Apache-2.0 */
/* `decode` of a label: a list of names of decoders, or of mappings {NAME: {FROM: TO, ...}} for
 * those that take a map. Which decoders there are is the planner's business. */
#ifndef RINGTALLY_CONFIG_NATIVE_DECODE_H
#define RINGTALLY_CONFIG_NATIVE_DECODE_H

struct config_arena;
struct diags;
struct label_config;
struct yaml_node;

/* Fills the label's decode. What is wrong goes to diags and is left out. 0, or -ENOMEM. */
int native_decode(const struct yaml_node *list, struct config_arena *arena, struct diags *diags,
		  struct label_config *label);

#endif
