/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `ringtally probes [NAME...]`: what there is to count. What an event is comes from its object;
 * whether it works here is found out by attaching it, each on its own, so that no refusal hides
 * another.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "base/suggest.h"
#include "base/util.h"
#include "cli/flags.h"
#include "cli/setup.h"
#include "cli/text.h"
#include "cli/trial.h"
#include "cli/verb.h"
#include "config/single.h"
#include "pipeline/app.h"
#include "pipeline/caps.h"
#include "pipeline/collector.h"
#include "pipeline/decoders/decoder.h"
#include "pipeline/field_ref.h"
#include "pipeline/probe_object.h"
#include "pipeline/schema.h"

struct probes_flags {
	struct flag_values objects;
	const char *btf_path;
	bool help;
};

#define AT(member) offsetof(struct probes_flags, member)

static const struct flag flag_rows[] = {
	{"object", 0, FLAG_LIST, AT(objects), "FILE", "a probe object (.bpf.o) of one's own"},
	{"btf.path", 0, FLAG_TEXT, AT(btf_path), "FILE", "the kernel's BTF, if it has none itself"},
	{"help", 'h', FLAG_SWITCH, AT(help), NULL, "this text"},
};

static const struct flag_table flags = {flag_rows, ARRAY_SIZE(flag_rows)};

enum { INDENT = 2, GAP = 2 };

/* What is listed: the bundled object, then those of --object. */
struct listing {
	const struct probes_flags *flags;
	struct probe_object *objects[FLAG_VALUES_MAX + 1];
	u32 nobjects;
	struct err caps; /* why nothing can be tried; code 0: it can */
	struct text text;
	u32 works;
	u32 refused;
	u32 unknown;
};

static int listing__open(struct listing *l, const struct probes_flags *f, struct err *err)
{
	int rc;

	*l = (struct listing){.flags = f};
	text__init(&l->text, stdout);
	caps_check(f->btf_path, &l->caps);
	rc = probe_object__open_bundle(f->btf_path, &l->objects[0], err);
	while (!rc && ++l->nobjects <= f->objects.n)
		rc = probe_object__open_file(f->objects.items[l->nobjects - 1], f->btf_path,
					     &l->objects[l->nobjects], err);
	return rc;
}

static void listing__close(struct listing *l)
{
	for (u32 i = 0; i < ARRAY_SIZE(l->objects); i++)
		probe_object__close(l->objects[i]);
}

/* --- fields --- */

struct columns {
	u32 type;
	u32 unit;
	u32 decoder;
	u32 help;
};

static u32 type_width(const struct field *field)
{
	return (u32)strlen(field__type_name(field)) +
	       (field->optional ? (u32)strlen(", optional") : 0);
}

static struct columns measure(const struct record_schema *record)
{
	u32 name = strlen("FIELD"), type = strlen("TYPE"), unit = strlen("UNIT");
	u32 decoder = strlen("DECODER");

	for (u32 i = 0; i < record->nfields; i++) {
		const struct field *field = &record->fields[i];

		name = MAX(name, (u32)strlen(field->name));
		type = MAX(type, type_width(field));
		unit = MAX(unit, (u32)strlen(field__unit_name(field)));
		decoder = MAX(decoder, (u32)strlen(field->decoder));
	}
	struct columns c = {.type = INDENT + name + GAP};
	c.unit = c.type + type + GAP;
	c.decoder = c.unit + unit + GAP;
	c.help = c.decoder + decoder + GAP;
	return c;
}

static void put_names(struct text *t, const struct columns *c, const struct field *field)
{
	struct strbuf names;

	strbuf__init(&names);
	strbuf__puts(&names, "One of: ");
	for (u32 i = 0; i < field->nnames; i++)
		strbuf__printf(&names, "%s%s", i ? ", " : "", field->names[i].name);
	text__to(t, c->help);
	text__wrap(t, names.data);
	text__end(t);
	strbuf__fini(&names);
}

static void put_field(struct text *t, const struct columns *c, const struct field *field)
{
	text__to(t, INDENT);
	text__puts(t, field->name);
	text__to(t, c->type);
	text__puts(t, field__type_name(field));
	text__puts(t, field->optional ? ", optional" : "");
	text__to(t, c->unit);
	text__puts(t, field__unit_name(field));
	text__to(t, c->decoder);
	text__puts(t, field->decoder);
	if (*field->help) {
		text__to(t, c->help);
		text__wrap(t, field->help);
	}
	text__end(t);
	if (field->nnames)
		put_names(t, c, field);
}

