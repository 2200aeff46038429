/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A roster says which label sets have rows, an aggregator has the numbers. Nothing here depends on
 * what kind of aggregator it is.
 *
 * Conservation: what is added goes to exactly one row, and every row that can be added to is shown.
 * A label set without a row that counts goes to its nearest fold that has one (aggregators/fold.h),
 * in the end to SERIES_OTHER, which always counts. So that a label which never folds stays exact
 * when others do, a series makes the rows of its folds when it is made itself, and pins them.
 */
#include "aggregators/family.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "aggregators/fold.h"
#include "aggregators/roster.h"
#include "aggregators/snapshot.h"
#include "aggregators/values.h"
#include "base/err.h"
#include "base/util.h"

struct family {
	struct family_front front;
	struct family_desc desc;
	struct roster *roster;
	u64 *weights; /* by row: at the last epoch, modulo 2^64 */
	u16 *masks;   /* by row: labels that stand as __other__ */
	struct folds folds;
	u32 *fold_rows;		 /* by row, folds.n each: the rows of its folds, or SERIES_NONE */
	struct values *values;	 /* NULL: no label has a limit of its own */
	u32 *holdings;		 /* by row, values__n each */
	u32 holding[LABELS_MAX]; /* of the label set that is being added */
	struct label_builder label_set; /* folded */
	struct label_builder fold_set;
	u64 folded[LABELS_MAX]; /* events, by label */
	u128 retired;
	u64 epoch_ends_ns; /* 0: no time was told yet */
	u32 snapshots;	   /* that use label sets of ours: nothing may end */
	bool has_value;
};

static const struct series_table *series(const struct family *f)
{
	return roster__series(f->roster);
}

static int create_values(struct family *f, const struct family_limits *limits, struct err *err)
{
	if (f->folds.limited == 0)
		return 0;

	const int code = values__new(f->desc.nlabels, limits->max_values, &f->values, err);

	if (code < 0)
		return code;
	f->holdings = calloc((size_t)series_table__max_rows(series(f)) * values__n(f->values),
			     sizeof(*f->holdings));
	return f->holdings ? 0 : err__set_errno(err, -ENOMEM, "values of labels");
}

static int create_rows(struct family *f, const struct family_limits *limits, struct err *err)
{
	const u32 max_rows = series_table__max_rows(series(f));

	folds__init(&f->folds, f->desc.nlabels, limits);
	f->weights = calloc(max_rows, sizeof(*f->weights));
	f->masks = calloc(max_rows, sizeof(*f->masks));
	/* One more, as calloc(0) may be NULL. */
	f->fold_rows = calloc((size_t)max_rows * f->folds.n + 1, sizeof(*f->fold_rows));
	if (!f->weights || !f->masks || !f->fold_rows)
		return err__set_errno(err, -ENOMEM, "%u rows", max_rows);
	f->masks[SERIES_OTHER] = f->folds.all;
	return create_values(f, limits, err);
}

static int create_roster(struct family *f, const struct family_spec *spec, struct err *err)
{
	const bool labelled = f->desc.nlabels > 0;
	const struct roster_spec roster = {
		.places = labelled ? spec->limits.max_series : 1,
		.beside = spec->kind->ranked,
		.nlabels = f->desc.nlabels,
		.pins_protect = true,
		.linger_ns = spec->limits.linger_ns,
		.ttl_ns = spec->limits.ttl_ns,
		.exposure = spec->exposure,
		.quota = labelled ? spec->quota : NULL,
		.quota_member = spec->quota_member,
	};

	const int code = roster__new(&roster, &f->roster, err);

	if (code == 0)
		f->front.tags = roster__tags(f->roster);
	return code;
}

/* A metric without labels has one series, for good. */
static int make_only_series(struct family *f, struct err *err)
{
	if (f->desc.nlabels > 0)
		return 0;
	label_builder__reset(&f->label_set);

	const u32 row = roster__make(f->roster, &f->label_set, series_hash(&f->label_set), false);

	if (row == SERIES_NONE)
		return err__set_errno(err, -ENOMEM, "one series");
	assert(row == SERIES_FIRST);
	roster__pin(f->roster, row);
	return 0;
}

static int create_agg(struct family *f, const struct family_spec *spec, struct err *err)
{
	const struct agg_spec agg = {
		.max_rows = series_table__max_rows(series(f)),
		.has_value = spec->has_value,
		.bounds = f->desc.bounds,
		.nbounds = f->desc.nbounds,
	};

	return spec->kind->create(&agg, &f->front.agg, err);
}

