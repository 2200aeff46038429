/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The exporter "prometheus": serves snapshots in the text format at the telemetry path.
 *
 * Scrapes are served in rounds: one snapshot and one rendering for all that arrived before the
 * snapshot was asked for; who comes later waits for the next round. Rendering is done in slices
 * between other work of the loop. There are at most PROMETHEUS_MAX_SCRAPES scrapes at a time.
 */
#ifndef RINGTALLY_EXPORTERS_PROMETHEUS_H
#define RINGTALLY_EXPORTERS_PROMETHEUS_H

#include "exporters/exporter.h"

enum { PROMETHEUS_MAX_SCRAPES = 40 };

extern const struct exporter_ops prometheus_ops;

#endif
