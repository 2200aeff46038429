/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pages for people and for probes of an orchestrator: `/`, which links to the others,
 * `/healthz` and `/readyz`. When the telemetry path is `/`, there is no landing page.
 */
#ifndef RINGTALLY_EXPORTERS_PAGES_H
#define RINGTALLY_EXPORTERS_PAGES_H

struct err;
struct http_server;
struct metric_source;

struct pages_spec {
	struct http_server *http; /* borrowed for life, as is the source */
	struct metric_source *source;
	const char *telemetry_path;
	const char *version;
};

struct pages;

int pages__new(const struct pages_spec *spec, struct pages **ret_pages, struct err *err);
void pages__free(struct pages *p); /* before the server; NULL is fine */

#endif
