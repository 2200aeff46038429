/* SPDX-License-Identifier: Apache-2.0 */
/* A loop device of our own whose file is in memory: no disk that would take its own time. It goes
 * away at its last close, however this process ends. */
#ifndef RINGTALLY_BENCH_LOOP_DEVICE_H
#define RINGTALLY_BENCH_LOOP_DEVICE_H

#include "base/types.h"

struct err;

struct loop_device {
	int fd;	       /* for direct I/O: whole blocks, from and to aligned memory */
	char name[16]; /* "loop3" */
};

int loop_device__open(struct loop_device *d, u64 bytes, struct err *err);
void loop_device__close(struct loop_device *d); /* of one that was opened */

#endif
