/* SPDX-License-Identifier: Apache-2.0 */
/* The machine under measurement: what it is, and what disturbs a measurement on it. */
#ifndef RINGTALLY_BENCH_MACHINE_H
#define RINGTALLY_BENCH_MACHINE_H

#include <sched.h>

#include "base/types.h"

struct err;

struct machine {
	char cpu[96];	 /* "AMD EPYC 7763"; "unknown" */
	char kernel[96]; /* release and machine */
	u32 ncpus;	 /* online */
};

struct machine machine_describe(void);

/* Two CPUs of those the process may run on: for the measured thread and for its helper; the same
 * one twice when there is just one. */
struct cpu_pair {
	u32 measured;
	u32 helper;
	cpu_set_t allowed; /* before any thread was pinned */
};
struct cpu_pair machine_choose_cpus(void);

/* The calling thread stays on this CPU. */
int machine_pin(u32 cpu, struct err *err);

/* ... and is let go again. */
void machine_unpin(const struct cpu_pair *pair);

/* Time that the hypervisor took from this CPU, and all of its time, in clock ticks since boot. */
struct cpu_ticks {
	u64 steal;
	u64 all;
};
struct cpu_ticks machine_ticks(u32 cpu);

/* While BPF statistics are on, every program costs 10 to 80 ns more. Switches the sysctl off; true
 * when it was on, and then machine_restore_bpf_stats belongs at the end. */
bool machine_stop_bpf_stats(void);
void machine_restore_bpf_stats(void);

#endif
