/* SPDX-License-Identifier: Apache-2.0 */
/* The kinds of aggregator there are: a new one is one line here. */
#include <string.h>

#include "aggregators/agg.h"
#include "aggregators/counter.h"
#include "aggregators/histogram.h"
#include "base/util.h"

const struct agg_ops *const agg_kinds[] = {
	&counter_ops,
	&histogram_ops,
	&topk_ops,
};
const size_t agg_kinds_count = ARRAY_SIZE(agg_kinds);

const struct agg_ops *agg_kind(const char *kind)
{
	for (size_t i = 0; i < agg_kinds_count; i++)
		if (strcmp(agg_kinds[i]->kind, kind) == 0)
			return agg_kinds[i];
	return NULL;
}
