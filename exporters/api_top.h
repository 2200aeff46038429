/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The exporter "api_top": GET /api/v1/top?metric=NAME&k=N answers with the N heaviest series of a
 * metric in a fresh snapshot, as JSON (exporters/top_json). k is 1 to API_TOP_K_MAX, if it is left
 * out API_TOP_K. What goes wrong is JSON too: {"error":TEXT}.
 *
 * Requests share snapshots (exporters/round), and one is answered in a turn of the loop. There are
 * at most API_TOP_MAX_REQUESTS at a time.
 */
#ifndef RINGTALLY_EXPORTERS_API_TOP_H
#define RINGTALLY_EXPORTERS_API_TOP_H

#include "exporters/exporter.h"

#define API_TOP_PATH "/api/v1/top"

enum { API_TOP_K = 20, API_TOP_K_MAX = 1000, API_TOP_MAX_REQUESTS = 16 };

extern const struct exporter_ops api_top_ops;

#endif
