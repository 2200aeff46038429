/* SPDX-License-Identifier: Apache-2.0 */
/* The bench's own BPF objects, carried in the binary. */
#ifndef RINGTALLY_BENCH_OBJECTS_H
#define RINGTALLY_BENCH_OBJECTS_H

#include <stddef.h>

struct bpf_object;
struct err;

/* Opened, not loaded; the caller closes it. */
int bench_object_open_stub(struct bpf_object **ret_object, struct err *err);
int bench_object_open_peers(struct bpf_object **ret_object, struct err *err);
int bench_object_open_filler(struct bpf_object **ret_object, struct err *err);

/* The object with the bench's events as a file, for the `objects` of a config. -1 with errno; close
 * the descriptor when the path is no longer needed. */
enum { BENCH_OBJECT_PATH_BYTES = 32 };
int bench_object_calls_file(char ret_path[BENCH_OBJECT_PATH_BYTES]);

#endif
