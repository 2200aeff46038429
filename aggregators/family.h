/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A metric at run time: its description, its series and their numbers, within its limits
 * (docs/cardinality.md says what they promise).
 *
 * Who adds brings a label set once and gets a ticket, which leads straight to the series from then
 * on, until the series ends. A label set without a series of its own gets no ticket: it is asked
 * about each time, so that the limits see every event that was folded.
 */
#ifndef RINGTALLY_AGGREGATORS_FAMILY_H
#define RINGTALLY_AGGREGATORS_FAMILY_H

#include "aggregators/agg.h"

struct err;
struct exposure;
struct label_builder;
struct quota;
struct snapshot;

/* What an exporter shows of a metric. All texts are borrowed and outlive the family. */
struct family_desc {
	const char *name; /* the full name */
	const char *help;
	enum agg_shape shape;
	u8 scale; /* an exported number is the integer times 10^-scale: 9 for a field in ns */
	const char *const *label_names;
	u16 nlabels;
	const u64 *bounds; /* histograms: as in agg_spec */
	u32 nbounds;
};

/* The limits of a metric. */
struct family_limits {
	u32 max_series;
	u64 linger_ns;	       /* how long a series is shown after it was stopped */
	u64 ttl_ns;	       /* a series without events for so long is stopped; 0: never */
	const u32 *max_values; /* by label, 0: no limit of its own; NULL: no label has one */
	const u16 *fold_order; /* labels, by number, that fold one after the other before the rest
				  folds at once; borrowed for life, like max_values */
	u16 nfold;
};

struct family_spec {
	struct family_desc desc;
	const struct agg_ops *kind;
	bool has_value;
	struct family_limits limits;
	const struct exposure *exposure; /* borrowed for life; NULL: nobody has to be waited for */
	struct quota *quota;		 /* borrowed for life; NULL: no limits but its own */
	u32 quota_member;
};

struct family;

/* With this a family begins: what is looked at for each addition, in place. */
struct family_front {
	const u32 *tags; /* by row: another one as soon as its series ends */
	struct agg *agg; /* the rows' numbers */
};

static inline const struct family_front *family__front(const struct family *f)
{
	return (const struct family_front *)f;
}

/* Where a label set counts: opaque, good until its series ends, which family__add_at notices. */
typedef u64 family_ticket;
enum { FAMILY_NO_TICKET = 0 };

int family__new(const struct family_spec *spec, struct family **ret_family, struct err *err);
void family__free(struct family *f);

/* Adds to the series of this label set, or where it is folded to. FAMILY_NO_TICKET: it has no
 * series to remember. */
family_ticket family__add(struct family *f, const struct label_builder *labels,
			  const struct agg_delta *delta);

/* False, and nothing was added: the series of the ticket is no longer what it was. A metric without
 * labels has one series, without labels, and a ticket for it like any other. */
static inline bool family__add_at(struct family *f, family_ticket ticket,
				  const struct agg_delta *delta)
{
	const struct family_front *front = family__front(f);
	const u32 row = (u32)ticket;

	if (front->tags[row] != ticket >> 32)
		return false;
	front->agg->ops->add(front->agg, row, delta);
	return true;
}

/* The ticket will soon be used: asks for the memory. */
static inline void family__prefetch(const struct family *f, family_ticket ticket)
{
	const struct family_front *front = family__front(f);

	__builtin_prefetch(&front->tags[(u32)ticket]);
	front->agg->ops->prefetch(front->agg, (u32)ticket);
}

/* What the kernel lost of this metric since the last call: to the lost series, or to the only one.
 */
void family__add_lost(struct family *f, const struct agg_delta *delta);

/* Time passes: to be called every FAMILY_TICK_NS or so with a monotonic clock. Series whose linger
 * is over end; every FAMILY_EPOCH_NS heavy hitters change places. */
#define FAMILY_TICK_NS	1000000000ULL
#define FAMILY_EPOCH_NS (10 * FAMILY_TICK_NS)
void family__tick(struct family *f, u64 now_ns);

struct family_stats {
	u32 series;	 /* that count against the limit: live, waiting to be shown, lingering */
	u32 limit;	 /* how many there may be */
	u64 promotions;	 /* series that took a place past the limit */
	u64 demotions;	 /* series that were stopped for others, or by their ttl */
	u128 retired;	 /* what series held that have ended: in the unit of the metric, a
			    histogram's count */
	u64 error_bound; /* no key without a series had more than this since about two epochs ago
			    that the tracker does not know of */
};
void family__stats(const struct family *f, struct family_stats *ret_stats);

/* Events whose value of this label stands as __other__. */
u64 family__folded(const struct family *f, u16 label);

const struct family_desc *family__desc(const struct family *f);

/* Copies the numbers (not the labels) of every series into the snapshot. 0 or -ENOMEM. */
int family__snapshot(struct family *f, struct snapshot *s);

size_t family__footprint(const struct family *f);

#endif
