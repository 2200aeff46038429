/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The system calls of a compile, as our own probe sees them: C programs are compiled and linked,
 * two at a time, again and again, under a group id of their own, while syscall_enter is attached
 * with `delivery: stream` and `where: gid == ...`. Labels: comm, syscall (its number), tgid.
 */
#ifndef RINGTALLY_BENCH_STREAM_CALLS_H
#define RINGTALLY_BENCH_STREAM_CALLS_H

#include "base/types.h"

struct err;
struct progress;
struct stream;

/* Until there are `wanted` calls. *ret_lost: calls that found the ring full, which are not in the
 * stream. An error tells what it lacks: privileges, a compiler. */
int stream_capture_calls(size_t wanted, struct progress *progress, struct stream *ret_stream,
			 u64 *ret_lost, struct err *err);

/* The same stream with fewer labels: the first n of it. 0 or -ENOMEM. */
int stream_drop_labels(const struct stream *s, const char *name, u16 n, struct stream *ret_stream);

#endif
