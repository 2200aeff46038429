/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/page.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aggregators/family.h"
#include "aggregators/labels.h"
#include "aggregators/snapshot.h"
#include "base/err.h"
#include "base/util.h"
#include "bench/random.h"
#include "exporters/gzip.h"
#include "exporters/prom_text.h"

#define NAME	    "ringtally_syscalls_total"
#define VALUES_SEED 0x9e3779b97f4a7c15ULL

enum { COMM_BYTES = 32, VALUE_MAX = 1000000000, STEP_LINES = 500 };

static const char *const calls[] = {
	"read",	      "write",	   "openat",	     "close",  "epoll_wait", "futex",
	"recvfrom",   "sendto",	   "clock_gettime",  "mmap",   "munmap",     "fstat",
	"newfstatat", "nanosleep", "rt_sigprocmask", "getpid",
};

static const char *const label_names[] = {"comm", "syscall"};

struct page_line {
	char comm[COMM_BYTES];
	const char *call;
	u64 value;
};

/* ---- the page ---- */

static void make_lines(struct page *p)
{
	struct random random = {VALUES_SEED};

	for (size_t i = 0; i < p->nlines; i++) {
		struct page_line *line = &p->lines[i];

		snprintf(line->comm, sizeof(line->comm), "worker-%05zu", i / ARRAY_SIZE(calls));
		line->call = calls[i % ARRAY_SIZE(calls)];
		line->value = 1 + random__below(&random, VALUE_MAX);
	}
}

static int make_family(struct page *p, struct err *err)
{
	const struct family_spec spec = {
		.desc =
			{
				.name = NAME,
				.help = "System calls entered.",
				.shape = AGG_SHAPE_COUNTER,
				.label_names = label_names,
				.nlabels = ARRAY_SIZE(label_names),
			},
		.kind = agg_kind("counter"),
		.limits = {.max_series = (u32)p->nlines + 1},
	};
	struct label_builder labels;
	int rc = family__new(&spec, &p->family, err);

	for (size_t i = 0; !rc && i < p->nlines; i++) {
		const struct page_line *line = &p->lines[i];
		const struct agg_delta delta = {.count = line->value};

		label_builder__reset(&labels);
		label_builder__append(&labels, line->comm, strlen(line->comm));
		label_builder__append(&labels, line->call, strlen(line->call));
		family__add(p->family, &labels, &delta);
	}
	return rc;
}

static int render(struct page *p, struct strbuf *out)
{
	struct snapshot *snapshot = NULL;
	struct prom_text text;
	int more = snapshot__new(&snapshot);

	if (!more)
		more = family__snapshot(p->family, snapshot);
	if (!more) {
		prom_text__init(&text, snapshot);
		do {
			more = prom_text__step(&text, out, STEP_LINES);
		} while (more > 0);
		prom_text__fini(&text);
	}
	snapshot__free(snapshot);
	return more;
}

static int make_texts(struct page *p)
{
	char *room;
	int rc = render(p, &p->text);

	room = rc ? NULL : strbuf__reserve(&p->room, p->text.len);
	if (!room)
		return -ENOMEM;
	memset(room, 0, p->text.len);
	return 0;
}

int page__init(struct page *p, size_t nlines, struct err *err)
{
	*p = (struct page){
		.nlines = nlines,
		.lines = calloc(nlines, sizeof(*p->lines)),
	};
	strbuf__init(&p->text);
	strbuf__init(&p->room);
	if (!p->lines)
		return err__set_errno(err, -ENOMEM, "page");
	make_lines(p);
	if (make_family(p, err))
		return err->code;
	return make_texts(p) ? err__set_errno(err, -ENOMEM, "page") : 0;
}

void page__fini(struct page *p)
{
	family__free(p->family);
	free(p->lines);
	strbuf__fini(&p->text);
	strbuf__fini(&p->room);
	*p = (struct page){0};
}

/* ---- the ways ---- */

static size_t write_text(struct page *p)
{
	struct strbuf out;
	size_t n;

	strbuf__init(&out);
	n = render(p, &out) ? 0 : out.len;
	strbuf__fini(&out);
	return n;
}

static size_t gzip_bytes(const struct strbuf *text)
{
	struct gzip gzip;
	size_t n;

	if (gzip__begin(&gzip))
		return 0;
	gzip__add(&gzip, text->data, text->len, true);
	n = gzip.out.failed ? 0 : gzip.out.len;
	gzip__end(&gzip);
	return n;
}

static size_t write_gzip(struct page *p)
{
	struct strbuf out;
	size_t n;

	strbuf__init(&out);
	n = render(p, &out) ? 0 : gzip_bytes(&out);
	strbuf__fini(&out);
	return n;
}

static size_t write_snapshot(struct page *p)
{
	struct snapshot *snapshot = NULL;
	size_t n = 0;

	if (!snapshot__new(&snapshot) && !family__snapshot(p->family, snapshot))
		n = snapshot->families[0].n * sizeof(*snapshot->families[0].rows.sums);
	snapshot__free(snapshot);
	return n;
}

static size_t write_snprintf(struct page *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->nlines; i++) {
		const struct page_line *line = &p->lines[i];

		n += (size_t)snprintf(p->room.data + n, p->room.cap - n,
				      "%s{comm=\"%s\",syscall=\"%s\"} %llu\n", NAME, line->comm,
				      line->call, line->value);
	}
	return n;
}

static size_t write_memcpy(struct page *p)
{
	memcpy(p->room.data, p->text.data, p->text.len);
	return p->text.len;
}

const struct page_way page_text = {"text", "a snapshot and its text", write_text};
const struct page_way page_gzip = {"gzip", "the same, compressed", write_gzip};
const struct page_way page_snapshot = {"snapshot", "all numbers copied", write_snapshot};
const struct page_way page_snprintf = {"snprintf", "one snprintf per line", write_snprintf};
const struct page_way page_memcpy = {"memcpy", "the bytes of the text copied", write_memcpy};
