/* SPDX-License-Identifier: Apache-2.0 */
/* The keys by which events are counted: how the program written by hand calls it
 * (bench/probes/peers.bpf.c), how a config does, and from which arguments it is made. */
#ifndef RINGTALLY_BENCH_KEY_H
#define RINGTALLY_BENCH_KEY_H

#include "bench/sequence.h"

struct bench_key {
	const char *name;   /* in subjects: "pid+comm" */
	const char *peer;   /* in programs: "pid_comm" */
	const char *labels; /* of the metric: "[tgid, comm]" */
	const char *metric; /* what else the config says of the metric: its type ... */
	enum sequence_kind sequence;
	u32 keys;	 /* different ones; 0: it does not depend on the argument */
	u32 map_entries; /* of the hash maps: no key is lost */
	bool two_way;	 /* a combining table was written by hand for it */
};

/* Compared in rounds of short batches. */
extern const struct bench_key short_keys[];
extern const size_t nshort_keys;

/* So many keys that a batch would not meet them all: compared in long turns. */
extern const struct bench_key long_keys[];
extern const size_t nlong_keys;

#endif
