/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rings: one BPF ring buffer per CPU, or per group of CPUs where memory is short, shared by all
 * objects and events, behind one map of maps that every object reuses. Producers do not wake
 * anybody up; whoever owns the rings drains them at its own pace (pipeline/drain), and is woken
 * early only when one fills up.
 */
#ifndef RINGTALLY_PIPELINE_RINGS_H
#define RINGTALLY_PIPELINE_RINGS_H

#include "base/types.h"

struct err;
struct rings;

/* A record in a ring: `n` bytes, 8-byte aligned. */
struct rings_record {
	const void *data;
	size_t n;
};

/* Called for some records in a row, of one ring, whose bytes are good until it returns. In batches,
 * so that whoever takes them can ask for the memory that one needs while it works on another. */
typedef void (*rings_records_fn)(void *ctx, const struct rings_record *records, size_t n);

/* Called for each record with bytes that are good until it returns. */
typedef void (*rings_record_fn)(void *ctx, const void *record, size_t n);

/* Who shares which room. */
struct rings_layout {
	u32 ncpus;	   /* that may ever be there */
	u32 cpus_per_ring; /* neighbours by number */
	size_t size;	   /* of each ring: a power of two and a multiple of the page size */
};

/* The last ring may have fewer CPUs than the others. */
static inline u32 rings_layout_count(const struct rings_layout *layout)
{
	return (layout->ncpus + layout->cpus_per_ring - 1) / layout->cpus_per_ring;
}

int rings__new(const struct rings_layout *layout, rings_records_fn take, void *ctx,
	       struct rings **ret_rings, struct err *err);
void rings__free(struct rings *r);

u32 rings__ncpus(const struct rings *r);
u32 rings__count(const struct rings *r);
int rings__map_fd(const struct rings *r); /* of the map of maps */

/* Readable when a producer asked for attention. Acknowledge before draining: it is edge-triggered,
 * as a level would hold as long as anything is in a ring. */
int rings__wake_fd(const struct rings *r);
void rings__acknowledge(struct rings *r);

/* Hands out at most `max` records, from all rings in turn. Returns how many. */
size_t rings__drain(struct rings *r, size_t max);

/* How far producers have come, a position per ring, and whether the consumer has passed that point
 * in every ring. */
void rings__mark(const struct rings *r, u64 *ret_positions);
bool rings__passed(const struct rings *r, const u64 *positions);

struct rings_usage {
	size_t size;	/* of all rings together, in bytes */
	size_t used;	/* now, in all rings */
	size_t fullest; /* the share of the fullest ring now, in 1/1024 of its size */
};
struct rings_usage rings__usage(const struct rings *r);
u64 rings__memory(const struct rings *r);   /* kernel memory of all there is, in bytes */
u64 rings__consumed(const struct rings *r); /* records handed out since the start */

/* Records that wait in the rings, in order, without consuming them. */
void rings__peek(const struct rings *r, rings_record_fn record, void *ctx);

#endif
