/* SPDX-License-Identifier: Apache-2.0 */
/* The landing page is made once and answered as it is; the other two ask the source each time. */
#include "exporters/pages.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "base/util.h"
#include "exporters/exporter.h"
#include "exporters/http_answer.h"
#include "exporters/http_server.h"

#define LANDING_PATH "/"

struct pages {
	struct http_server *http;
	struct metric_source *source;
	struct http_answer *landing;
	size_t nrouted; /* of all_pages, the first ones */
};

struct page {
	const char *path;
	http_handler_fn handler;
};

/* ---- the landing page ---- */

static const char landing_head[] =
	"<!doctype html>\n"
	"<html lang=\"en\">\n"
	"<meta charset=\"utf-8\">\n"
	"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	"<meta name=\"color-scheme\" content=\"light dark\">\n"
	"<title>ringtally</title>\n"
	"<style>\n"
	":root { --text: #1c2024; --muted: #60646c; --line: #d9d9e0; --back: #fcfcfd; "
	"--link: #0b68cb }\n"
	"@media (prefers-color-scheme: dark) {\n"
	"  :root { --text: #edeef0; --muted: #b0b4ba; --line: #363a3f; --back: #111113; "
	"--link: #70b8ff }\n"
	"}\n"
	"body { max-width: 38rem; margin: 12vh auto 0; padding: 0 1.5rem;\n"
	"  font: 1rem/1.6 system-ui, sans-serif; color: var(--text); background: var(--back) }\n"
	"h1 { margin: 0; font-size: 2rem; letter-spacing: -.02em }\n"
	"p { margin: .25rem 0 2rem; color: var(--muted) }\n"
	"ul { margin: 0; padding: 0; list-style: none; border-top: 1px solid var(--line) }\n"
	"li { display: flex; flex-wrap: wrap; gap: 0 1rem; padding: .75rem 0;\n"
	"  border-bottom: 1px solid var(--line) }\n"
	"a { flex: 0 0 9rem; color: var(--link); font-family: ui-monospace, monospace;\n"
	"  text-decoration: none; overflow-wrap: anywhere }\n"
	"a:hover, a:focus-visible { text-decoration: underline }\n"
	"</style>\n"
	"<h1>ringtally</h1>\n"
	"<p>Kernel events in, bounded metrics out &middot; ";

static void put_html(struct strbuf *out, const char *text)
{
	static const char *const entities[256] = {
		['&'] = "&amp;",
		['<'] = "&lt;",
		['>'] = "&gt;",
		['"'] = "&quot;",
	};

	for (; *text; text++) {
		const char *entity = entities[(unsigned char)*text];

		if (entity)
			strbuf__puts(out, entity);
		else
			strbuf__putc(out, *text);
	}
}

static void put_link(struct strbuf *out, const char *path, const char *what)
{
	strbuf__puts(out, "<li><a href=\"");
	put_html(out, path);
	strbuf__puts(out, "\">");
	put_html(out, path);
	strbuf__puts(out, "</a><span>");
	put_html(out, what);
	strbuf__puts(out, "</span></li>\n");
}

static struct http_answer *make_landing(const struct pages_spec *spec)
{
	struct strbuf out;

	strbuf__init(&out);
	strbuf__puts(&out, landing_head);
	put_html(&out, spec->version);
	strbuf__puts(&out, "</p>\n<ul>\n");
	put_link(&out, spec->telemetry_path, "the metrics, for Prometheus");
	put_link(&out, "/healthz", "is it working?");
	put_link(&out, "/readyz", "did every event attach?");
	strbuf__puts(&out, "</ul>\n</html>\n");
	return http_answer__new_from(200, "text/html; charset=utf-8", &out);
}

static void on_landing(void *ctx, struct http_request *req)
{
	const struct pages *p = ctx;

	http_request__answer(req, p->landing);
}

/* ---- health ---- */

static void answer_state(struct pages *p, struct http_request *req,
			 int (*state)(struct metric_source *source, struct strbuf *body))
{
	struct strbuf text;

	strbuf__init(&text);

	const int code = state(p->source, &text);
	struct http_answer *a = http_answer__new_from(code, "text/plain; charset=utf-8", &text);

	http_request__answer(req, a);
	http_answer__free(a);
}

static void on_healthz(void *ctx, struct http_request *req)
{
	struct pages *p = ctx;

	answer_state(p, req, p->source->healthz);
}

static void on_readyz(void *ctx, struct http_request *req)
{
	struct pages *p = ctx;

	answer_state(p, req, p->source->readyz);
}

/* ---- */

/* The landing page is the last, since it may be left out. */
static const struct page all_pages[] = {
	{"/healthz", on_healthz},
	{"/readyz", on_readyz},
	{LANDING_PATH, on_landing},
};

static int route_all(struct pages *p, size_t n, struct err *err)
{
	for (; p->nrouted < n; p->nrouted++) {
		const struct page *page = &all_pages[p->nrouted];
		const int ret = http_server__route(p->http, page->path, page->handler, p, err);

		if (ret)
			return ret;
	}
	return 0;
}

int pages__new(const struct pages_spec *spec, struct pages **ret_pages, struct err *err)
{
	const bool has_landing = strcmp(spec->telemetry_path, LANDING_PATH) != 0;
	struct pages *p = calloc(1, sizeof(*p));

	if (!p)
		return err__set_errno(err, -ENOMEM, "HTTP pages");
	p->http = spec->http;
	p->source = spec->source;
	p->landing = make_landing(spec);

	const int ret = p->landing ? route_all(p, ARRAY_SIZE(all_pages) - !has_landing, err)
				   : err__set_errno(err, -ENOMEM, "HTTP pages");

	if (ret) {
		pages__free(p);
		return ret;
	}
	*ret_pages = p;
	return 0;
}

void pages__free(struct pages *p)
{
	if (!p)
		return;
	while (p->nrouted > 0)
		http_server__unroute(p->http, all_pages[--p->nrouted].path);
	http_answer__free(p->landing);
	free(p);
}
