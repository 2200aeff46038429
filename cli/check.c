/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `ringtally check [FILE...]`: parse and plan a config, and say what it costs before it runs. Needs
 * no privileges; --attach does, and hears from the kernel as well.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "aggregators/snapshot.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "base/util.h"
#include "cli/effective.h"
#include "cli/flags.h"
#include "cli/setup.h"
#include "cli/text.h"
#include "cli/trial.h"
#include "cli/verb.h"
#include "cli/worst.h"
#include "config/config.h"
#include "exporters/prom_text.h"
#include "pipeline/app.h"
#include "pipeline/budget.h"
#include "pipeline/caps.h"
#include "pipeline/collector.h"
#include "pipeline/cost.h"
#include "pipeline/field_ref.h"
#include "pipeline/plan.h"
#include "pipeline/probe_object.h"

struct check_flags {
	bool print;
	bool exposition;
	bool attach;
	const char *btf_path;
	bool help;
};

#define AT(member) offsetof(struct check_flags, member)

static const struct flag flag_rows[] = {
	{"print", 0, FLAG_SWITCH, AT(print), NULL,
	 "only the config as YAML, all defaults written out"},
	{"exposition", 0, FLAG_SWITCH, AT(exposition), NULL,
	 "only what the first scrape would show, without events"},
	{"attach", 0, FLAG_SWITCH, AT(attach), NULL,
	 "load and attach everything for a moment (needs root)"},
	{"btf.path", 0, FLAG_TEXT, AT(btf_path), "FILE", "the kernel's BTF, if it has none itself"},
	{"help", 'h', FLAG_SWITCH, AT(help), NULL, "this text"},
};

static const struct flag_table flags = {flag_rows, ARRAY_SIZE(flag_rows)};

/* Columns of the cost sheet. */
enum { INDENT = 2, KEY_COLUMN = 12, NUMBERS_COLUMN = 44, NUMBER_WIDTH = 16, LARGE_NCPUS = 128 };

/* --- the exposition --- */

/* As the first scrape of this config would show it, without events and without self metrics: the
 * names and labels that dashboards will see. */
static int put_exposition(const struct setup *setup, struct strbuf *out)
{
	struct snapshot *snapshot;
	struct prom_text text;
	int rc;

	if (snapshot__new(&snapshot))
		return -1;
	rc = collector__snapshot(setup->collector, snapshot);
	prom_text__init(&text, snapshot);
	if (!rc)
		rc = prom_text__step(&text, out, SIZE_MAX);
	prom_text__fini(&text);
	snapshot__free(snapshot);
	return rc;
}

/* --- what of each event goes through the key --- */

/* The fields of which words are in the mask. */
static void put_fields(struct strbuf *out, const struct record_schema *record, u64 mask)
{
	for (u32 i = 0; i < record->nfields; i++)
		if (mask & field_mask(&record->fields[i]))
			strbuf__printf(out, "%s%s", out->len ? ", " : "", record->fields[i].name);
}

static void put_row(struct text *t, const char *key, const char *value)
{
	text__to(t, INDENT);
	text__puts(t, key);
	text__to(t, KEY_COLUMN);
	text__wrap(t, value);
	text__end(t);
}

static void put_metrics(struct text *t, const struct event_plan *event)
{
	struct strbuf names;

	strbuf__init(&names);
	for (u32 i = 0; i < event->nmetrics; i++)
		strbuf__printf(&names, "%s%s", i ? ", " : "", event->metrics[i].name);
	put_row(t, "metrics", names.data);
	strbuf__fini(&names);
}

static void put_key(struct text *t, const struct event_plan *event,
		    const struct record_schema *context)
{
	const struct wire_plan *wire = &event->wire;
	struct strbuf fields, row;

	strbuf__init(&fields);
	strbuf__init(&row);
	if (wire->has_bits)
		strbuf__puts(&fields, "which metrics count");
	if (wire->ntables)
		strbuf__printf(&fields, "%s%llu bucket number%s", fields.len ? ", " : "",
			       wire->ntables, wire->ntables == 1 ? "" : "s");
	put_fields(&fields, context, wire->context_key);
	put_fields(&fields, event->schema, wire->event_key);
	strbuf__printf(&row, "%llu word%s, %llu bytes%s%s", wire->key_words,
		       wire->key_words == 1 ? "" : "s", wire->key_words * 8, fields.len ? ": " : "",
		       fields.len ? fields.data : "");
	put_row(t, "key", row.data);
	strbuf__fini(&row);
	strbuf__fini(&fields);
}

