/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Map m_cgroup_sets of all probe objects: which cgroups pass which comparisons of the `where`s
 * (pipeline/cgroup_tests), by id. It follows the names (pipeline/cgroups) as they are learned,
 * change and are given up. An event of a cgroup whose name is not known yet is in no set.
 */
#ifndef RINGTALLY_PIPELINE_CGROUP_SETS_H
#define RINGTALLY_PIPELINE_CGROUP_SETS_H

#include "base/types.h"

struct cgroup_sets;
struct cgroup_tests;
struct cgroups;
struct err;

/* Makes the map and puts in what is known. Both are borrowed for life; no cgroups (NULL): all sets
 * stay empty. */
int cgroup_sets__new(const struct cgroup_tests *tests, struct cgroups *cgroups,
		     struct cgroup_sets **ret_sets, struct err *err);
void cgroup_sets__free(struct cgroup_sets *s); /* before the cgroups; NULL is fine */

int cgroup_sets__map_fd(const struct cgroup_sets *s);

u64 cgroup_sets__memory(const struct cgroup_sets *s); /* kernel memory in bytes */

#endif
