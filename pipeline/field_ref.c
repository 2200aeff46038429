/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/field_ref.h"

#include <string.h>

#include "base/suggest.h"
#include "config/config.h"
#include "pipeline/raw_layout.h"

static void offer_fields(struct suggestion *suggestion, const struct record_schema *record)
{
	for (u32 i = 0; i < record->nfields; i++)
		suggestion__offer(suggestion, record->fields[i].name);
}

static void report_unknown(const struct field_scope *scope, const struct config_text *name,
			   struct diags *diags)
{
	struct suggestion suggestion;

	suggestion__init(&suggestion, name->s);
	offer_fields(&suggestion, scope->event);
	offer_fields(&suggestion, scope->context);
	diags__unknown(diags, name->pos, &suggestion, "event '%s' has no field '%s'",
		       scope->event->name, name->s);
}

bool field_ref__find(const struct field_scope *scope, const struct config_text *name,
		     struct diags *diags, struct field_ref *ret_ref)
{
	const struct field *field = record_schema__field(scope->event, name->s);
	bool of_context = !field;

	if (!field)
		field = record_schema__field(scope->context, name->s);
	if (!field && scope->traced && !strcmp(name->s, raw_time.name)) {
		*ret_ref = (struct field_ref){&raw_time, false};
		return true;
	}
	if (!field) {
		report_unknown(scope, name, diags);
		return false;
	}
	*ret_ref = (struct field_ref){field, of_context};
	return true;
}

u64 field_mask(const struct field *field)
{
	return ((1ULL << field->words) - 1) << field->word;
}
