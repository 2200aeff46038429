/* SPDX-License-Identifier: Apache-2.0 */
/* `ringtally audit`: does the running daemon's ledger hold? */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "base/util.h"
#include "cli/audit.h"
#include "cli/flags.h"
#include "cli/proc_counter.h"
#include "cli/setup.h"
#include "cli/text.h"
#include "cli/verb.h"
#include "config/quantity.h"
#include "pipeline/app.h"

struct audit_flags {
	const char *server;
	const char *interval;
	const char *output;
	bool help;
};

#define AT(member) offsetof(struct audit_flags, member)

static const struct flag flag_rows[] = {
	{"server", 0, FLAG_TEXT, AT(server), "URL",
	 "http://HOST:PORT or unix:PATH (default " CLIENT_SERVER ")"},
	{"interval", 'i', FLAG_TEXT, AT(interval), "TIME",
	 "between the two readings that are held against /proc (default 1s)"},
	{"output", 'o', FLAG_TEXT, AT(output), "FORMAT", "text or json (default text)"},
	{"help", 'h', FLAG_SWITCH, AT(help), NULL, "this text"},
};

static const struct flag_table flags = {flag_rows, ARRAY_SIZE(flag_rows)};

#define NS_PER_MS 1000000ULL
#define HOUR_MS	  3600000ULL

/* ---- text ---- */

enum { INDENT = 2, NAME_WIDTH = 10, NOTE_COLUMN = 64 };

static void put_note(struct text *t, const char *note)
{
	text__to(t, MAX((u32)NOTE_COLUMN, t->column + 2));
	text__puts(t, note);
}

static void put_equation(struct text *t, const struct equation *e)
{
	text__to(t, INDENT);
	if (!e->known) {
		text__puts(t, "–  ");
		text__puts(t, e->note);
		text__end(t);
		return;
	}
	text__puts(t, e->left.name);
	text__to(t, INDENT + NAME_WIDTH);
	text__printf(t, "%llu ", e->left.value);
	(e->holds ? text__puts : text__alarm)(t, e->holds ? "=" : "≠");
	for (size_t i = 0; i < e->nright; i++)
		text__printf(t, "%s%s %llu", i ? " + " : " ", e->right[i].name, e->right[i].value);
	text__puts(t, e->nright ? "" : " 0");
	if (e->note)
		put_note(t, e->note);
	text__end(t);
}

static void put_proc(struct text *t, const struct audit_proc *p)
{
	const bool holds = p->unknown || p->holds;

	text__to(t, INDENT);
	text__printf(t, "/proc/%s", p->counter->file);
	text__to(t, INDENT + NAME_WIDTH);
	if (p->unknown) {
		text__puts(t, " –  ");
		text__puts(t, p->unknown);
	} else {
		text__printf(t, " %llu ≤ %llu ≤ %llu  ", p->least, p->change, p->most);
		(holds ? text__puts : text__alarm)(t, holds ? "=" : "≠");
		text__printf(t, " %s meanwhile", p->counter->what);
	}
	text__end(t);
}

static void put_procs_of(struct text *t, const struct audit *a, const char *event)
{
	for (size_t i = 0; i < a->nprocs; i++)
		if (!strcmp(a->procs[i].counter->event, event))
			put_proc(t, &a->procs[i]);
}

/* Equations of one subject stand in a row. */
static void put_subjects(struct text *t, const struct audit *a)
{
	for (size_t i = 0; i < a->nequations; i++) {
		const struct equation *e = &a->equations[i];
		const bool first = i == 0 || strcmp(e->subject, e[-1].subject) != 0;
		const bool last = i + 1 == a->nequations || strcmp(e->subject, e[1].subject) != 0;

		if (first) {
			text__bold(t, e->subject);
			text__end(t);
		}
		put_equation(t, e);
		if (last)
			put_procs_of(t, a, e->subject);
	}
}

static void put_refused(struct text *t, const struct audit *a)
{
	for (size_t i = 0; i < a->ledger.nevents; i++) {
		if (!a->ledger.events[i].reason)
			continue;
		text__bold(t, a->ledger.events[i].name);
		text__printf(t, "  not attached: %s", a->ledger.events[i].reason);
		text__end(t);
	}
}

static void put_text(const struct audit *a)
{
	struct text t;

	text__init(&t, stdout);
	put_subjects(&t, a);
	put_refused(&t, a);
	text__puts(&t, a->holds ? "all equations hold" : "not all equations hold");
	text__end(&t);
}

/* ---- JSON ---- */

