/* SPDX-License-Identifier: Apache-2.0 */
/* Kind `histogram`: per series, events counted by the bucket their value is in, and its sum. */
#ifndef RINGTALLY_AGGREGATORS_HISTOGRAM_H
#define RINGTALLY_AGGREGATORS_HISTOGRAM_H

#include "aggregators/agg.h"

extern const struct agg_ops histogram_ops;

#endif
