/* SPDX-License-Identifier: Apache-2.0 */
/* `buckets` of a metric: the name of a form that needs no more to be said, a mapping from one such
 * name to what is said of it, or a list of bounds. What bounds they are depends on the unit of the
 * metric's value, which is the planner's business. */
#ifndef RINGTALLY_CONFIG_NATIVE_BUCKETS_H
#define RINGTALLY_CONFIG_NATIVE_BUCKETS_H

struct buckets_config;
struct config_arena;
struct diags;
struct yaml_node;

/* Fills *ret_buckets, which is zeroed. What is wrong goes to diags and leaves the kind at NONE,
 * with a place: not as if no buckets were given. 0, or -ENOMEM. */
int native_buckets(const struct yaml_node *node, struct config_arena *arena, struct diags *diags,
		   struct buckets_config *ret_buckets);

#endif