static void put_filter(struct text *t, const struct event_plan *event)
{
	char row[96];

	if (event->filter.nterms == 0)
		return;
	snprintf(row, sizeof(row), "%llu of %d tests, %llu of %d terms", event->filter.ntests,
		 WIRE_TESTS_MAX, event->filter.nterms, WIRE_TERMS_MAX);
	put_row(t, "filter", row);
}

static void put_tables(struct text *t, const struct event_plan *event)
{
	struct strbuf row;

	if (event->wire.ntables == 0)
		return;
	strbuf__init(&row);
	strbuf__printf(&row, "%llu table%s of %u bytes:", event->wire.ntables,
		       event->wire.ntables == 1 ? "" : "s", event->table_bytes);
	for (u32 i = 0; i < event->nmetrics; i++)
		if (event->metrics[i].desc.nbounds)
			strbuf__printf(&row, " %s (%u bounds)", event->metrics[i].name,
				       event->metrics[i].desc.nbounds);
	put_row(t, "buckets", row.data);
	strbuf__fini(&row);
}

static void put_event(struct text *t, const struct setup *setup, const struct event_plan *event)
{
	const struct probe_object *object = setup->collector->objects[event->object];
	char record[32];

	text__bold(t, event->schema->name);
	text__end(t);
	put_metrics(t, event);
	put_key(t, event, &probe_object__schema(object)->context);
	snprintf(record, sizeof(record), "%llu bytes", event->wire.record_bytes);
	put_row(t, "record", record);
	put_filter(t, event);
	put_tables(t, event);
	text__end(t);
}

/* --- kernel memory --- */

/* The same sum for two machines: this one and a large one. */
struct sheet {
	struct text *text;
	const struct setup *setup;
	struct cost_machine machines[2];
	struct budget budgets[2];
	u64 totals[2];
};

static void put_label(struct sheet *s, const char *event, const char *what)
{
	text__to(s->text, INDENT);
	text__puts(s->text, event);
	text__puts(s->text, *event ? ": " : "");
	text__puts(s->text, what);
}

static void put_numbers(struct text *t, const char *left, const char *right)
{
	text__to(t, NUMBERS_COLUMN);
	text__printf(t, "%*s%*s", NUMBER_WIDTH, left, NUMBER_WIDTH, right);
	text__end(t);
}

static void put_counts(struct text *t, u64 left, u64 right)
{
	char texts[2][24];

	snprintf(texts[0], sizeof(texts[0]), "%llu", left);
	snprintf(texts[1], sizeof(texts[1]), "%llu", right);
	put_numbers(t, texts[0], texts[1]);
}

static void put_memory(struct sheet *s, const char *event, const char *what, const u64 bytes[2])
{
	if (bytes[0] == 0 && bytes[1] == 0)
		return;
	put_label(s, event, what);
	put_numbers(s->text, text_size(bytes[0]).text, text_size(bytes[1]).text);
	for (int i = 0; i < 2; i++)
		s->totals[i] += bytes[i];
}

static void put_rings(struct sheet *s)
{
	const struct rings_layout *rings[2] = {&s->budgets[0].rings, &s->budgets[1].rings};
	u64 bytes[2];

	for (int i = 0; i < 2; i++)
		bytes[i] = cost_of_rings(rings[i], s->machines[i].page_bytes);
	put_label(s, "", "CPUs to a ring");
	put_counts(s->text, MIN(rings[0]->cpus_per_ring, rings[0]->ncpus),
		   MIN(rings[1]->cpus_per_ring, rings[1]->ncpus));
	put_label(s, "", "size of a ring");
	put_numbers(s->text, text_size(rings[0]->size).text, text_size(rings[1]->size).text);
	put_memory(s, "", "rings", bytes);
}

