/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A series table and an aggregator under one name: the table says which row, the aggregator has the
 * numbers. Nothing here depends on what kind of aggregator it is.
 *
 * Conservation: what is added goes to exactly one row, and every row that can be added to is shown.
 */
#include "aggregators/family.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "aggregators/series.h"
#include "aggregators/snapshot.h"
#include "base/err.h"

struct family {
	struct family_desc desc;
	struct series_table *series;
	struct agg *agg;
	u32 max_series;
};

static int create_parts(struct family *f, const struct family_spec *spec, struct err *err)
{
	const int code =
		series_table__new(spec->limits.max_series, f->desc.nlabels, &f->series, err);

	if (code < 0)
		return code;

	const struct agg_spec agg = {
		.max_rows = series_table__max_rows(f->series),
		.has_value = spec->has_value,
		.bounds = f->desc.bounds,
		.nbounds = f->desc.nbounds,
	};

	return spec->kind->create(&agg, &f->agg, err);
}

int family__new(const struct family_spec *spec, struct family **ret_family, struct err *err)
{
	assert(spec->desc.shape == spec->kind->shape);

	struct family *f = calloc(1, sizeof(*f));

	if (!f)
		return err__set_errno(err, -ENOMEM, "metric %s", spec->desc.name);
	f->desc = spec->desc;

	const int code = create_parts(f, spec, err);

	if (code < 0) {
		family__free(f);
		err__wrap(err, "metric %s", spec->desc.name);
		return code;
	}
	*ret_family = f;
	return 0;
}

void family__free(struct family *f)
{
	if (!f)
		return;
	if (f->agg)
		f->agg->ops->destroy(f->agg);
	series_table__free(f->series);
	free(f);
}

/* The row in the upper half, so that no ticket is FAMILY_NO_TICKET. */
family_ticket family__add(struct family *f, const struct label_builder *labels,
			  const struct agg_delta *delta)
{
	const u32 row = series_table__row(f->series, labels, delta->count);

	f->agg->ops->add(f->agg, row, delta);
	return row == SERIES_OTHER ? FAMILY_NO_TICKET : (u64)1 << 32 | row;
}

bool family__add_at(struct family *f, family_ticket ticket, const struct agg_delta *delta)
{
	f->agg->ops->add(f->agg, (u32)ticket, delta);
	return true;
}

void family__prefetch(const struct family *f, family_ticket ticket)
{
	f->agg->ops->prefetch(f->agg, (u32)ticket);
}

void family__add_lost(struct family *f, const struct agg_delta *delta)
{
	f->agg->ops->add(f->agg, f->desc.nlabels ? SERIES_LOST : SERIES_FIRST, delta);
}

void family__tick(struct family *f, u64 now_ns)
{
	(void)f;
	(void)now_ns;
}

void family__stats(const struct family *f, struct family_stats *ret_stats)
{
	*ret_stats = (struct family_stats){
		.series = series_table__live(f->series),
		.limit = series_table__max_rows(f->series) - SERIES_FIRST,
	};
}

u64 family__folded(const struct family *f, u16 label)
{
	(void)label;
	return series_table__folded(f->series);
}

const struct family_desc *family__desc(const struct family *f)
{
	return &f->desc;
}

int family__snapshot(struct family *f, struct snapshot *s)
{
	/* Without labels nothing can be folded or unnamed. */
	const u32 first = f->desc.nlabels ? SERIES_OTHER : SERIES_FIRST;
	const u32 n = series_table__rows(f->series) - first;
	struct family_snapshot *fs = snapshot__add_family(s, &f->desc, n);
	struct family_stats stats;

	if (!fs)
		return -ENOMEM;
	family__stats(f, &stats);
	fs->error_bound = stats.error_bound;
	for (u32 i = 0; i < n; i++)
		fs->labels[i] = series_table__labels(f->series, first + i);
	f->agg->ops->copy(f->agg, first, n, &fs->rows);
	return 0;
}

size_t family__footprint(const struct family *f)
{
	const u32 rows = series_table__rows(f->series);

	return sizeof(*f) + series_table__footprint(f->series) +
	       f->agg->ops->footprint(f->agg, rows);
}
