/* SPDX-License-Identifier: Apache-2.0 */
#include "exporters/standing.h"

#include <string.h>

#include "aggregators/labels.h"
#include "aggregators/series.h"
#include "aggregators/snapshot.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "exporters/decimal.h"

static bool is_text(const char *text, size_t n, const char *special)
{
	return n == strlen(special) && !memcmp(text, special, n);
}

enum standing standing_of(const struct labels *labels)
{
	const char *text;
	size_t n;
	u16 pos = 0;

	while (labels__next(labels, &pos, &text, &n)) {
		if (is_text(text, n, SERIES_OTHER_TEXT))
			return STANDING_OTHER;
		if (is_text(text, n, SERIES_LOST_TEXT))
			return STANDING_LOST;
	}
	return STANDING_OWN;
}

u128 standing_weight(const struct family_snapshot *fs, size_t series)
{
	const size_t nbuckets = (size_t)fs->desc.nbounds + 1;
	u128 count = 0;

	if (fs->desc.shape != AGG_SHAPE_HISTOGRAM)
		return fs->rows.sums[series];
	for (size_t i = 0; i < nbuckets; i++)
		count += fs->rows.buckets[series * nbuckets + i];
	return count;
}

struct standings standings_of(const struct family_snapshot *fs)
{
	struct standings all = {0};

	for (size_t i = 0; i < fs->n; i++)
		all.sums[standing_of(fs->labels[i])] += standing_weight(fs, i);
	return all;
}

void standing_put(struct json *j, const struct family_desc *desc, u128 n)
{
	const bool is_count = desc->shape == AGG_SHAPE_HISTOGRAM;
	struct strbuf digits;

	strbuf__init(&digits);
	decimal_append(&digits, n, is_count ? 0 : desc->scale);
	json__spelt(j, digits.data);
	j->out->failed |= digits.failed;
	strbuf__fini(&digits);
}
