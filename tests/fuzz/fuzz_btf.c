/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes that libbpf takes for BTF: a schema whose every word can be used, or an error. */
#include "pipeline/schema.h"

#include <bpf/btf.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "bpf/wire.h"
#include "pipeline/libbpf_log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use(const struct record_schema *r)
{
	for (u32 i = 0; i < r->nfields; i++) {
		const struct field *field = &r->fields[i];

		if (strlen(field->name) == 0 || !field->help || !field->decoder ||
		    field->words == 0 || field->word + field->words > r->nwords ||
		    r->nwords > WIRE_WORDS_MAX || !record_schema__field(r, field->name))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct schema *schema = NULL;
	struct err err = {0};

	libbpf_log_init(false);
	struct btf *btf = btf__new(data, (u32)size);
	if (!btf)
		return 0;
	int rc = schema__read(btf, &schema, &err);
	if ((rc == 0) != (schema != NULL) || (rc == 0) != (err.msg[0] == '\0'))
		abort();
	for (u32 i = 0; schema && i < schema->nevents; i++)
		use(&schema->events[i]);
	for (u32 i = 0; schema && i < schema->nprograms; i++)
		if (!schema->programs[i].name || !strlen(schema->programs[i].part))
			abort();
	if (schema)
		use(&schema->context);
	schema__free(schema);
	btf__free(btf);
	return 0;
}
