/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/pipeline/temp_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { DESCRIPTORS = 16 }; /* that nftw may use */

static void must(bool done, const char *what, const char *path)
{
	if (!done)
		fail_msg("%s %s: %s", what, path, strerror(errno));
}

void temp_tree__init(struct temp_tree *t)
{
	*t = (struct temp_tree){.root = "/tmp/ringtally-XXXXXX"};
	must(mkdtemp(t->root), "mkdtemp", t->root);
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st;
	(void)type;
	(void)where;
	return remove(path);
}

void temp_tree__fini(struct temp_tree *t)
{
	must(nftw(t->root, remove_entry, DESCRIPTORS, FTW_DEPTH | FTW_PHYS) == 0, "remove",
	     t->root);
}

const char *temp_tree__path(const struct temp_tree *t, const char *path)
{
	static char full[PATH_MAX];
	const int len = snprintf(full, sizeof(full), "%s/%s", t->root, path);

	assert_true(len > 0 && (size_t)len < sizeof(full));
	return full;
}

u64 temp_tree__id(const struct temp_tree *t, const char *path)
{
	struct stat st;

	must(lstat(temp_tree__path(t, path), &st) == 0, "stat", path);
	return st.st_ino;
}

u64 temp_tree__mkdir(const struct temp_tree *t, const char *path)
{
	must(mkdir(temp_tree__path(t, path), 0755) == 0, "mkdir", path);
	return temp_tree__id(t, path);
}

void temp_tree__rmdir(const struct temp_tree *t, const char *path)
{
	must(rmdir(temp_tree__path(t, path)) == 0, "rmdir", path);
}

void temp_tree__rename(const struct temp_tree *t, const char *from, const char *to)
{
	char *source = strdup(temp_tree__path(t, from));

	assert_non_null(source);
	must(rename(source, temp_tree__path(t, to)) == 0, "rename", from);
	free(source);
}

void temp_tree__symlink(const struct temp_tree *t, const char *target, const char *path)
{
	must(symlink(target, temp_tree__path(t, path)) == 0, "symlink", path);
}

u64 temp_tree__write(const struct temp_tree *t, const char *path, const char *text)
{
	FILE *f = fopen(temp_tree__path(t, path), "we");

	must(f, "open", path);
	must(fputs(text, f) >= 0, "write", path);
	must(fclose(f) == 0, "close", path);
	return temp_tree__id(t, path);
}
