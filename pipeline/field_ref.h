/* SPDX-License-Identifier: Apache-2.0 */
/* A field that a config names: one of the event's own, or of the context that every event has. */
#ifndef RINGTALLY_PIPELINE_FIELD_REF_H
#define RINGTALLY_PIPELINE_FIELD_REF_H

#include "pipeline/schema.h"

struct config_text;
struct diags;

/* Where fields are looked for: the event's own come first. */
struct field_scope {
	const struct record_schema *event;
	const struct record_schema *context;
	bool traced; /* single events are shown: what only their records have counts too */
};

struct field_ref {
	const struct field *field;
	bool of_context;
};

/* False when there is no such field, which is reported with the nearest name. */
bool field_ref__find(const struct field_scope *scope, const struct config_text *name,
		     struct diags *diags, struct field_ref *ret_ref);

u64 field_mask(const struct field *field); /* bits of its words */

#endif
