/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All numbers of one moment, copied in one turn of the loop, for exporters to render at leisure.
 * Numbers are the snapshot's own; label sets of live metrics are borrowed from their families,
 * which outlive the snapshot and end no series before it is freed.
 *
 * Every number is an integer; what is exported is the integer times 10^-scale of its family, so
 * that nothing is ever rounded on the way (a sum of nanoseconds is printed with all its digits).
 */
#ifndef RINGTALLY_AGGREGATORS_SNAPSHOT_H
#define RINGTALLY_AGGREGATORS_SNAPSHOT_H

#include "aggregators/books.h"
#include "aggregators/family.h"
#include "aggregators/label_arena.h"

struct labels;

struct family_snapshot {
	struct family_desc desc;
	size_t n;		      /* series */
	size_t cap;		      /* series there is room for */
	u64 error_bound;	      /* as in family_stats */
	const struct labels **labels; /* n */
	struct agg_rows rows;	      /* n */
	u32 *pins;		      /* of the labels' owner; NULL: they are the snapshot's */
};

struct snapshot {
	u64 number; /* as in struct exposure; 0 until it is given one */
	struct family_snapshot *families;
	size_t n;
	size_t cap;
	struct label_arena arena; /* label sets that are the snapshot's own */
	struct books *books;	  /* of the moment; NULL: they were not asked for */
	bool failed;		  /* an allocation failed: what is there is not all there was */
};

int snapshot__new(struct snapshot **ret_snapshot);
void snapshot__free(struct snapshot *s);

/* Sticky: after a failed allocation nothing more is added. */
bool snapshot__failed(const struct snapshot *s);

/* A family of n series, to be filled by the caller; NULL when out of memory. The pointer is good
 * until the next call. */
struct family_snapshot *snapshot__add_family(struct snapshot *s, const struct family_desc *desc,
					     size_t n);

/* The labels are borrowed from an owner who keeps them as long as this counter is not 0. */
void family_snapshot__pin(struct family_snapshot *fs, u32 *pins);

/*
 * Families made for one snapshot only (self metrics; never histograms): one sample at a time.
 * The family's texts must outlive the snapshot (literals); label texts, desc.nlabels of them, are
 * copied.
 *
 *   snapshot__begin(s, &desc);
 *   snapshot__sample(s, value, (const char *[]){"sched_switch", "ring_full"});
 */
void snapshot__begin(struct snapshot *s, const struct family_desc *desc);
void snapshot__sample(struct snapshot *s, u128 value, const char *const *label_texts);

#endif
