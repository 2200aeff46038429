/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel's functions and where they begin: the text symbols of /proc/kallsyms, read once. A few
 * MB for the 100,000 symbols of a usual kernel.
 */
#ifndef RINGTALLY_PIPELINE_KALLSYMS_H
#define RINGTALLY_PIPELINE_KALLSYMS_H

#include "base/types.h"

struct kallsyms;

/* 0; -EACCES when the kernel hides the addresses; or why the file could not be read. */
int kallsyms__read(const char *path, struct kallsyms **ret_kallsyms);
void kallsyms__free(struct kallsyms *k);

/* The function that begins at this address, of several names the first; NULL when none does.
 * Borrowed. */
const char *kallsyms__name(const struct kallsyms *k, u64 address);

#endif