static int create_parts(struct family *f, const struct family_spec *spec, struct err *err)
{
	int code = create_roster(f, spec, err);

	if (code == 0)
		code = create_rows(f, &spec->limits, err);
	if (code == 0)
		code = create_agg(f, spec, err);
	return code < 0 ? code : make_only_series(f, err);
}

int family__new(const struct family_spec *spec, struct family **ret_family, struct err *err)
{
	assert(spec->desc.shape == spec->kind->shape);

	struct family *f = calloc(1, sizeof(*f));

	if (!f)
		return err__set_errno(err, -ENOMEM, "metric %s", spec->desc.name);
	f->desc = spec->desc;
	f->has_value = spec->has_value;

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
	assert(f->snapshots == 0);
	if (f->front.agg)
		f->front.agg->ops->destroy(f->front.agg);
	free(f->holdings);
	values__free(f->values);
	free(f->fold_rows);
	free(f->masks);
	free(f->weights);
	roster__free(f->roster);
	free(f);
}

/* What agg_ops.weight counts. */
static u64 weight_of(const struct family *f, const struct agg_delta *delta)
{
	return f->has_value && f->desc.shape == AGG_SHAPE_COUNTER ? delta->sum : delta->count;
}

/* The row in the lower half, its tag above: a live tag is not 0. */
static family_ticket ticket_of(const struct family *f, u32 row)
{
	return (u64)f->front.tags[row] << 32 | row;
}

static u32 *fold_rows_of(const struct family *f, u32 row)
{
	return &f->fold_rows[(size_t)row * f->folds.n];
}

static u32 *holding_of(const struct family *f, u32 row)
{
	return &f->holdings[(size_t)row * values__n(f->values)];
}

static bool was_ever_full(const struct family *f)
{
	return roster__is_crowded(f->roster) || (f->values && values__are_crowded(f->values));
}

/* The row of a label set whose labels are folded like this; SERIES_NONE when it has none. The set
 * stays in f->fold_set. */
static u32 find_fold(struct family *f, const struct label_builder *labels, u16 mask, u64 *ret_hash)
{
	label_builder__fold(&f->fold_set, labels, mask);
	*ret_hash = series_hash(&f->fold_set);
	return series_table__find(series(f), &f->fold_set, *ret_hash);
}

static void hold_values(struct family *f, u32 row, u16 folded)
{
	u32 *holding = holding_of(f, row);

	for (u32 i = 0; i < values__n(f->values); i++)
		holding[i] =
			folded >> values__label(f->values, i) & 1 ? SERIES_NONE : f->holding[i];
	values__hold(f->values, holding);
}

/* A row has just been made: what it leads to must stay as long as it does. */
static void link_row(struct family *f, u32 row, const struct label_builder *labels, u16 folded)
{
	u32 *folds = fold_rows_of(f, row);
	u64 hash;

	f->weights[row] = 0;
	if (f->masks[row] != folded) /* pages of masks are there only where labels fold */
		f->masks[row] = folded;
	for (u32 i = 0; i < f->folds.n; i++) {
		const bool wider = folds__widens(&f->folds, i, folded);

		folds[i] = wider ? find_fold(f, labels, f->folds.masks[i], &hash) : SERIES_NONE;
		if (folds[i] != SERIES_NONE)
			roster__pin(f->roster, folds[i]);
	}
	if (f->values)
		hold_values(f, row, folded);
}

static void unlink_row(struct family *f, u32 row)
{
	const u32 *folds = fold_rows_of(f, row);

	for (u32 i = 0; i < f->folds.n; i++)
		if (folds[i] != SERIES_NONE)
			roster__unpin(f->roster, folds[i]);
	if (f->values)
		values__let_go(f->values, holding_of(f, row));
}

/* The folds of a label set that have no row yet get one while there are places: the widest first,
 * which the others lead to. */
static void make_folds(struct family *f, const struct label_builder *labels, u16 folded)
{
	const bool zero_first = was_ever_full(f);

	for (u32 i = f->folds.n; i-- > 0;) {
		const u16 mask = f->folds.masks[i];
		u64 hash;

		if (!folds__widens(&f->folds, i, folded) ||
		    find_fold(f, labels, mask, &hash) != SERIES_NONE)
			continue;

		const u32 row = roster__make(f->roster, &f->fold_set, hash, zero_first);

		if (row != SERIES_NONE)
			link_row(f, row, labels, mask);
	}
}

