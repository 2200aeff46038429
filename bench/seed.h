/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The measurement this bench began with, made in 2018 with ebpf_exporter: how much slower is getpid
 * when it is counted in a hash map? By pid 34 %, by a complex key 105 %. Here it is against no
 * program at all, so the stub is attached and detached in turns.
 */
#ifndef RINGTALLY_BENCH_SEED_H
#define RINGTALLY_BENCH_SEED_H

#include "base/types.h"

struct bench_options;
struct bench_report;
struct err;
struct hook;
struct rounds;

/* Rows `none`, seed/empty, seed/pid and seed/complex. -EOPNOTSUPP where the hook is refused. */
int seed_measure(struct bench_options *options, const char *suite, const struct rounds *rounds,
		 struct bench_report *report, struct err *err);

#endif
