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
};

static int create_parts(struct family *f, const struct agg_ops *kind, bool has_value,
			u32 max_series, struct err *err)
{
	const int code = series_table__new(max_series, f->desc.nlabels, &f->series, err);

	if (code < 0)
		return code;

	const struct agg_spec spec = {
		.max_rows = series_table__max_rows(f->series),
		.has_value = has_value,
		.bounds = f->desc.bounds,
		.nbounds = f->desc.nbounds,
	};

	return kind->create(&spec, &f->agg, err);
}

int family__new(const struct family_desc *desc, const struct agg_ops *kind, bool has_value,
		u32 max_series, struct family **ret_family, struct err *err)
{
	assert(desc->shape == kind->shape);

	struct family *f = calloc(1, sizeof(*f));

	if (!f)
		return err__set_errno(err, -ENOMEM, "metric %s", desc->name);
	f->desc = *desc;

	const int code = create_parts(f, kind, has_value, max_series, err);

	if (code < 0) {
		family__free(f);
		err__wrap(err, "metric %s", desc->name);
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

u32 family__row(struct family *f, const struct label_builder *labels, u64 count)
{
	return series_table__row(f->series, labels, count);
}

void family__add(struct family *f, u32 row, const struct agg_delta *delta)
{
	assert(row < series_table__rows(f->series));
	f->agg->ops->add(f->agg, row, delta);
}

void family__add_lost(struct family *f, const struct agg_delta *delta)
{
	family__add(f, f->desc.nlabels ? SERIES_LOST : SERIES_FIRST, delta);
}

const struct family_desc *family__desc(const struct family *f)
{
	return &f->desc;
}

const struct series_table *family__series(const struct family *f)
{
	return f->series;
}

int family__snapshot(const struct family *f, struct snapshot *s)
{
	/* Without labels nothing can be folded or unnamed. */
	const u32 first = f->desc.nlabels ? SERIES_OTHER : SERIES_FIRST;
	const u32 n = series_table__rows(f->series) - first;
	struct family_snapshot *fs = snapshot__add_family(s, &f->desc, n);

	if (!fs)
		return -ENOMEM;
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
