/* SPDX-License-Identifier: Apache-2.0 */
#include "aggregators/fold.h"

#include <string.h>

#include "aggregators/family.h"

static bool has(const struct folds *f, u16 mask)
{
	for (u32 i = 0; i < f->n; i++)
		if (f->masks[i] == mask)
			return true;
	return false;
}

/* Behind those that fold as many labels. */
static void insert(struct folds *f, u16 mask)
{
	u32 i = f->n;

	if (mask == 0 || mask == f->all || has(f, mask))
		return;
	while (i > 0 && __builtin_popcount(f->masks[i - 1]) > __builtin_popcount(mask))
		i--;
	memmove(&f->masks[i + 1], &f->masks[i], (f->n - i) * sizeof(*f->masks));
	f->masks[i] = mask;
	f->n++;
}

static void insert_steps(struct folds *f, const struct family_limits *limits)
{
	u16 mask = 0;

	for (u16 i = 0; i < limits->nfold; i++) {
		mask |= (u16)(1U << limits->fold_order[i]);
		insert(f, mask);
	}
}

static void insert_limited(struct folds *f, u16 nlabels, const u32 *max_values)
{
	for (u16 i = 0; i < nlabels; i++) {
		if (max_values[i] == 0)
			continue;
		insert(f, (u16)(1U << i));
		f->limited |= (u16)(1U << i);
	}
	insert(f, f->limited);
}

void folds__init(struct folds *f, u16 nlabels, const struct family_limits *limits)
{
	*f = (struct folds){.all = (u16)((1U << nlabels) - 1)};
	insert_steps(f, limits);
	if (limits->max_values)
		insert_limited(f, nlabels, limits->max_values);
}

u16 folds__widen(const struct folds *f, u16 mask)
{
	for (u32 i = 0; i < f->n; i++)
		if ((f->masks[i] & mask) == mask)
			return f->masks[i];
	return f->all;
}

bool folds__widens(const struct folds *f, u32 i, u16 mask)
{
	return f->masks[i] != mask && (f->masks[i] & mask) == mask;
}
