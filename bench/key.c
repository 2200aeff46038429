/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/key.h"

#include "base/util.h"

#define COUNTER	  "type: counter"
#define HISTOGRAM "type: histogram, value: latency, buckets: {log2: {min: 1us, max: 64s}}"

enum { USUAL_ENTRIES = 10240 };

const struct bench_key short_keys[] = {
	{"pid", "pid", "[tgid]", COUNTER, SEQUENCE_CONSTANT, 0, USUAL_ENTRIES, false},
	{"pid+comm", "pid_comm", "[tgid, comm]", COUNTER, SEQUENCE_CONSTANT, 0, USUAL_ENTRIES,
	 true},
	{"pid+comm+random", "random", "[task, random, comm]", COUNTER, SEQUENCE_CONSTANT, 0,
	 USUAL_ENTRIES, false},
	{"pid+comm+latency", "latency", "[tgid, comm]", HISTOGRAM, SEQUENCE_LATENCIES, 0,
	 USUAL_ENTRIES, false},
};
const size_t nshort_keys = ARRAY_SIZE(short_keys);

const struct bench_key long_keys[] = {
	{"zipf1.0-1e2", "argument", "[argument]", COUNTER, SEQUENCE_ZIPF, 100, USUAL_ENTRIES,
	 false},
	{"zipf1.0-1e4", "argument", "[argument]", COUNTER, SEQUENCE_ZIPF, 10000, 16384, false},
	{"zipf1.0-1e5", "argument", "[argument]", COUNTER, SEQUENCE_ZIPF, 100000, 131072, false},
	{"uniform-2e5", "argument", "[argument]", COUNTER, SEQUENCE_UNIFORM, 200000, 262144, false},
};
const size_t nlong_keys = ARRAY_SIZE(long_keys);
