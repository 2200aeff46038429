/* SPDX-License-Identifier: Apache-2.0 */
/*
 * probes_md check|write FILE: the part of docs/probes.md that is written from what the shipped
 * probes say of themselves. It asks no kernel anything and needs no privileges.
 */
#include "base/err.h"
#include "base/strbuf.h"
#include "pipeline/decoders/decoder.h"
#include "pipeline/probe_object.h"
#include "pipeline/schema.h"
#include "tests/tools/generated_part.h"

/* In a cell of a table. */
static void put_help(struct strbuf *out, const char *help)
{
	for (; *help; help++) {
		if (*help == '|')
			strbuf__putc(out, '\\');
		strbuf__putc(out, *help);
	}
}

static void put_names(struct strbuf *out, const struct field *field)
{
	for (u32 i = 0; i < field->nnames; i++)
		strbuf__printf(out, "%s`%s`", i ? ", " : " One of ", field->names[i].name);
	if (field->nnames)
		strbuf__putc(out, '.');
}

static void put_field(struct strbuf *out, const struct field *field)
{
	strbuf__printf(out, "| `%s` | %s%s | %s | `%s` | ", field->name, field__type_name(field),
		       field->optional ? ", optional" : "", field__unit_name(field),
		       field->decoder);
	put_help(out, field->help);
	put_names(out, field);
	strbuf__puts(out, " |\n");
}

static void put_fields(struct strbuf *out, const struct record_schema *record)
{
	if (record->nfields == 0)
		return;
	strbuf__puts(out,
		     "\n| field | type | unit | decoder | what it is |\n|---|---|---|---|---|\n");
	for (u32 i = 0; i < record->nfields; i++)
		put_field(out, &record->fields[i]);
}

static void put_hooks(struct strbuf *out, const struct probe_object *o, const char *event)
{
	const struct schema *s = probe_object__schema(o);
	const struct program_schema *part = NULL;

	strbuf__puts(out, "\n| hook for | the first of these that the kernel takes |\n|---|---|\n");
	while ((part = schema__next_part(s, event, part))) {
		strbuf__printf(out, "| %s | ", part->part);
		for (const struct program_schema *p = part; p; p = probe_object__next_hook(o, p))
			strbuf__printf(out, "%s`%s`", p == part ? "" : ", ",
				       probe_object__hook(o, p->name));
		strbuf__puts(out, " |\n");
	}
}

static void put_events(struct strbuf *out, const struct probe_object *o)
{
	const struct schema *s = probe_object__schema(o);

	strbuf__puts(out, "\n## Context\n\nWhat every event has besides its own fields.\n");
	put_fields(out, &s->context);
	for (u32 i = 0; i < s->nevents; i++) {
		strbuf__printf(out, "\n## `%s`\n\n%s\n", s->events[i].name, s->events[i].help);
		put_fields(out, &s->events[i]);
		put_hooks(out, o, s->events[i].name);
	}
	strbuf__putc(out, '\n');
}

static int put_bundle(struct strbuf *out, struct err *err)
{
	struct probe_object *bundle = NULL;
	int rc = probe_object__open_bundle(NULL, &bundle, err);

	if (!rc)
		put_events(out, bundle);
	probe_object__close(bundle);
	return rc;
}

int main(int argc, char **argv)
{
	static const struct generated_part probes = {"bpf/probes", put_bundle};

	return generated_part__main(&probes, argc, argv);
}