static void put_slots(struct sheet *s, u32 number)
{
	const struct event_plan *event = &s->setup->collector->plan->events[number];
	char what[48];

	if (s->budgets[0].slots[number] == 0)
		return;
	snprintf(what, sizeof(what), "slots of %llu bytes", cost_slot_bytes(event));
	put_label(s, event->schema->name, what);
	put_counts(s->text, s->budgets[0].slots[number], s->budgets[1].slots[number]);
}

static void put_event_memory(struct sheet *s, u32 number)
{
	const struct event_plan *event = &s->setup->collector->plan->events[number];
	const struct start_map starts =
		probe_object__start_map(s->setup->collector->objects[event->object], event);
	const char *name = event->schema->name;
	struct event_cost cost[2];

	for (int i = 0; i < 2; i++)
		cost[i] =
			cost_of_event(event, s->budgets[i].slots[number], &starts, &s->machines[i]);
	put_slots(s, number);
	put_memory(s, name, "table", (u64[]){cost[0].table, cost[1].table});
	put_memory(s, name, "books", (u64[]){cost[0].books, cost[1].books});
	put_memory(s, name, "bucket tables", (u64[]){cost[0].buckets, cost[1].buckets});
	put_memory(s, name, "starts (estimate)", (u64[]){cost[0].starts, cost[1].starts});
}

/* The other machine may be too large for the limit: then it has the least of everything. */
static void put_limit(struct sheet *s)
{
	const u64 limit = s->setup->config->kernel_memory.n;

	put_label(s, "", "limit");
	put_numbers(s->text, text_size(limit).text, text_size(limit).text);
	if (s->budgets[1].smallest <= limit)
		return;
	text__to(s->text, INDENT);
	text__printf(s->text, "on %u CPUs the limit must be at least %s", s->machines[1].ncpus,
		     text_size(ROUND_UP(s->budgets[1].smallest, 1ULL << 20)).text);
	text__end(s->text);
}

static void put_kernel_memory(struct sheet *s)
{
	const struct collector *c = s->setup->collector;
	char here[32], large[32];

	text__bold(s->text, "kernel memory");
	snprintf(here, sizeof(here), "here, %u CPUs", s->machines[0].ncpus);
	snprintf(large, sizeof(large), "on %u CPUs", s->machines[1].ncpus);
	put_numbers(s->text, here, large);
	put_rings(s);
	for (u32 i = 0; i < c->plan->nevents; i++)
		put_event_memory(s, i);
	put_memory(s, "", "constants",
		   (u64[]){collector__constants(c, &s->machines[0]),
			   collector__constants(c, &s->machines[1])});
	put_label(s, "", "in all");
	put_numbers(s->text, text_size(s->totals[0]).text, text_size(s->totals[1]).text);
	put_limit(s);
	text__end(s->text);
}

/* -ENOMEM otherwise; both are to be freed. */
static int make_budgets(struct sheet *s)
{
	int rc = 0;

	for (int i = 0; !rc && i < 2; i++) {
		rc = collector__budget(s->setup->collector, &s->machines[i], &s->budgets[i]);
		rc = rc == -E2BIG ? 0 : rc;
	}
	return rc;
}

/* --- all of it --- */

static int put_sheet(const struct setup *setup, struct text *t)
{
	const struct plan *plan = setup->collector->plan;
	const u32 page = (u32)sysconf(_SC_PAGESIZE);
	struct sheet sheet = {
		.text = t,
		.setup = setup,
		.machines = {{setup->collector->ncpus, page}, {LARGE_NCPUS, page}},
	};
	struct strbuf exposition;
	int rc = make_budgets(&sheet);

	strbuf__init(&exposition);
	for (u32 i = 0; !rc && i < plan->nevents; i++)
		put_event(t, setup, &plan->events[i]);
	if (!rc) {
		put_kernel_memory(&sheet);
		rc = put_exposition(setup, &exposition);
	}
	if (!rc) {
		worst_put(t, setup);
		text__to(t, INDENT);
		text__printf(t, "without any event the exposition is %zu bytes (--exposition)",
			     exposition.len);
		text__end(t);
	}
	strbuf__fini(&exposition);
	budget__fini(&sheet.budgets[0]);
	budget__fini(&sheet.budgets[1]);
	return rc ? setup_fail(EXIT_RUNTIME, "out of memory") : EXIT_FINE;
}

