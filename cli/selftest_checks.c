/* SPDX-License-Identifier: Apache-2.0 */
/* What is checked, in the order in which it is told. A new check is a row; a load that there is not
 * yet is a file (known_load.h). */
#include "base/util.h"
#include "cli/selftest.h"

#define NS_PER_SECOND 1000000000

#define COUNTER	      "type: counter"
/* Others have these labels too: there must be room for all of them. */
#define COUNTER_BY(labels) COUNTER ", labels: [" labels "], max_series: 20000"

/* What a counter shows. */
#define IN_EVENTS  .suffix = "_total", .sample = "", .scale = 1
#define IN_SECONDS .suffix = "_seconds_total", .sample = "", .scale = NS_PER_SECOND

const struct selftest_check selftest_checks[] = {
	{
		.load = &known_calls,
		.figure = KNOWN_CALLS,
		.event = "syscall_enter",
		.what = "calls of getppid on all CPUs at once, by labels",
		.metric = COUNTER_BY("comm, syscall"),
		IN_EVENTS,
	},
	{
		.load = &known_calls,
		.figure = KNOWN_CALLS,
		.event = "syscall_enter",
		.what = "the same, chosen by the kernel (where)",
		.metric = COUNTER,
		.by_where = true,
		IN_EVENTS,
	},
	{
		.load = &known_calls,
		.figure = KNOWN_CALLS,
		.event = "syscall_exit",
		.what = "that they returned",
		.metric = COUNTER_BY("comm, syscall"),
		IN_EVENTS,
	},
	{
		.load = &known_waits,
		.figure = KNOWN_WAITS,
		.event = "runq_wait",
		.what = "waits of two threads (/proc/PID/schedstat)",
		.metric = COUNTER_BY("comm, tid"),
		IN_EVENTS,
	},
	{
		.load = &known_waits,
		.figure = KNOWN_WAITED_NS,
		.event = "runq_wait",
		.what = "that they waited (schedstat, 5 % for its clock)",
		.metric = "type: histogram, value: wait, buckets: log2",
		.by_where = true,
		.suffix = "_seconds",
		.sample = "_sum",
		.scale = NS_PER_SECOND,
	},
	{
		.load = &known_waits,
		.figure = KNOWN_RAN_NS,
		.event = "sched_oncpu",
		.what = "that they ran (schedstat, 5 % for its clock)",
		.metric = COUNTER_BY("comm, tid") ", value: duration",
		IN_SECONDS,
	},
	{
		.load = &known_waits,
		.figure = KNOWN_WAITS,
		.event = "sched_offcpu",
		.what = "times they came back to it (schedstat)",
		.metric = COUNTER_BY("comm, tid"),
		IN_EVENTS,
	},
	{
		.load = &known_writes,
		.figure = KNOWN_WRITES,
		.event = "block_io",
		.what = "direct writes to a loop device",
		.metric = "type: histogram, value: latency, buckets: log2",
		.by_where = true,
		.suffix = "_seconds",
		.sample = "_count",
		.scale = 1,
	},
	{
		.load = &known_writes,
		.figure = KNOWN_WRITTEN_BYTES,
		.event = "block_io",
		.what = "bytes of them",
		.metric = COUNTER ", value: bytes, labels: [comm, device, operation]",
		IN_EVENTS,
	},
	{
		.load = &known_writes,
		.figure = KNOWN_DISKSTATS_WRITES,
		.event = "block_io",
		.what = "writes that the kernel counted (/proc/diskstats)",
		.metric = COUNTER ", labels: [device, operation]",
		IN_EVENTS,
	},
	{
		.load = &known_writes,
		.figure = KNOWN_WRITING_NS,
		.event = "block_io",
		.what = "of latency, at most as long as it took",
		.metric = COUNTER ", value: latency, labels: [device, operation]",
		IN_SECONDS,
	},
	{
		.load = &known_processes,
		.figure = KNOWN_FORKS,
		.event = "process_fork",
		.what = "children of a process",
		.metric = COUNTER_BY("comm, kind"),
		IN_EVENTS,
	},
	{
		.load = &known_processes,
		.figure = KNOWN_EXECS,
		.event = "process_exec",
		.what = "of them that executed a file, by its name",
		.metric = COUNTER_BY("pcomm, filename"),
		IN_EVENTS,
	},
	{
		.load = &known_processes,
		.figure = KNOWN_EXITS,
		.event = "process_exit",
		.what = "of them that ended with status 7",
		.metric = COUNTER_BY("comm, kind, exit_code"),
		IN_EVENTS,
	},
	{
		.load = &known_faults,
		.figure = KNOWN_FAULTS,
		.event = "page_fault",
		.what = "first writes to pages (at most: getrusage)",
		.metric = COUNTER,
		.by_where = true,
		IN_EVENTS,
	},
	{
		.load = &known_moves,
		.figure = KNOWN_MOVES,
		.event = "cpu_migrate",
		.what = "moves of a thread between two CPUs",
		.metric = COUNTER,
		.by_where = true,
		IN_EVENTS,
	},
	{
		.load = &known_timeouts,
		.figure = KNOWN_TIMEOUTS,
		.event = "timer_start",
		.what = "waits at a socket that a timer ended",
		.metric = COUNTER_BY("comm, function"),
		IN_EVENTS,
	},
};

const u32 selftest_checks_count = ARRAY_SIZE(selftest_checks);
