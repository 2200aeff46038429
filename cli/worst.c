/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/worst.h"

#include <stdio.h>

#include "base/util.h"
#include "cli/setup.h"
#include "cli/text.h"
#include "config/config.h"
#include "pipeline/app.h"
#include "pipeline/collector.h"
#include "pipeline/extent.h"
#include "pipeline/plan.h"

enum { INDENT = 2, NUMBERS_COLUMN = 44, NUMBER_WIDTH = 16, NUMBER_TEXT = 24, MESSAGE_BYTES = 256 };

/* --- the sheet --- */

static void put_columns(struct text *t, const char *series, const char *lines, const char *memory)
{
	text__to(t, NUMBERS_COLUMN);
	text__printf(t, "%*s%*s%*s", NUMBER_WIDTH, series, NUMBER_WIDTH, lines, NUMBER_WIDTH,
		     memory);
	text__end(t);
}

/* What is 0 is not said. */
static void put_row(struct text *t, const char *what, const struct extent *extent)
{
	char series[NUMBER_TEXT] = "", lines[NUMBER_TEXT] = "";

	if (extent->series)
		snprintf(series, sizeof(series), "%llu", extent->series);
	if (extent->lines)
		snprintf(lines, sizeof(lines), "%llu", extent->lines);
	text__to(t, INDENT);
	text__puts(t, what);
	put_columns(t, series, lines, text_size(extent->bytes).text);
}

void worst_put(struct text *t, const struct setup *setup)
{
	const struct plan *plan = setup->collector->plan;
	const struct extent self = extent_of_self(plan);
	const struct extent all = extent_of_plan(plan, extent_at_worst);
	const struct extent limits = {
		.lines = setup->config->samples.n,
		.bytes = setup->config->memory.n,
	};

	text__bold(t, "samples and memory at worst");
	put_columns(t, "series", "lines", "memory (about)");
	for (u32 e = 0; e < plan->nevents; e++) {
		for (u32 i = 0; i < plan->events[e].nmetrics; i++) {
			const struct metric_plan *m = &plan->events[e].metrics[i];
			const struct extent worst = extent_at_worst(m);

			put_row(t, m->name, &worst);
		}
	}
	put_row(t, "self metrics and the daemon (about)", &self);
	put_row(t, "in all", &all);
	put_row(t, "limit", &limits);
}

/* --- the judgement --- */

/* A limit, and what the config takes of it. */
struct judged {
	const char *key;  /* under `limits` */
	const char *verb; /* what the config does with so much of it */
	bool is_size;	  /* else lines */
	const struct config_number *limit;
	u64 least;
	u64 worst;
};

struct amount {
	char text[48];
};

static struct amount amount_of(const struct judged *j, u64 n)
{
	struct amount amount;

	if (j->is_size)
		snprintf(amount.text, sizeof(amount.text), "%s", text_size(n).text);
	else
		snprintf(amount.text, sizeof(amount.text), "%llu lines", n);
	return amount;
}

/* With its place, or by its full name when it is the default. */
static void report(const struct judged *j, const char *message, bool warning)
{
	struct diags diags;

	if (!j->limit->pos.line) {
		fprintf(stderr, "ringtally: %s%s\n", warning ? "warning: " : "", message);
		return;
	}
	diags__init(&diags);
	if (warning)
		diags__warn(&diags, j->limit->pos, "%s", message);
	else
		diags__error(&diags, j->limit->pos, "%s", message);
	diags__print(&diags, stderr);
	diags__fini(&diags);
}

static int judge(const struct judged *j)
{
	const bool hopeless = j->least > j->limit->n;
	const struct amount amount = amount_of(j, hopeless ? j->least : j->worst);
	const struct amount limit = amount_of(j, j->limit->n);
	char message[MESSAGE_BYTES];

	if (j->worst <= j->limit->n)
		return EXIT_FINE;
	if (hopeless)
		snprintf(message, sizeof(message),
			 "limits.%s is %s, and even with one series per metric the config %s %s",
			 j->key, limit.text, j->verb, amount.text);
	else
		snprintf(message, sizeof(message),
			 "limits.%s is %s, and at worst the config %s %s: beyond the limit new "
			 "label sets fold",
			 j->key, limit.text, j->verb, amount.text);
	report(j, message, !hopeless);
	return hopeless ? EXIT_LIMIT : EXIT_FINE;
}

int worst_judge(const struct setup *setup)
{
	const struct plan *plan = setup->collector->plan;
	const struct extent least = extent_of_plan(plan, extent_with_one_series);
	const struct extent worst = extent_of_plan(plan, extent_at_worst);
	const struct judged limits[] = {
		{"samples", "exposes", false, &setup->config->samples, least.lines, worst.lines},
		{"memory", "takes", true, &setup->config->memory, least.bytes, worst.bytes},
	};
	int status = EXIT_FINE;

	for (size_t i = 0; i < ARRAY_SIZE(limits); i++)
		if (judge(&limits[i]) != EXIT_FINE)
			status = EXIT_LIMIT;
	return status;
}
