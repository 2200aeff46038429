/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows whose subjects begin alike ("tp_btf/...") stand in one table. A column is there when any row
 * of the table has something to say in it.
 */
#include "cli/bench_table.h"

#include <math.h>
#include <string.h>

#include "base/util.h"
#include "bench/report.h"
#include "cli/text.h"

enum { INDENT = 2, SUBJECT_WIDTH = 38, CELL_BYTES = 96 };

/* Writes what a row has to say; "" when it has nothing. */
typedef void (*put_cell_fn)(const struct bench_row *row, char cell[CELL_BYTES]);

struct column {
	const char *title;
	u32 width;
	put_cell_fn put;
};

/* Three significant digits or whole numbers: more would claim too much. */
static void put_figure(char *to, size_t n, double value)
{
	double size = fabs(value);
	int decimals = 2;

	if (size >= 100)
		decimals = 0;
	else if (size >= 10)
		decimals = 1;
	snprintf(to, n, "%.*f", decimals, value);
}

static void put_estimate(char cell[CELL_BYTES], const struct estimate *e)
{
	char median[16], lo[16], hi[16];

	cell[0] = '\0';
	if (!estimate__known(e))
		return;
	put_figure(median, sizeof(median), e->median);
	if (!isfinite(e->lo)) { /* too few samples, or too far apart */
		snprintf(cell, CELL_BYTES, "%s [?]", median);
		return;
	}
	put_figure(lo, sizeof(lo), e->lo);
	put_figure(hi, sizeof(hi), e->hi);
	snprintf(cell, CELL_BYTES, "%s [%s .. %s]", median, lo, hi);
}

static void put_value(const struct bench_row *row, char cell[CELL_BYTES])
{
	struct text_size median, lo, hi;

	if (strcmp(row->unit, "bytes") != 0 || !estimate__known(&row->value)) {
		put_estimate(cell, &row->value);
		return;
	}
	median = text_size((u64)row->value.median);
	lo = text_size((u64)row->value.lo);
	hi = text_size((u64)row->value.hi);
	snprintf(cell, CELL_BYTES, "%s [%s .. %s]", median.text, lo.text, hi.text);
}

static void put_unit(const struct bench_row *row, char cell[CELL_BYTES])
{
	snprintf(cell, CELL_BYTES, "%s", estimate__known(&row->value) ? row->unit : "");
}

static void put_above_empty(const struct bench_row *row, char cell[CELL_BYTES])
{
	put_estimate(cell, &row->above_empty);
}

static void put_ratio(const struct bench_row *row, char cell[CELL_BYTES])
{
	put_estimate(cell, &row->ratio_to_hash);
}

static void put_known(char cell[CELL_BYTES], double value)
{
	cell[0] = '\0';
	if (isfinite(value))
		put_figure(cell, CELL_BYTES, value);
}

static void put_consumer(const struct bench_row *row, char cell[CELL_BYTES])
{
	put_known(cell, row->consumer_ns);
}

static void put_records(const struct bench_row *row, char cell[CELL_BYTES])
{
	put_known(cell, row->ring_records_per_event);
}

static void put_lost(const struct bench_row *row, char cell[CELL_BYTES])
{
	cell[0] = '\0';
	if (!row->counts || !row->events)
		return;
	snprintf(cell, CELL_BYTES, "%.3g %%", 100 * (double)row->lost / (double)row->events);
}

static void put_bytes(const struct bench_row *row, char cell[CELL_BYTES])
{
	cell[0] = '\0';
	if (row->xlated_bytes)
		snprintf(cell, CELL_BYTES, "%u", row->xlated_bytes);
}

/* Of one CPU, at so many events a second. */
static void put_cpu_share(const struct bench_row *row, char cell[CELL_BYTES], double rate)
{
	cell[0] = '\0';
	if (!strcmp(row->unit, "ns/event") && row->value.lo > 0)
		snprintf(cell, CELL_BYTES, "%.2f %%", row->value.median * rate / 1e7);
}

static void put_cpu_10k(const struct bench_row *row, char cell[CELL_BYTES])
{
	put_cpu_share(row, cell, 1e4);
}

static void put_cpu_100k(const struct bench_row *row, char cell[CELL_BYTES])
{
	put_cpu_share(row, cell, 1e5);
}

static void put_cpu_1m(const struct bench_row *row, char cell[CELL_BYTES])
{
	put_cpu_share(row, cell, 1e6);
}

static const struct column columns[] = {
	{"figure", 36, put_value},
	{"unit", 9, put_unit},
	{"above empty", 26, put_above_empty},
	{"x hash", 22, put_ratio},
	{"consumer", 9, put_consumer},
	{"records", 8, put_records},
	{"lost", 9, put_lost},
	{"bytes", 6, put_bytes},
	{"10k/s", 8, put_cpu_10k},
	{"100k/s", 8, put_cpu_100k},
	{"1M/s", 8, put_cpu_1m},
};

/* Rows first .. first + n - 1 belong together. */
struct table {
	const struct bench_row *rows;
	size_t n;
	bool shown[ARRAY_SIZE(columns)];
};

static size_t group_length(const char *subject)
{
	return strcspn(subject, "/");
}

static bool together(const struct bench_row *a, const struct bench_row *b)
{
	size_t n = group_length(a->subject);

	return a->run == b->run && a->suite == b->suite && n == group_length(b->subject) &&
	       !strncmp(a->subject, b->subject, n);
}

static struct table next_table(const struct bench_report *report, size_t first)
{
	struct table t = {.rows = &report->rows[first]};
	char cell[CELL_BYTES];

	for (size_t i = first; i < report->nrows && together(t.rows, &report->rows[i]); i++) {
		t.n++;
		for (size_t c = 0; c < ARRAY_SIZE(columns); c++) {
			columns[c].put(&report->rows[i], cell);
			t.shown[c] = t.shown[c] || cell[0];
		}
	}
	return t;
}

static void print_header(const struct table *t, u32 runs, struct text *out)
{
	u32 column = INDENT + SUBJECT_WIDTH;

	if (runs > 1)
		text__printf(out, "run %u, ", t->rows->run);
	text__bold(out, t->rows->suite);
	for (size_t c = 0; c < ARRAY_SIZE(columns); c++) {
		if (!t->shown[c])
			continue;
		text__to(out, column);
		text__puts(out, columns[c].title);
		column += columns[c].width;
	}
	text__end(out);
}

static void print_row(const struct table *t, const struct bench_row *row, struct text *out)
{
	u32 column = INDENT + SUBJECT_WIDTH;
	char cell[CELL_BYTES];

	text__to(out, INDENT);
	text__puts(out, row->subject);
	for (size_t c = 0; c < ARRAY_SIZE(columns); c++) {
		if (!t->shown[c])
			continue;
		columns[c].put(row, cell);
		text__to(out, column);
		text__puts(out, cell);
		column += columns[c].width;
	}
	if (row->note[0]) {
		text__to(out, MAX(out->column + 2, (u32)(INDENT + SUBJECT_WIDTH)));
		text__puts(out, row->note);
	}
	text__end(out);
}

void bench_table_print(const struct bench_report *report, FILE *out)
{
	struct text text;

	text__init(&text, out);
	for (size_t first = 0; first < report->nrows;) {
		struct table t = next_table(report, first);

		print_header(&t, report->run, &text);
		for (size_t i = 0; i < t.n; i++)
			print_row(&t, &t.rows[i], &text);
		text__end(&text);
		first += t.n;
	}
	for (size_t i = 0; i < report->nremarks; i++) {
		text__wrap(&text, report->remarks[i]);
		text__end(&text);
	}
}