static void put_fields(struct text *t, const struct record_schema *record)
{
	const struct columns c = measure(record);

	if (record->nfields == 0)
		return;
	text__to(t, INDENT);
	text__puts(t, "FIELD");
	text__to(t, c.type);
	text__puts(t, "TYPE");
	text__to(t, c.unit);
	text__puts(t, "UNIT");
	text__to(t, c.decoder);
	text__puts(t, "DECODER");
	text__to(t, c.help);
	text__puts(t, "HELP");
	text__end(t);
	for (u32 i = 0; i < record->nfields; i++)
		put_field(t, &c, &record->fields[i]);
}

/* --- hooks --- */

/* Where programs that make this part attach, in the order in which they are tried. */
static void put_alternatives(struct text *t, const struct probe_object *o,
			     const struct program_schema *program)
{
	struct strbuf hooks;

	strbuf__init(&hooks);
	for (; program; program = probe_object__next_hook(o, program))
		strbuf__printf(&hooks, "%s%s", hooks.len ? " or " : "",
			       probe_object__hook(o, program->name));
	text__wrap(t, hooks.data);
	strbuf__fini(&hooks);
}

static void put_hooks(struct text *t, const struct probe_object *o, const char *event)
{
	const struct schema *s = probe_object__schema(o);
	const struct program_schema *p = NULL;
	u32 width = 0;

	while ((p = schema__next_part(s, event, p)))
		width = MAX(width, (u32)strlen(p->part));
	while ((p = schema__next_part(s, event, p))) {
		text__to(t, INDENT);
		text__printf(t, "hook %s: ", p->part);
		text__to(t, INDENT + (u32)strlen("hook : ") + width);
		put_alternatives(t, o, p);
		text__end(t);
	}
}

/* --- does it work here? --- */

/* Where only some fields need the event's start, they are used: all programs are tried. */
static void list_fields_from_start(const struct record_schema *event, struct strbuf *ret_fields)
{
	for (u32 i = 0; i < event->nfields; i++)
		if (event->start_words & field_mask(&event->fields[i]))
			strbuf__printf(ret_fields, "%s%s", ret_fields->len ? "," : "",
				       event->fields[i].name);
}

/* A config with one counter of this event, which borrows the fields. */
static int make_config(const struct listing *l, const struct record_schema *event,
		       const struct strbuf *fields, struct diags *diags, struct config **ret_config,
		       struct err *err)
{
	const struct single single = {
		.event = event->name,
		.objects = l->flags->objects.items,
		.nobjects = l->flags->objects.n,
		.delivery = DELIVERY_COMBINE,
		.ring_bytes = 64 << 10,
		.fields = fields->len ? fields->data : NULL,
		.fields_origin = "trial",
	};

	return config__single(&single, diags, ret_config, err);
}

static int try_config(const struct listing *l, const struct config *config, struct diags *diags,
		      struct strbuf *ret_hooks, struct err *err)
{
	struct collector *c = NULL;
	const char *refusal = NULL;
	int rc = collector__new(config, l->flags->btf_path, diags, &c, err);

	if (!rc && diags->errors)
		rc = err__set(err, -EINVAL, "%s", diags->n ? diags->items[0].text : "no memory");
	if (!rc)
		rc = trial_attach(c, err);
	if (!rc)
		refusal = collector__refusal(c, 0);
	if (refusal)
		rc = err__set(err, -EOPNOTSUPP, "%s", refusal);
	if (!rc)
		trial_put_hooks(ret_hooks, c, 0);
	collector__free(c);
	return rc;
}

/* 0 with the hooks it is attached to, or err with the reason why not. */
static int try_event(const struct listing *l, const struct record_schema *event,
		     struct strbuf *ret_hooks, struct err *err)
{
	struct config *config = NULL;
	struct strbuf fields;
	struct diags diags;
	int rc = 0;

	diags__init(&diags);
	strbuf__init(&fields);
	list_fields_from_start(event, &fields);
	if (fields.failed)
		rc = err__set_errno(err, -ENOMEM, "trial");
	if (!rc)
		rc = make_config(l, event, &fields, &diags, &config, err);
	if (!rc)
		rc = try_config(l, config, &diags, ret_hooks, err);
	config__free(config);
	strbuf__fini(&fields);
	diags__fini(&diags);
	return rc;
}

static void put_trial(struct listing *l, const struct record_schema *event)
{
	struct text *t = &l->text;
	struct strbuf hooks;
	struct err err = {0};

	strbuf__init(&hooks);
	strbuf__puts(&hooks, "yes (");
	text__to(t, INDENT);
	text__puts(t, "works here: ");
	if (l->caps.code == -EPERM) {
		text__puts(t, "unknown (trying needs root, or CAP_BPF and CAP_PERFMON)");
		l->unknown++;
	} else if (l->caps.code || try_event(l, event, &hooks, &err)) {
		text__puts(t, "no: ");
		text__puts(t, l->caps.code ? l->caps.msg : err.msg);
		l->refused++;
	} else {
		strbuf__putc(&hooks, ')');
		text__wrap(t, hooks.data);
		l->works++;
	}
	text__end(t);
	strbuf__fini(&hooks);
}

