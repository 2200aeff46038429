/* SPDX-License-Identifier: Apache-2.0 */
/* What is checked, in the order in which it is told. A new check is a row; a load that there is not
 * yet is a file (known_load.h). */
#include "base/util.h"
#include "cli/selftest.h"

#define COUNTER	      "type: counter"
#define NS_PER_SECOND 1000000000

const struct selftest_check selftest_checks[] = {
	{
		.load = &known_calls,
		.figure = KNOWN_CALLS,
		.event = "syscall_enter",
		.what = "calls of getppid on all CPUs at once, by labels",
		.metric = COUNTER ", labels: [comm, syscall], max_series: 20000",
		.suffix = "_total",
		.sample = "",
		.scale = 1,
	},
	{
		.load = &known_calls,
		.figure = KNOWN_CALLS,
		.event = "syscall_enter",
		.what = "the same, chosen by the kernel (where)",
		.metric = COUNTER,
		.by_where = true,
		.suffix = "_total",
		.sample = "",
		.scale = 1,
	},
	{
		.load = &known_waits,
		.figure = KNOWN_WAITS,
		.event = "runq_wait",
		.what = "waits of two threads (/proc/PID/schedstat)",
		.metric = COUNTER ", labels: [comm, tid], max_series: 20000",
		.suffix = "_total",
		.sample = "",
		.scale = 1,
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
		.suffix = "_total",
		.sample = "",
		.scale = 1,
	},
	{
		.load = &known_writes,
		.figure = KNOWN_DISKSTATS_WRITES,
		.event = "block_io",
		.what = "writes that the kernel counted (/proc/diskstats)",
		.metric = COUNTER ", labels: [device, operation]",
		.suffix = "_total",
		.sample = "",
		.scale = 1,
	},
	{
		.load = &known_writes,
		.figure = KNOWN_WRITING_NS,
		.event = "block_io",
		.what = "of latency, at most as long as it took",
		.metric = COUNTER ", value: latency, labels: [device, operation]",
		.suffix = "_seconds_total",
		.sample = "",
		.scale = NS_PER_SECOND,
	},
};

const u32 selftest_checks_count = ARRAY_SIZE(selftest_checks);
