/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The names of cgroups: the id of a cgroup (bpf_get_current_cgroup_id) to its path in the cgroup2
 * hierarchy: `/`, `/system.slice/nginx.service`. They are learned in two ways. A walk through the
 * mounted tree finds all that are there, as the id is the inode number of the directory; it opens
 * every directory and blocks meanwhile. News (pipeline/cgroup_news) tell of each one that is made,
 * so that those are known too which are gone before anybody looks.
 *
 * Paths begin at the root of the mount, which in a container may be a cgroup far below the root of
 * the hierarchy. They are bytes as the file system has them.
 *
 * A cgroup that is gone keeps its name, for events that are counted after its end. Only when there
 * are as many names as there may be, those are forgotten that are known to be gone.
 *
 * A look-up is O(log names).
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

/* The same where this machine has cgroup2 mounted. Where it has not, *ret_cgroups is NULL, and one
 * warning says so. */
int cgroups__new_mounted(u32 max_names, u64 now_ns, struct cgroups **ret_cgroups, struct err *err);

void cgroups__free(struct cgroups *c); /* NULL is fine */

/* Walks the tree again. 0, or why the root could not be read: then the names stay as they are. */
int cgroups__walk(struct cgroups *c, u64 now_ns);

/* News: a cgroup was made below another, or there will be no more events of it. */
void cgroups__learn(struct cgroups *c, u64 id, u64 parent, const char *name);
void cgroups__release(struct cgroups *c, u64 id);

/* Names may be missing or wrong: cgroups__refresh walks, at most once a second. */
void cgroups__distrust(struct cgroups *c);
void cgroups__refresh(struct cgroups *c, u64 now_ns);

/* Who brings the news that have arrived, when an unknown id is asked for. NULL: nobody (any more).
 */
void cgroups__set_news(struct cgroups *c, void (*take)(void *ctx), void *ctx);

/* Who is told of every name: of those that are known now, of each that is learned or changes, and
 * with a path of NULL of each that is released or forgotten. NULL: nobody (any more). */
typedef void (*cgroups_name_fn)(void *ctx, u64 id, const char *path);
void cgroups__tell(struct cgroups *c, cgroups_name_fn tell, void *ctx);

/* Was it released, or not met by the last walk? So is one that was never known. */
bool cgroups__is_gone(const struct cgroups *c, u64 id);

/*
 * The path of a cgroup; NULL while it is unknown. For an unknown id the news are taken, and if that
 * does not help the tree is walked again, at most once a second. The path is borrowed until the
 * next call.
 */
const char *cgroups__path(struct cgroups *c, u64 id, u64 now_ns);

#endif
