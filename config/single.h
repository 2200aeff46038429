/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The config of one event: one counter of it, the rest as by default. For verbs that look at single
 * events: what they want stands in flags, so findings name the flag where others name a file.
 */
#ifndef RINGTALLY_CONFIG_SINGLE_H
#define RINGTALLY_CONFIG_SINGLE_H

#include "config/config.h"

/* A condition that somebody sets: a `where`, and what findings call it ("--where"). */
struct single_where {
	const char *origin;
	const char *text; /* NULL: none */
};

/* All is borrowed until the config is freed. */
struct single {
	const char *event;
	const char *const *objects; /* beside the bundled one */
	size_t nobjects;
	enum delivery delivery;
	u64 ring_bytes;			   /* of each ring; 0: as by default */
	const struct single_where *wheres; /* all of them must hold */
	size_t nwheres;
	const char *fields; /* the counter's labels: "comm,tgid"; NULL: none */
	const char *fields_origin;
};

/* As config__parse. */
int config__single(const struct single *single, struct diags *diags, struct config **ret_config,
		   struct err *err);

#endif
