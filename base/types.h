/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fixed-width integers, named as the kernel names them. u64 is unsigned long long on every
 * architecture (the kernel's __u64), so it prints as %llu on both sides of the wire.
 */
#ifndef RINGTALLY_BASE_TYPES_H
#define RINGTALLY_BASE_TYPES_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s32 s32;
typedef __s64 s64;
__extension__ typedef unsigned __int128 u128;

#define U64_LARGEST (~0ULL)

#endif