static u32 find_or_enter(struct family *f, const struct label_builder *labels, u16 folded,
			 u64 weight)
{
	const u64 hash = series_hash(labels);
	u32 row = series_table__find(series(f), labels, hash);

	if (row != SERIES_NONE)
		return row;
	row = roster__enter(f->roster, labels, hash, weight, was_ever_full(f));
	if (row != SERIES_NONE) {
		make_folds(f, labels, folded);
		link_row(f, row, labels, folded);
	}
	return row;
}

/* Where a row leads to that does not count. */
static u32 next_fold(const struct family *f, u32 row)
{
	const u32 *folds = fold_rows_of(f, row);

	for (u32 i = 0; i < f->folds.n; i++)
		if (folds[i] != SERIES_NONE)
			return folds[i];
	return SERIES_OTHER;
}

/* Where a label set leads to that has no row. */
static u32 nearest_fold(struct family *f, const struct label_builder *labels, u16 folded)
{
	u64 hash;

	for (u32 i = 0; i < f->folds.n; i++) {
		if (!folds__widens(&f->folds, i, folded))
			continue;

		const u32 row = find_fold(f, labels, f->folds.masks[i], &hash);

		if (row != SERIES_NONE)
			return row;
	}
	return SERIES_OTHER;
}

static void add_folded(struct family *f, u32 row, const struct agg_delta *delta)
{
	const u16 folded = f->masks[row];

	for (u16 i = 0; i < f->desc.nlabels; i++)
		f->folded[i] += folded >> i & 1 ? delta->count : 0;
	f->front.agg->ops->add(f->front.agg, row, delta);
}

static void add_to_fold(struct family *f, u32 row, u64 weight, const struct agg_delta *delta)
{
	while (row != SERIES_OTHER && !roster__counts(f->roster, row, weight))
		row = next_fold(f, row);
	if (f->values)
		values__weigh(f->values, f->holding, weight);
	add_folded(f, row, delta);
}

/* Labels of which values fold are taken out; the rest is a label set like any other. */
static const struct label_builder *fold_values(struct family *f, const struct label_builder *labels,
					       u64 weight, u16 *ret_folded)
{
	const u16 mask = values__fold(f->values, labels, weight, f->holding);

	*ret_folded = mask ? folds__widen(&f->folds, mask) : 0;
	if (mask == 0)
		return labels;
	label_builder__fold(&f->label_set, labels, *ret_folded);
	return &f->label_set;
}

family_ticket family__add(struct family *f, const struct label_builder *labels,
			  const struct agg_delta *delta)
{
	const u64 weight = weight_of(f, delta);
	u16 folded = 0;

	if (f->values)
		labels = fold_values(f, labels, weight, &folded);
	if (folded && folded == f->folds.all) {
		add_to_fold(f, SERIES_OTHER, weight, delta);
		return FAMILY_NO_TICKET;
	}

	const u32 row = find_or_enter(f, labels, folded, weight);

	if (row == SERIES_NONE) {
		add_to_fold(f, nearest_fold(f, labels, folded), weight, delta);
		return FAMILY_NO_TICKET;
	}
	if (!roster__counts(f->roster, row, weight)) {
		add_to_fold(f, next_fold(f, row), weight, delta);
		return FAMILY_NO_TICKET;
	}
	add_folded(f, row, delta);
	return folded ? FAMILY_NO_TICKET : ticket_of(f, row);
}

void family__add_lost(struct family *f, const struct agg_delta *delta)
{
	f->front.agg->ops->add(f->front.agg, f->desc.nlabels ? SERIES_LOST : SERIES_FIRST, delta);
}

/* What a row came to weigh since the last epoch. */
static void weigh(struct family *f, u32 row)
{
	const u64 now = (u64)f->front.agg->ops->weight(f->front.agg, row);
	const u64 weight = now - f->weights[row];

	f->weights[row] = now;
	roster__weigh(f->roster, row, weight);
	if (f->values)
		values__weigh(f->values, holding_of(f, row), weight);
}

/* Series of values that are not named any more stop. */
static void suspend_unnamed(struct family *f)
{
	for (u32 row = SERIES_FIRST; row < series_table__rows(series(f)); row++)
		if (roster__is_shown(f->roster, row) &&
		    !values__are_live(f->values, holding_of(f, row)))
			roster__suspend(f->roster, row);
}

