/* SPDX-License-Identifier: Apache-2.0 */
/* The programs written by hand (bench/probes/peers.bpf.c), loaded for one hook and one key with
 * maps of their own. */
#ifndef RINGTALLY_BENCH_PEER_H
#define RINGTALLY_BENCH_PEER_H

#include "base/types.h"

struct bench_key;
struct bpf_map;
struct bpf_object;
struct err;
struct hook;

struct peer {
	struct bpf_object *object;
	const struct bpf_map *map; /* where it counts; NULL: it does not */
	int program_fd;
	u32 sum_bucket; /* of a histogram's map: not a count; 0: none */
};

/* `what`: "key", "hash", "percpu_hash", "two_way"; `entries` of its map, 0: as the key says.
 * Without a key the program that does nothing. */
int peer__load(struct peer *p, const struct hook *hook, const char *what,
	       const struct bench_key *key, u32 entries, struct err *err);
void peer__unload(struct peer *p); /* also one that is all 0 */

/* Events in its map. */
u64 peer__counted(const struct peer *p);

/* Of a program, as the kernel has it after the verifier; 0 when it does not say. */
u32 program_xlated_bytes(int fd);

#endif
