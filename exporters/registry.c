/* SPDX-License-Identifier: Apache-2.0 */
/* Every exporter there is. */
#include "base/util.h"
#include "exporters/api_ledger.h"
#include "exporters/api_top.h"
#include "exporters/exporter.h"
#include "exporters/prometheus.h"

const struct exporter_ops *const exporter_kinds[] = {
	&prometheus_ops,
	&api_top_ops,
	&api_ledger_ops,
};

const size_t exporter_kinds_count = ARRAY_SIZE(exporter_kinds);
