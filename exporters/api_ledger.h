/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The exporter "api_ledger": GET /api/v1/ledger answers with the ledger of a fresh snapshot, as
 * JSON (exporters/ledger_json). What goes wrong is JSON too: {"error":TEXT}.
 */
#ifndef RINGTALLY_EXPORTERS_API_LEDGER_H
#define RINGTALLY_EXPORTERS_API_LEDGER_H

#include "exporters/exporter.h"

#define API_LEDGER_PATH "/api/v1/ledger"

enum { API_LEDGER_MAX_REQUESTS = 16 };

extern const struct exporter_ops api_ledger_ops;

#endif
