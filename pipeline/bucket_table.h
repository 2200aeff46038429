/* SPDX-License-Identifier: Apache-2.0 */
/* The bounds of a histogram in the form in which the kernel looks them up (struct wire_buckets). */
#ifndef RINGTALLY_PIPELINE_BUCKET_TABLE_H
#define RINGTALLY_PIPELINE_BUCKET_TABLE_H

#include "base/types.h"
#include "bpf/wire.h"

/* How many halvings find a bound within any octave. */
u32 bucket_table_steps(const u64 *bounds, u32 n);

/* Room a table needs for its bounds and for the probes beyond them: a power of two. */
u32 bucket_table_slots(const u64 *bounds, u32 n);

size_t bucket_table_bytes(u32 slots);
void bucket_table_fill(struct wire_buckets *table, u32 slots, const u64 *bounds, u32 n);

#endif
