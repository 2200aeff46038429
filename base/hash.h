/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hash of every table in the process: XXH3, 64 bits, seeded from the kernel's random source at
 * first use, because label values are chosen by whoever runs programs on the machine.
 */
#ifndef RINGTALLY_BASE_HASH_H
#define RINGTALLY_BASE_HASH_H

#include <stddef.h>

#include "base/types.h"

u64 hash_bytes(const void *bytes, size_t n);

/* The same of n words, sooner where they are few. */
u64 hash_words(const u64 *words, u32 n);

#endif
