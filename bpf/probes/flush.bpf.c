/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* The flush of all shipped events: this object has no event of its own, and is linked with the
 * others. */
#include "bpf/lib/flush.bpf.h"

FLUSH_PROGRAMS(block_io, cpu_migrate, hardirq, page_fault, process_exec, process_exit, process_fork,
	       runq_wait, sched_offcpu, sched_oncpu, softirq, syscall_enter, syscall_exit,
	       timer_start)
