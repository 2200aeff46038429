/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The names of cgroups: the id of a cgroup (bpf_get_current_cgroup_id) to its path. The id is the
 * inode number of the cgroup's directory, so a walk through the mounted tree learns all of them.
 * Paths begin at the root of the mount, which in a container may be a cgroup far below the root of
 * the hierarchy:
 * `/`, `/system.slice/nginx.service`. They are bytes as the file system has them.
 *
 * A cgroup that is gone keeps its name, for events that are counted after its end. Only when there
 * are as many names as there may be, those that were gone at the last walk are forgotten.
 *
 * A look-up is O(log names); a walk opens every directory of the tree and blocks meanwhile.
 */
#ifndef RINGTALLY_PIPELINE_CGROUPS_H
#define RINGTALLY_PIPELINE_CGROUPS_H

#include "base/types.h"

struct cgroups;
struct err;

enum {
	CGROUPS_NAMES_MAX = 100000,
	CGROUPS_DEPTH_MAX = 128, /* directories below each other, the root not counted */
};

/* Walks the tree at root, which must exist, for the first time. */
int cgroups__new(const char *root, u32 max_names, u64 now_ns, struct cgroups **ret_cgroups,
		 struct err *err);
void cgroups__free(struct cgroups *c); /* NULL is fine */

/*
 * The path of a cgroup; NULL while it is unknown. For an unknown id the tree is walked again, at
 * most once a second. The path is borrowed until the next call.
 */
const char *cgroups__path(struct cgroups *c, u64 id, u64 now_ns);

#endif
