/* SPDX-License-Identifier: Apache-2.0 */
/* Kinds `counter` and `topk`: one growing number per series, a count of events or the sum of a
 * field. */
#ifndef RINGTALLY_AGGREGATORS_COUNTER_H
#define RINGTALLY_AGGREGATORS_COUNTER_H

#include "aggregators/agg.h"

extern const struct agg_ops counter_ops;
extern const struct agg_ops topk_ops;

#endif