static void put_term(struct json *j, const struct equation_term *term)
{
	json__open(j, '{');
	json__key(j, "name");
	json__text(j, term->name);
	json__key(j, "value");
	json__u64(j, term->value);
	json__close(j, '}');
}

static void put_text_or_null(struct json *j, const char *key, const char *text)
{
	json__key(j, key);
	if (text)
		json__text(j, text);
	else
		json__null(j);
}

static void put_holds(struct json *j, bool known, bool holds)
{
	json__key(j, "holds");
	if (known)
		json__bool(j, holds);
	else
		json__null(j);
}

static void put_equation_json(struct json *j, const struct equation *e)
{
	json__open(j, '{');
	json__key(j, "subject");
	json__text(j, e->subject);
	if (e->known) {
		json__key(j, "left");
		put_term(j, &e->left);
		json__key(j, "right");
		json__open(j, '[');
		for (size_t i = 0; i < e->nright; i++)
			put_term(j, &e->right[i]);
		json__close(j, ']');
	}
	put_text_or_null(j, "note", e->note);
	put_holds(j, e->known, e->holds);
	json__close(j, '}');
}

static void put_proc_json(struct json *j, const struct audit_proc *p)
{
	json__open(j, '{');
	json__key(j, "event");
	json__text(j, p->counter->event);
	json__key(j, "file");
	json__text(j, p->counter->file);
	json__key(j, "least");
	json__u64(j, p->least);
	json__key(j, "change");
	json__u64(j, p->change);
	json__key(j, "most");
	json__u64(j, p->most);
	put_text_or_null(j, "note", p->unknown);
	put_holds(j, !p->unknown, p->holds);
	json__close(j, '}');
}

static void put_json(const struct audit *a, const char *server)
{
	struct strbuf out;
	struct json j;

	strbuf__init(&out);
	json__init(&j, &out);
	json__open(&j, '{');
	json__key(&j, "server");
	json__text(&j, server);
	json__key(&j, "holds");
	json__bool(&j, a->holds);
	json__key(&j, "equations");
	json__open(&j, '[');
	for (size_t i = 0; i < a->nequations; i++)
		put_equation_json(&j, &a->equations[i]);
	json__close(&j, ']');
	json__key(&j, "proc");
	json__open(&j, '[');
	for (size_t i = 0; i < a->nprocs; i++)
		put_proc_json(&j, &a->procs[i]);
	json__close(&j, ']');
	json__close(&j, '}');
	puts(out.failed ? "{\"error\":\"out of memory\"}" : out.data);
	strbuf__fini(&out);
}

/* ---- the verb ---- */

static int audit(const struct audit_flags *f, u32 interval_ms)
{
	struct audit a = {0};
	struct err err = {0};
	struct client c;
	int status;

	if (client__init(&c, f->server, &err)) {
		client__fini(&c);
		return setup_fail(EXIT_USAGE, err.msg);
	}
	if (audit__run(&a, &c, interval_ms, &err)) {
		status = setup_fail(EXIT_RUNTIME, err.msg);
	} else {
		if (!strcmp(f->output, "json"))
			put_json(&a, f->server);
		else
			put_text(&a);
		status = a.holds ? setup_flush() : EXIT_RUNTIME;
	}
	audit__fini(&a);
	client__fini(&c);
	return status;
}

static int run(const struct verb *self, int argc, char **argv)
{
	struct audit_flags f = {.server = CLIENT_SERVER, .interval = "1s", .output = "text"};
	struct flag_values arguments;
	struct err err = {0};
	char why[128];
	u64 interval_ns;

	if (flags_parse(&flags, argc, argv, &f, &arguments, &err))
		return setup_fail(EXIT_USAGE, err.msg);
	if (f.help) {
		setup_print_usage(self, &flags);
		return EXIT_FINE;
	}
	if (arguments.n)
		return setup_fail(EXIT_USAGE, "audit takes flags only; a daemon is --server=URL");
	if (strcmp(f.output, "text") != 0 && strcmp(f.output, "json") != 0)
		return setup_fail(EXIT_USAGE, "-o is text or json");
	if (quantity_parse(QUANTITY_TIME, f.interval, &interval_ns, why)) {
		err__set(&err, -EINVAL, "-i: %s", why);
		return setup_fail(EXIT_USAGE, err.msg);
	}
	if (interval_ns > HOUR_MS * NS_PER_MS)
		return setup_fail(EXIT_USAGE, "-i is at most 1h");
	return audit(&f, (u32)(interval_ns / NS_PER_MS));
}

const struct verb audit_verb = {"audit", "[flags]",
				"does the running daemon's ledger hold, also beside /proc?", run};
