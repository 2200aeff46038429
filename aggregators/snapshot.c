/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An array of families, each with its columns. Arrays double when they are full; a family whose
 * number of series is known gets columns of just that size.
 */
#include "aggregators/snapshot.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "aggregators/labels.h"

enum { FIRST_FAMILIES = 16, FIRST_SAMPLES = 4 };

int snapshot__new(struct snapshot **ret_snapshot)
{
	struct snapshot *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	*ret_snapshot = s;
	return 0;
}

static void free_columns(struct family_snapshot *fs)
{
	if (fs->pins)
		--*fs->pins;
	free(fs->labels);
	free(fs->rows.sums);
	free(fs->rows.buckets);
}

void snapshot__free(struct snapshot *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n; i++)
		free_columns(&s->families[i]);
	free(s->families);
	if (s->books)
		books__fini(s->books);
	free(s->books);
	label_arena__fini(&s->arena);
	free(s);
}

bool snapshot__failed(const struct snapshot *s)
{
	return s->failed;
}

/* What was allocated before a failure is kept: free_columns finds it. */
static bool resize_columns(struct family_snapshot *fs, size_t cap)
{
	const struct labels **labels = reallocarray(fs->labels, cap, sizeof(const struct labels *));

	if (!labels)
		return false;
	fs->labels = labels;

	u128 *sums = reallocarray(fs->rows.sums, cap, sizeof(*sums));

	if (!sums)
		return false;
	fs->rows.sums = sums;

	if (fs->desc.shape == AGG_SHAPE_HISTOGRAM) {
		const size_t nbuckets = (size_t)fs->desc.nbounds + 1;
		u64 *buckets = reallocarray(fs->rows.buckets, cap, nbuckets * sizeof(*buckets));

		if (!buckets)
			return false;
		fs->rows.buckets = buckets;
	}
	fs->cap = cap;
	return true;
}

static bool grow_families(struct snapshot *s)
{
	const size_t cap = s->cap ? 2 * s->cap : FIRST_FAMILIES;
	struct family_snapshot *families = reallocarray(s->families, cap, sizeof(*families));

	if (!families)
		return false;
	s->families = families;
	s->cap = cap;
	return true;
}

struct family_snapshot *snapshot__add_family(struct snapshot *s, const struct family_desc *desc,
					     size_t n)
{
	struct family_snapshot fs = {.desc = *desc, .n = n};

	if (s->failed)
		return NULL;
	if ((s->n == s->cap && !grow_families(s)) || (n > 0 && !resize_columns(&fs, n))) {
		free_columns(&fs);
		s->failed = true;
		return NULL;
	}
	s->families[s->n] = fs;
	return &s->families[s->n++];
}

void family_snapshot__pin(struct family_snapshot *fs, u32 *pins)
{
	fs->pins = pins;
	++*pins;
}

void snapshot__begin(struct snapshot *s, const struct family_desc *desc)
{
	assert(desc->shape != AGG_SHAPE_HISTOGRAM);
	snapshot__add_family(s, desc, 0);
}

static bool append_sample(struct family_snapshot *fs, const struct labels *labels, u128 value)
{
	if (!labels)
		return false;
	if (fs->n == fs->cap && !resize_columns(fs, fs->cap ? 2 * fs->cap : FIRST_SAMPLES))
		return false;
	fs->labels[fs->n] = labels;
	fs->rows.sums[fs->n] = value;
	fs->n++;
	return true;
}

void snapshot__sample(struct snapshot *s, u128 value, const char *const *label_texts)
{
	if (s->failed)
		return;
	assert(s->n > 0);

	struct family_snapshot *fs = &s->families[s->n - 1];
	struct label_builder b;

	label_builder__reset(&b);
	for (u16 i = 0; i < fs->desc.nlabels; i++)
		label_builder__append(&b, label_texts[i], strlen(label_texts[i]));
	s->failed = !append_sample(fs, label_arena__copy(&s->arena, &b), value);
}