/* --- attaching --- */

static void put_attached(struct text *t, const struct collector *c, u32 event)
{
	const char *refusal = collector__refusal(c, event);
	struct strbuf hooks;

	text__to(t, INDENT);
	text__puts(t, c->plan->events[event].schema->name);
	text__puts(t, refusal ? ": no: " : ": yes: ");
	strbuf__init(&hooks);
	if (!refusal)
		trial_put_hooks(&hooks, c, event);
	if (refusal)
		text__puts(t, refusal);
	else
		text__wrap(t, hooks.data);
	text__end(t);
	strbuf__fini(&hooks);
}

static int attach(const struct setup *setup, const char *btf_path, struct text *t)
{
	const struct collector *c = setup->collector;
	struct err err = {0};
	u32 refused = 0;

	fflush(t->out);
	if (caps_check(btf_path, &err) || trial_attach(setup->collector, &err))
		return setup_fail(EXIT_REFUSED, err.msg);
	text__end(t);
	text__bold(t, "attached for a moment");
	text__end(t);
	for (u32 i = 0; i < c->plan->nevents; i++) {
		put_attached(t, c, i);
		refused += collector__refusal(c, i) != NULL;
	}
	if (c->plan->nevents && refused == c->plan->nevents)
		return setup_fail(EXIT_REFUSED, "no event could be attached");
	text__to(t, INDENT);
	if (refused)
		text__printf(t, "%u of %u events could not be attached", refused, c->plan->nevents);
	else
		text__puts(t, "all events could be attached");
	text__end(t);
	return EXIT_FINE;
}

/* --- the verb --- */

/* The whole of the output is this text: for another program. */
static int print_only(const struct check_flags *f, const struct setup *setup)
{
	struct strbuf out;
	bool failed = false;

	strbuf__init(&out);
	if (f->print)
		effective_put(&out, setup->config, setup->collector->plan);
	else
		failed = put_exposition(setup, &out);
	failed = failed || out.failed;
	if (!failed)
		fwrite(out.data, 1, out.len, stdout);
	strbuf__fini(&out);
	return failed ? setup_fail(EXIT_RUNTIME, "out of memory") : setup_flush();
}

static int report(const struct check_flags *f, const struct setup *setup)
{
	struct text text;
	int status, flushed;

	text__init(&text, stdout);
	status = put_sheet(setup, &text);
	if (status == EXIT_FINE)
		status = worst_judge(setup);
	if (status == EXIT_FINE && f->attach)
		status = attach(setup, f->btf_path, &text);
	flushed = setup_flush();
	return status == EXIT_FINE ? flushed : status;
}

static int run(const struct verb *self, int argc, char **argv)
{
	struct check_flags f = {0};
	struct flag_values files;
	struct err err = {0};
	struct setup setup;
	int status;

	if (flags_parse(&flags, argc, argv, &f, &files, &err))
		return setup_fail(EXIT_USAGE, err.msg);
	if (f.help) {
		setup_print_usage(self, &flags);
		return EXIT_FINE;
	}
	if (f.print + f.exposition + f.attach > 1)
		return setup_fail(EXIT_USAGE,
				  "only one of --print, --exposition and --attach at a time");
	setup_logging(NULL, NULL, false);
	status = setup__init(&setup, files.items, files.n, f.btf_path);
	if (status)
		return status;
	status = f.print || f.exposition ? print_only(&f, &setup) : report(&f, &setup);
	setup__fini(&setup);
	return status;
}

const struct verb check_verb = {"check", "[flags] [FILE...]",
				"parse and plan a config, and say what it costs", run};