/* --- the listing --- */

static void put_event(struct listing *l, const struct probe_object *o,
		      const struct record_schema *event)
{
	struct text *t = &l->text;

	text__bold(t, event->name);
	if (*event->help) {
		text__puts(t, "  ");
		text__wrap(t, event->help);
	}
	text__end(t);
	put_fields(t, event);
	put_hooks(t, o, event->name);
	fflush(t->out); /* the trial takes a moment */
	put_trial(l, event);
	text__end(t);
}

static void put_context(struct listing *l)
{
	const struct schema *s = probe_object__schema(l->objects[0]);

	text__bold(&l->text, "context");
	text__puts(&l->text, "  What every event has besides.");
	text__end(&l->text);
	put_fields(&l->text, &s->context);
}

static const struct record_schema *find(const struct listing *l, const char *name,
					const struct probe_object **ret_object)
{
	for (u32 i = 0; i < l->nobjects; i++) {
		const struct record_schema *event =
			schema__event(probe_object__schema(l->objects[i]), name);

		if (event) {
			*ret_object = l->objects[i];
			return event;
		}
	}
	return NULL;
}

static int check_unique(const struct listing *l)
{
	for (u32 i = 0; i < l->nobjects; i++) {
		const struct schema *s = probe_object__schema(l->objects[i]);

		for (u32 e = 0; e < s->nevents; e++) {
			const struct probe_object *first = NULL;
			char message[512];

			find(l, s->events[e].name, &first);
			if (first == l->objects[i])
				continue;
			snprintf(message, sizeof(message), "event '%s' is defined by %s and by %s",
				 s->events[e].name, probe_object__name(first),
				 probe_object__name(l->objects[i]));
			return setup_fail(EXIT_USAGE, message);
		}
	}
	return EXIT_FINE;
}

static int unknown_event(const struct listing *l, const char *name)
{
	struct suggestion suggestion;
	char message[256];

	suggestion__init(&suggestion, name);
	for (u32 i = 0; i < l->nobjects; i++) {
		const struct schema *s = probe_object__schema(l->objects[i]);

		for (u32 e = 0; e < s->nevents; e++)
			suggestion__offer(&suggestion, s->events[e].name);
	}
	if (suggestion.best)
		snprintf(message, sizeof(message), "unknown event '%.100s' (did you mean '%s'?)",
			 name, suggestion.best);
	else
		snprintf(message, sizeof(message),
			 "unknown event '%.100s'; `ringtally probes` lists them", name);
	return setup_fail(EXIT_USAGE, message);
}

static int list_named(struct listing *l, const struct flag_values *names)
{
	const struct probe_object *object = NULL;

	for (size_t i = 0; i < names->n; i++)
		if (!find(l, names->items[i], &object))
			return unknown_event(l, names->items[i]);
	for (size_t i = 0; i < names->n; i++) {
		const struct record_schema *event = find(l, names->items[i], &object);

		put_event(l, object, event);
	}
	return EXIT_FINE;
}

static void list_all(struct listing *l)
{
	for (u32 i = 0; i < l->nobjects; i++) {
		const struct schema *s = probe_object__schema(l->objects[i]);

		for (u32 e = 0; e < s->nevents; e++)
			put_event(l, l->objects[i], &s->events[e]);
	}
}

static int list(struct listing *l, const struct flag_values *names)
{
	int status = check_unique(l);

	if (status == EXIT_FINE && names->n)
		status = list_named(l, names);
	else if (status == EXIT_FINE)
		list_all(l);
	if (status != EXIT_FINE)
		return status;
	put_context(l);
	if (names->n == 0) {
		text__end(&l->text);
		text__printf(&l->text, "%u events: ", l->works + l->refused + l->unknown);
		if (l->unknown)
			text__puts(&l->text, "none was tried");
		else
			text__printf(&l->text, "%u work here, %u do not", l->works, l->refused);
		text__end(&l->text);
	}
	return setup_flush();
}

static int run(const struct verb *self, int argc, char **argv)
{
	struct probes_flags f = {0};
	struct flag_values names;
	struct err err = {0};
	struct listing l;
	int status;

	if (flags_parse(&flags, argc, argv, &f, &names, &err))
		return setup_fail(EXIT_USAGE, err.msg);
	if (f.help) {
		setup_print_usage(self, &flags);
		return EXIT_FINE;
	}
	setup_logging(NULL, NULL, false);
	if (listing__open(&l, &f, &err))
		status = setup_fail(EXIT_USAGE, err.msg);
	else
		status = list(&l, &names);
	listing__close(&l);
	return status;
}

const struct verb probes_verb = {"probes", "[flags] [NAME...]",
				 "every event: its fields, its hooks, and whether it works here",
				 run};
