/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables of ringtally's own config language, and the structs their rows fill where config.h has
 * none of that shape. docs/configuration.md is written from native_options and the tables it names.
 */
#ifndef RINGTALLY_CONFIG_NATIVE_OPTIONS_H
#define RINGTALLY_CONFIG_NATIVE_OPTIONS_H

#include "config/config.h"
#include "config/options.h"

enum {
	CONFIG_MAX_LABELS = 16,
	CONFIG_MAX_BOUNDS = 512,
	CONFIG_MAX_DECODERS = 4, /* of a label */
	CONFIG_SCHEMA_MIN = -4,	 /* of native buckets */
	CONFIG_SCHEMA_MAX = 8,
};

struct root_values {
	struct config_text namespace;
	struct config_number ring_size;
	struct config_number samples;
	struct config_number memory;
	struct config_number kernel_memory;
	struct config_number flush_interval;
	struct config_number max_series; /* this and what follows: of metrics that do not say */
	struct config_number linger;
	struct config_number ttl;
	const struct yaml_node *objects;
	const struct yaml_node *events;
	const struct yaml_node *metrics;
};

struct event_values {
	struct config_number delivery;
	struct config_number slots;
};

struct metric_values {
	struct metric_config metric;
	const struct yaml_node *labels;
	const struct yaml_node *buckets;
	const struct yaml_node *fold_order;
};

struct label_values {
	struct label_config label;
	const struct yaml_node *decode;
};

extern const struct opt_table native_options; /* -> struct root_values */
extern const struct opt_table event_options;  /* what stands under an event's name */
extern const struct opt_table metric_options;
extern const struct opt_table label_options;   /* -> struct label_values; row 0 is the name */
extern const struct opt_table buckets_options; /* -> struct buckets_config; keys are words too */

#endif
