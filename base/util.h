/* SPDX-License-Identifier: Apache-2.0 */
/* Macros every folder needs and C does not have. */
#ifndef RINGTALLY_BASE_UTIL_H
#define RINGTALLY_BASE_UTIL_H

#include <stddef.h>
#include <sys/param.h> /* MIN and MAX, which <uv.h> brings along too */

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* The object of which `ptr` is the member: how embedded handles find their owner. */
#define container_of(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))

/* The next multiple of `to`. */
#define ROUND_UP(n, to) (((n) + (to)-1) / (to) * (to))

#endif
