/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Columns are as wide as values of their kind mostly are; a wider one makes its column wider for
 * the rows to come, within reason. Numbers stand to the right.
 */
#include "cli/trace_view.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/json.h"
#include "base/util.h"
#include "config/quantity.h"
#include "pipeline/plan.h"
#include "pipeline/raw_event.h"
#include "pipeline/raw_layout.h"

enum { GAP = 2, WIDTH_MAX = 40, NAME_MAX_BYTES = 64 };

#define NS_PER_S  1000000000ULL
#define NS_PER_US 1000ULL
#define NOTHING	  "-" /* of a field that the event does not have, or whose text is empty */

struct trace_column {
	char title[NAME_MAX_BYTES];
	u32 width;
	bool right;
};

/* A value as the table has it. */
struct cell {
	char text[DECODED_MAX + 1];
};

static u64 clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (u64)now.tv_sec * NS_PER_S + (u64)now.tv_nsec;
}

/* --- columns --- */

static u32 longest_name(const struct field *field)
{
	u32 longest = 1;

	for (u32 i = 0; i < field->nnames; i++)
		longest = MAX(longest, (u32)strlen(field->names[i].name));
	return longest;
}

static bool is_number(const struct label_plan *label)
{
	const char *decoder = label->decoder->name;

	return !strcmp(decoder, DECODER_UNSIGNED) || !strcmp(decoder, DECODER_SIGNED);
}

/* What values of such fields mostly take. */
static u32 usual_width(const struct label_plan *label)
{
	static const struct {
		const char *decoder;
		u32 width;
	} usual[] = {{"syscall", 16}, {"device", 8}, {"errno", 9}, {"cgroup", 32}};
	const struct field *field = label->field;

	if (field == &raw_time)
		return strlen("00:00:00.000000");
	if (field->text)
		return MIN(field->words * 8 - 1, 32U);
	if (field->nnames)
		return longest_name(field);
	for (size_t i = 0; i < ARRAY_SIZE(usual); i++)
		if (!strcmp(label->decoder->name, usual[i].decoder))
			return usual[i].width;
	return field->unit == UNIT_NONE ? (u32)strlen("4194304") : (u32)strlen("1.23ms");
}

static void make_column(const struct trace_view *v, const struct label_plan *label,
			struct trace_column *column)
{
	const bool since_start = label->field == &raw_time && !v->time_of_day;

	snprintf(column->title, sizeof(column->title), "%s%s", label->name,
		 since_start ? "(s)" : "");
	for (char *c = column->title; *c && *c != '('; c++)
		*c = (char)toupper((unsigned char)*c);
	column->width = MAX(usual_width(label), (u32)strlen(column->title));
	column->right = is_number(label);
	if (since_start)
		column->width = strlen("1000.000000");
	else if (!strcmp(label->name, "cpu"))
		column->width = strlen("CPU");
}

int trace_view__init(struct trace_view *v, const struct event_plan *event,
		     const struct raw_reader *reader, FILE *out)
{
	const struct metric_plan *shown = &event->metrics[0];

	v->event = event;
	v->reader = reader;
	v->columns = calloc(shown->nlabels + 1, sizeof(*v->columns));
	v->start_ns = clock_ns(CLOCK_MONOTONIC);
	strbuf__init(&v->line);
	if (!v->columns)
		return -ENOMEM;
	text__init(&v->text, out);
	for (u32 i = 0; i < shown->nlabels; i++)
		make_column(v, &shown->labels[i], &v->columns[i]);
	return 0;
}

void trace_view__fini(struct trace_view *v)
{
	free(v->columns);
	strbuf__fini(&v->line);
}

/* --- the table --- */

/* Three digits: 950ns, 1.23us, 45.6ms, 789s. */
static void put_duration(struct cell *cell, u64 ns)
{
	static const char *const units[] = {"us", "ms", "s"};
	double n = (double)ns / 1000;
	size_t unit = 0;

	if (ns < 1000) {
		snprintf(cell->text, sizeof(cell->text), "%lluns", ns);
		return;
	}
	for (; n >= 999.5 && unit + 1 < ARRAY_SIZE(units); unit++)
		n /= 1000;
	snprintf(cell->text, sizeof(cell->text), "%.*f%s", n < 9.995 ? 2 : n < 99.95, n,
		 units[unit]);
}

static void put_bytes(struct cell *cell, u64 bytes)
{
	struct strbuf text;

	strbuf__init(&text);
	quantity_put(&text, QUANTITY_BYTES, bytes);
	snprintf(cell->text, sizeof(cell->text), "%s", text.data);
	strbuf__fini(&text);
}

