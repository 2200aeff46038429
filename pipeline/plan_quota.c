/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/plan_quota.h"

#include <errno.h>
#include <stdlib.h>

#include "aggregators/quota.h"
#include "base/err.h"
#include "pipeline/extent.h"
#include "pipeline/plan.h"

static u32 count_metrics(const struct plan *plan)
{
	u32 n = 0;

	for (u32 i = 0; i < plan->nevents; i++)
		n += plan->events[i].nmetrics;
	return n;
}

/* What each series more takes, and how many there can be beside those that are always there. */
static struct quota_member member_of(const struct metric_plan *m)
{
	const u64 series = extent_at_worst(m).series - extent_without_series(m).series;
	const u64 text_bytes = extent_text_bytes_per_series(m);

	return (struct quota_member){
		.max_series = (u32)series,
		.lines = (u32)extent_lines_per_series(&m->desc),
		.bytes = (u32)(extent_bytes_per_series(m) - text_bytes),
		.text_bytes = (u32)text_bytes,
	};
}

static u64 without(u64 limit, u64 taken)
{
	return limit > taken ? limit - taken : 0;
}

int plan_quota(const struct plan *plan, u64 samples, u64 memory, struct quota **ret_quota,
	       struct err *err)
{
	const struct extent fixed = extent_of_plan(plan, extent_without_series);
	const u32 n = count_metrics(plan);
	struct quota_member *members = calloc(n + 1, sizeof(*members));
	u32 at = 0;
	int rc;

	if (!members)
		return err__set_errno(err, -ENOMEM, "limits of samples and memory");
	for (u32 i = 0; i < plan->nevents; i++)
		for (u32 m = 0; m < plan->events[i].nmetrics; m++)
			members[at++] = member_of(&plan->events[i].metrics[m]);
	rc = quota__new(members, n, without(samples, fixed.lines), without(memory, fixed.bytes),
			ret_quota, err);
	free(members);
	return rc;
}
