/* SPDX-License-Identifier: Apache-2.0 */
/* A directory of a test's own below /tmp, gone with temp_tree__fini. Failures fail the test. */
#ifndef RINGTALLY_TESTS_TEMP_TREE_H
#define RINGTALLY_TESTS_TEMP_TREE_H

#include "base/types.h"

struct temp_tree {
	char root[32];
};

void temp_tree__init(struct temp_tree *t);
void temp_tree__fini(struct temp_tree *t);

/* Paths are relative to the root: "a/b". Ids are inode numbers. */
u64 temp_tree__mkdir(const struct temp_tree *t, const char *path);
void temp_tree__rmdir(const struct temp_tree *t, const char *path);
void temp_tree__rename(const struct temp_tree *t, const char *from, const char *to);
void temp_tree__symlink(const struct temp_tree *t, const char *target, const char *path);
u64 temp_tree__write(const struct temp_tree *t, const char *path, const char *text);
u64 temp_tree__id(const struct temp_tree *t, const char *path);

/* Where "a/b" really is, in a buffer that the next call overwrites. */
const char *temp_tree__path(const struct temp_tree *t, const char *path);

#endif
