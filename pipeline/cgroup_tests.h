/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The comparisons of `where`s with a cgroup, of all events. A cgroup's path is nothing the kernel
 * could compare, so each of them stands for the set of cgroups that pass it, told or not told by a
 * bit in a word; equal ones share a bit. Negations (!=, not in) are the filter's business: the set
 * is the same.
 */
#ifndef RINGTALLY_PIPELINE_CGROUP_TESTS_H
#define RINGTALLY_PIPELINE_CGROUP_TESTS_H

#include "base/types.h"
#include "bpf/wire.h"
#include "config/where.h"

struct cgroup_tests {
	const struct where *items[WIRE_CGROUP_SETS_MAX]; /* borrowed: number = bit */
	u32 n;
};

struct diags;

/* Can its values be paths, or for starts_with parts of one? If not, diags say why. */
bool cgroup_test_check(const struct where *test, struct diags *diags);

/* The number of the comparison. -ENOSPC when there is none left. */
int cgroup_tests__add(struct cgroup_tests *t, const struct where *test, u32 *ret_number);

/* The bits of those that a cgroup with this path passes. */
u64 cgroup_tests__passed(const struct cgroup_tests *t, const char *path);

#endif
