/* SPDX-License-Identifier: Apache-2.0 */
/* What `ringtally run` measures when nobody says. */
#include "config/config.h"

const char config_default_name[] = "built-in config";

const char config_default_text[] =
	"namespace: ringtally\n"
	"metrics:\n"
	"  - name: syscalls_total\n"
	"    help: System calls entered, by command and system call.\n"
	"    event: syscall_enter\n"
	"    type: counter\n"
	"    labels: [comm, syscall]\n"
	"  - name: runq_wait_seconds\n"
	"    help: Time from wake-up, or from being preempted, to running.\n"
	"    event: runq_wait\n"
	"    type: histogram\n"
	"    value: wait\n"
	"    buckets: log2\n"
	"  - name: block_io_latency_seconds\n"
	"    help: Time from issue to completion of block I/O.\n"
	"    event: block_io\n"
	"    type: histogram\n"
	"    value: latency\n"
	"    buckets: log2\n"
	"    labels: [device, operation]\n"
	"  - name: block_io_bytes_total\n"
	"    help: Bytes of completed block I/O.\n"
	"    event: block_io\n"
	"    type: counter\n"
	"    value: bytes\n"
	"    labels: [device, operation]\n";
