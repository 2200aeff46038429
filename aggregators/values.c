/* SPDX-License-Identifier: Apache-2.0 */
/* A roster for each limited label; its members are label sets of one text. */
#include "aggregators/values.h"

#include <errno.h>
#include <stdlib.h>

#include "aggregators/labels.h"
#include "aggregators/roster.h"
#include "base/err.h"

struct limited {
	u16 label;
	struct roster *roster;
};

struct values {
	u32 n;
	struct limited limited[LABELS_MAX];
	struct label_builder text;
};

static int add_limited(struct values *v, u16 label, u32 max_values, struct err *err)
{
	const struct roster_spec spec = {.places = max_values, .nlabels = 1};
	struct limited *l = &v->limited[v->n++];

	l->label = label;
	return roster__new(&spec, &l->roster, err);
}

int values__new(u16 nlabels, const u32 *max_values, struct values **ret_values, struct err *err)
{
	struct values *v = calloc(1, sizeof(*v));

	if (!v)
		return err__set_errno(err, -ENOMEM, "values of labels");
	for (u16 i = 0; i < nlabels; i++) {
		const int code = max_values[i] ? add_limited(v, i, max_values[i], err) : 0;

		if (code < 0) {
			values__free(v);
			return code;
		}
	}
	*ret_values = v;
	return 0;
}

void values__free(struct values *v)
{
	if (!v)
		return;
	for (u32 i = 0; i < v->n; i++)
		roster__free(v->limited[i].roster);
	free(v);
}

u32 values__n(const struct values *v)
{
	return v->n;
}

u16 values__label(const struct values *v, u32 i)
{
	return v->limited[i].label;
}

/* The row of a value that is named, or SERIES_NONE. */
static u32 name(struct values *v, struct roster *roster, const char *text, size_t len, u64 weight)
{
	label_builder__set(&v->text, text, len);

	const u64 hash = series_hash(&v->text);
	const u32 row = series_table__find(roster__series(roster), &v->text, hash);

	if (row == SERIES_NONE)
		return roster__enter(roster, &v->text, hash, weight, false);
	return roster__counts(roster, row, weight) ? row : SERIES_NONE;
}

u16 values__fold(struct values *v, const struct label_builder *labels, u64 weight, u32 *ret_holding)
{
	u16 mask = 0, pos = 0, label = 0;

	for (u32 i = 0; i < v->n; i++) {
		const struct limited *l = &v->limited[i];
		const char *text = NULL;
		size_t len = 0;

		while (label <= l->label && label_builder__next(labels, &pos, &text, &len))
			label++;
		ret_holding[i] = name(v, l->roster, text, len, weight);
		if (ret_holding[i] == SERIES_NONE)
			mask |= (u16)(1U << l->label);
	}
	return mask;
}

void values__hold(struct values *v, const u32 *holding)
{
	for (u32 i = 0; i < v->n; i++)
		if (holding[i] != SERIES_NONE)
			roster__pin(v->limited[i].roster, holding[i]);
}

void values__let_go(struct values *v, const u32 *holding)
{
	for (u32 i = 0; i < v->n; i++)
		if (holding[i] != SERIES_NONE)
			roster__unpin(v->limited[i].roster, holding[i]);
}

bool values__are_live(const struct values *v, const u32 *holding)
{
	for (u32 i = 0; i < v->n; i++)
		if (holding[i] != SERIES_NONE && !roster__is_live(v->limited[i].roster, holding[i]))
			return false;
	return true;
}

void values__weigh(struct values *v, const u32 *holding, u64 weight)
{
	for (u32 i = 0; i < v->n; i++)
		if (holding[i] != SERIES_NONE)
			roster__weigh(v->limited[i].roster, holding[i], weight);
}

void values__tick(struct values *v, u64 now_ns)
{
	for (u32 i = 0; i < v->n; i++)
		roster__tick(v->limited[i].roster, now_ns);
}

bool values__hold_elections(struct values *v)
{
	u32 stopped = 0;

	for (u32 i = 0; i < v->n; i++)
		stopped += roster__hold_election(v->limited[i].roster);
	return stopped > 0;
}

void values__end(struct values *v)
{
	for (u32 i = 0; i < v->n; i++) {
		struct roster *roster = v->limited[i].roster;
		u32 row = SERIES_FIRST;

		while ((row = roster__next_due(roster, row)) != SERIES_NONE)
			roster__remove(roster, row);
	}
}

bool values__are_crowded(const struct values *v)
{
	for (u32 i = 0; i < v->n; i++)
		if (roster__is_crowded(v->limited[i].roster))
			return true;
	return false;
}

size_t values__footprint(const struct values *v)
{
	size_t n = sizeof(*v);

	for (u32 i = 0; i < v->n; i++)
		n += roster__footprint(v->limited[i].roster);
	return n;
}
