/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fills rings with records of the bench's choice, as fast as the kernel can and without any event:
 * what drains them can be measured by itself.
 */
#ifndef RINGTALLY_BENCH_FILLER_H
#define RINGTALLY_BENCH_FILLER_H

#include "base/types.h"
#include "bench/probes/filler.h"

struct err;
struct filler;
struct rings;

/* So many different records, of `record_bytes` each: a multiple of 8, at most
 * sizeof(struct filler_record). Borrows the rings. -EPERM, or what else the kernel says. */
int filler__new(const struct rings *rings, u32 nrecords, u32 record_bytes,
		struct filler **ret_filler, struct err *err);
void filler__free(struct filler *f); /* NULL is fine */

/* All of them, zeroed at first: to be written to. */
struct filler_record *filler__records(const struct filler *f);

/* Sends n records into the ring of the CPU that the caller is pinned to: draws, or goes on in the
 * row. At most FILLER_CALL_RECORDS. -ENOSPC: they did not all find room. */
int filler__fill(struct filler *f, u32 n, bool draws, struct err *err);

#endif
