/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How `limits.kernel_memory` is divided: rings, the tables that combine, and what is as large as it
 * is (books, bucket tables, start maps, constants). Pure arithmetic, with the figures of
 * pipeline/cost, so that what is decided here is what `check` prints. docs/adr/0014 has the
 * reasons.
 *
 * Rings first, as they keep events while the loop is busy. They take at most half, and no more than
 * the smallest tables leave: CPUs share a ring (2, 4, ... all), then rings shrink down to 64 KiB.
 * Tables share the rest: from the largest size down, the one with the most bytes is halved until
 * all fit. So a limit twice as high makes nothing smaller; one a little higher may double the rings
 * at the expense of a table.
 */
#ifndef RINGTALLY_PIPELINE_BUDGET_H
#define RINGTALLY_PIPELINE_BUDGET_H

#include "pipeline/cost.h"
#include "pipeline/rings.h"

struct plan;

enum {
	BUDGET_SLOTS_MIN = 64, /* of a table whose size the config leaves open */
	BUDGET_SLOTS_MAX = 16384,
	BUDGET_RING_MIN = 64 << 10,
};

struct budget_request {
	const struct plan *plan;	/* an event that streams has no table */
	const struct start_map *starts; /* as loaded, of each event of the plan */
	u64 constants;			/* bytes, of all objects in use */
	struct cost_machine machine;
	u64 limit;	/* bytes */
	u64 ring_bytes; /* of each ring, at most; a power of two */
};

struct budget {
	struct rings_layout rings;
	u32 *slots;   /* owned: of each event of the plan; 0: no table */
	u64 bytes;    /* of all there is */
	u64 smallest; /* limit that would do */
};

/*
 * 0; -ENOMEM; or -E2BIG when the limit is below the smallest: then *ret_budget has the least of
 * everything. It is to be freed unless -ENOMEM.
 */
int budget__init(struct budget *ret_budget, const struct budget_request *request);
void budget__fini(struct budget *b);

/* Writes it into the plan it was made for. */
void budget__apply(const struct budget *b, struct plan *plan);

#endif