static void end_epoch(struct family *f)
{
	for (u32 row = SERIES_FIRST; row < series_table__rows(series(f)); row++)
		if (roster__is_shown(f->roster, row))
			weigh(f, row);
	roster__hold_election(f->roster);
	if (f->values && values__hold_elections(f->values))
		suspend_unnamed(f);
}

static void end_series(struct family *f, u32 row)
{
	f->retired += f->front.agg->ops->weight(f->front.agg, row);
	f->front.agg->ops->clear(f->front.agg, row);
	unlink_row(f, row);
	roster__remove(f->roster, row);
}

static void end_lingering(struct family *f)
{
	u32 row = SERIES_FIRST;

	if (f->snapshots > 0)
		return;
	while ((row = roster__next_due(f->roster, row)) != SERIES_NONE)
		end_series(f, row);
	if (f->values)
		values__end(f->values);
}

void family__tick(struct family *f, u64 now_ns)
{
	if (f->epoch_ends_ns == 0)
		f->epoch_ends_ns = now_ns + FAMILY_EPOCH_NS;
	roster__tick(f->roster, now_ns);
	if (f->values)
		values__tick(f->values, now_ns);
	if (now_ns >= f->epoch_ends_ns) {
		end_epoch(f);
		f->epoch_ends_ns = now_ns + FAMILY_EPOCH_NS;
	}
	end_lingering(f);
}

void family__stats(const struct family *f, struct family_stats *ret_stats)
{
	struct roster_stats roster;

	roster__stats(f->roster, &roster);
	*ret_stats = (struct family_stats){
		.series = roster.counted,
		.limit = roster.places,
		.promotions = roster.promotions,
		.demotions = roster.demotions,
		.retired = f->retired,
		.error_bound = roster.error_bound,
	};
}

u64 family__folded(const struct family *f, u16 label)
{
	return f->folded[label];
}

const struct family_desc *family__desc(const struct family *f)
{
	return &f->desc;
}

/* The special rows come first, and are shown wherever there are labels. */
static u32 next_row(const struct family *f, u32 row, bool shown)
{
	if (row < SERIES_FIRST && (f->desc.nlabels > 0) == shown)
		return row;
	return roster__find(f->roster, MAX(row, (u32)SERIES_FIRST), shown);
}

static u32 count_shown(const struct family *f)
{
	u32 n = 0;

	for (u32 end, row = next_row(f, 0, true); row < series_table__rows(series(f));
	     row = next_row(f, end, true)) {
		end = next_row(f, row, false);
		n += end - row;
	}
	return n;
}

/* Rows side by side are copied at once. */
static void copy_rows(const struct family *f, struct family_snapshot *fs)
{
	const size_t nbuckets = (size_t)f->desc.nbounds + 1;
	u32 first = next_row(f, 0, true);

	for (u32 at = 0, end; at < fs->n; at += end - first, first = next_row(f, end, true)) {
		const struct agg_rows rows = {
			.sums = fs->rows.sums + at,
			.buckets = fs->rows.buckets ? fs->rows.buckets + at * nbuckets : NULL,
		};

		end = next_row(f, first, false);
		series_table__copy_labels(series(f), first, end - first, fs->labels + at);
		f->front.agg->ops->copy(f->front.agg, first, end - first, &rows);
	}
}

int family__snapshot(struct family *f, struct snapshot *s)
{
	struct family_snapshot *fs = snapshot__add_family(s, &f->desc, count_shown(f));
	struct family_stats stats;

	if (!fs)
		return -ENOMEM;
	copy_rows(f, fs);
	family_snapshot__pin(fs, &f->snapshots);
	family__stats(f, &stats);
	fs->error_bound = stats.error_bound;
	return 0;
}

size_t family__footprint(const struct family *f)
{
	const u32 rows = series_table__rows(series(f));
	const size_t nvalues = f->values ? values__n(f->values) : 0;

	return sizeof(*f) + roster__footprint(f->roster) +
	       f->front.agg->ops->footprint(f->front.agg, rows) +
	       (f->values ? values__footprint(f->values) : 0) +
	       rows * (sizeof(*f->weights) + sizeof(*f->masks) +
		       (f->folds.n + nvalues) * sizeof(u32));
}