static void put_time(const struct trace_view *v, struct cell *cell, u64 ns)
{
	const u64 since = ns > v->start_ns ? ns - v->start_ns : 0;
	const u64 real = ns + v->epoch_ns;
	const time_t second = (time_t)(real / NS_PER_S);
	struct tm tm;
	size_t n;

	if (!v->time_of_day) {
		snprintf(cell->text, sizeof(cell->text), "%llu.%06llu", since / NS_PER_S,
			 since % NS_PER_S / NS_PER_US);
		return;
	}
	n = strftime(cell->text, sizeof(cell->text), "%H:%M:%S", localtime_r(&second, &tm));
	snprintf(cell->text + n, sizeof(cell->text) - n, ".%06llu", real % NS_PER_S / NS_PER_US);
}

static void put_value(const struct trace_view *v, const struct field *field,
		      const struct raw_value *value, struct cell *cell)
{
	if (field == &raw_time)
		put_time(v, cell, value->number);
	else if (value->kind == RAW_UNSIGNED && field->unit == UNIT_NS)
		put_duration(cell, value->number);
	else if (value->kind == RAW_UNSIGNED && field->unit == UNIT_BYTES)
		put_bytes(cell, value->number);
	else if (value->kind == RAW_UNSIGNED)
		snprintf(cell->text, sizeof(cell->text), "%llu", value->number);
	else if (value->kind == RAW_SIGNED)
		snprintf(cell->text, sizeof(cell->text), "%lld", (s64)value->number);
	else if (value->kind == RAW_TEXT && value->text.len)
		snprintf(cell->text, sizeof(cell->text), "%.*s", DECODED_MAX, value->text.text);
	else
		snprintf(cell->text, sizeof(cell->text), NOTHING);
}

/* The last one leaves no blanks behind it. */
static void put_cell(struct text *t, const struct trace_column *column, const char *text, bool last)
{
	const u32 begin = t->column, n = (u32)strlen(text);

	if (column->right && n < column->width)
		text__to(t, begin + column->width - n);
	text__puts(t, text);
	if (!last)
		text__to(t, MAX(t->column, begin + column->width) + GAP);
}

static void put_row(struct trace_view *v, const struct wire_raw *raw)
{
	const struct metric_plan *shown = &v->event->metrics[0];

	for (u32 i = 0; i < shown->nlabels; i++) {
		struct trace_column *column = &v->columns[i];
		struct raw_value value;
		struct cell cell;

		raw_reader__value(v->reader, raw, i, &value);
		put_value(v, shown->labels[i].field, &value, &cell);
		column->width = MAX(column->width, MIN((u32)strlen(cell.text), (u32)WIDTH_MAX));
		put_cell(&v->text, column, cell.text, i + 1 == shown->nlabels);
	}
	text__end(&v->text);
}

/* --- JSON --- */

/* Seconds since 1970, with all digits. */
static void put_json_time(struct json *j, u64 real_ns)
{
	char text[48];

	snprintf(text, sizeof(text), "%llu.%09llu", real_ns / NS_PER_S, real_ns % NS_PER_S);
	json__spelt(j, text);
}

static void put_json_value(struct json *j, const struct raw_value *value)
{
	char text[24];

	switch (value->kind) {
	case RAW_ABSENT:
		json__null(j);
		break;
	case RAW_UNSIGNED:
		json__u64(j, value->number);
		break;
	case RAW_SIGNED:
		snprintf(text, sizeof(text), "%lld", (s64)value->number);
		json__spelt(j, text);
		break;
	case RAW_TEXT:
		json__text_n(j, value->text.text, value->text.len);
		break;
	}
}

static void put_object(struct trace_view *v, const struct wire_raw *raw)
{
	const struct metric_plan *shown = &v->event->metrics[0];
	struct json j;

	strbuf__reset(&v->line);
	json__init(&j, &v->line);
	json__open(&j, '{');
	for (u32 i = 0; i < shown->nlabels; i++) {
		struct raw_value value;

		raw_reader__value(v->reader, raw, i, &value);
		json__key(&j, shown->labels[i].name);
		if (shown->labels[i].field == &raw_time)
			put_json_time(&j, value.number + v->epoch_ns);
		else
			put_json_value(&j, &value);
	}
	json__close(&j, '}');
	strbuf__putc(&v->line, '\n');
	fwrite(v->line.data, 1, v->line.len, v->text.out);
}

/* --- both --- */

void trace_view__header(struct trace_view *v)
{
	const u32 n = v->event->metrics[0].nlabels;

	if (v->json)
		return;
	for (u32 i = 0; i < n; i++)
		put_cell(&v->text, &v->columns[i], v->columns[i].title, i + 1 == n);
	text__end(&v->text);
}

void trace_view__begin(struct trace_view *v)
{
	v->epoch_ns = clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_MONOTONIC);
}

void trace_view__event(struct trace_view *v, const struct wire_raw *raw)
{
	if (v->json)
		put_object(v, raw);
	else
		put_row(v, raw);
}
