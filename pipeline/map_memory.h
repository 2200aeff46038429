/* SPDX-License-Identifier: Apache-2.0 */
/* Kernel memory of a BPF map as the kernel itself counts it. */
#ifndef RINGTALLY_PIPELINE_MAP_MEMORY_H
#define RINGTALLY_PIPELINE_MAP_MEMORY_H

#include "base/types.h"

/* Bytes, from /proc/self/fdinfo: exact since Linux 6.4; older kernels leave out what surrounds the
 * values, and rings altogether. 0 when it is not told, and for fd -1. */
u64 map_memory(int fd);

#endif
