/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names are an array sorted by id. A walk searches the part that was sorted before it began,
 * appends what is new behind it and sorts once at the end: ids grow, so new ones are nearly in
 * place. For the same reason what the news bring is mostly put at the end.
 *
 * Who is told of names is told when they are in order, not amid a walk.
 *
 * The tree changes under a walk. What cannot be opened or does not fit is left out: its id stays
 * unknown, and a later walk tries again. A walk follows no symbolic link and stays in its file
 * system.
 */
#include "pipeline/cgroups.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "pipeline/mountinfo.h"

#define WALK_INTERVAL_NS 1000000000ULL

enum { GONE = 0 };

struct cgroup_name {
	u64 id;
	u64 walk;  /* number of the last walk that met it; GONE: it was released */
	bool told; /* of this path */
	char *path;
};

struct cgroups {
	int root_fd;
	u32 max_names;
	u64 walks;
	u64 walked_ns; /* when the last walk began */
	bool stale;    /* a walk is due */
	void (*take_news)(void *ctx);
	void *news_ctx;
	cgroups_name_fn tell;
	void *tell_ctx;
	struct cgroup_name *names;
	size_t n;
	size_t room;
};

struct walk {
	struct cgroups *cgroups;
	size_t nsorted; /* names that can be searched */
	dev_t device;
	size_t len;
	char path[PATH_MAX]; /* of the current directory; empty at the root */
};

static int compare_ids(const void *a, const void *b)
{
	const u64 x = ((const struct cgroup_name *)a)->id;
	const u64 y = ((const struct cgroup_name *)b)->id;

	return (x > y) - (x < y);
}

static struct cgroup_name *find(const struct cgroups *c, size_t nsorted, u64 id)
{
	const struct cgroup_name key = {.id = id};

	return nsorted ? bsearch(&key, c->names, nsorted, sizeof(key), compare_ids) : NULL;
}

static bool make_room(struct cgroups *c)
{
	if (c->n < c->room)
		return true;

	const size_t room = c->room ? 2 * c->room : 64;
	struct cgroup_name *names = reallocarray(c->names, room, sizeof(*names));

	if (!names)
		return false;
	c->names = names;
	c->room = room;
	return true;
}

static void append(struct cgroups *c, u64 id, const char *path)
{
	if (c->n == c->max_names || !make_room(c))
		return;

	char *copy = strdup(path);

	if (copy)
		c->names[c->n++] = (struct cgroup_name){.id = id, .walk = c->walks, .path = copy};
}

static void refresh(struct cgroup_name *name, u64 walk, const char *path)
{
	name->walk = walk;
	if (strcmp(name->path, path) == 0)
		return;

	char *copy = strdup(path);

	if (!copy)
		return;
	free(name->path);
	name->path = copy;
	name->told = false;
}

/* Remembers the current directory, whose id this is. */
static void remember(struct walk *w, u64 id)
{
	struct cgroups *c = w->cgroups;
	struct cgroup_name *name = find(c, w->nsorted, id);
	const char *path = w->len ? w->path : "/";

	if (name)
		refresh(name, c->walks, path);
	else
		append(c, id, path);
}

/* Steps down into a directory of this name; false when the path gets too long. */
static bool step_down(struct walk *w, const char *name)
{
	const size_t room = sizeof(w->path) - w->len;
	const int len = snprintf(w->path + w->len, room, "/%s", name);

	if (len < 0 || (size_t)len >= room)
		return false;
	w->len += (size_t)len;
	return true;
}

static void step_up(struct walk *w, size_t len)
{
	w->len = len;
	w->path[len] = '\0';
}

static bool may_be_child(const struct dirent *entry)
{
	return (entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN) &&
	       strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

static void walk_directory(struct walk *w, int take_fd, u32 depth);

static void walk_children(struct walk *w, DIR *directory, u32 depth)
{
	const size_t len = w->len;

	for (const struct dirent *entry; (entry = readdir(directory));) {
		if (!may_be_child(entry))
			continue;
		if (step_down(w, entry->d_name)) {
			const int fd = openat(dirfd(directory), entry->d_name,
					      O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

			if (fd >= 0)
				walk_directory(w, fd, depth + 1);
		}
		step_up(w, len);
	}
}

/* At most CGROUPS_DEPTH_MAX calls deep. */
static void walk_directory(struct walk *w, int take_fd, u32 depth)
{
	struct stat st;
	DIR *directory = NULL;

	if (fstat(take_fd, &st) == 0 && st.st_dev == w->device) {
		remember(w, st.st_ino);
		if (depth < CGROUPS_DEPTH_MAX)
			directory = fdopendir(take_fd);
	}
	if (!directory) {
		close(take_fd);
		return;
	}
	walk_children(w, directory, depth);
	closedir(directory);
}

static void tell_gone(const struct cgroups *c, u64 id)
{
	if (c->tell)
		c->tell(c->tell_ctx, id, NULL);
}

/* If nobody was told of it yet. */
static void tell_name(const struct cgroups *c, struct cgroup_name *name)
{
	if (!c->tell || name->told || name->walk == GONE)
		return;
	name->told = true;
	c->tell(c->tell_ctx, name->id, name->path);
}

static void tell_all(const struct cgroups *c)
{
	for (size_t i = 0; c->tell && i < c->n; i++)
		tell_name(c, &c->names[i]);
}

static void forget_gone(struct cgroups *c)
{
	size_t kept = 0;

	for (size_t i = 0; i < c->n; i++) {
		if (c->names[i].walk == c->walks) {
			c->names[kept++] = c->names[i];
			continue;
		}
		tell_gone(c, c->names[i].id);
		free(c->names[i].path);
	}
	c->n = kept;
}

int cgroups__walk(struct cgroups *c, u64 now_ns)
{
	struct stat root;
	struct walk w = {.cgroups = c};
	/* A new description each time: the position in a directory is shared by duplicates. */
	const int fd = openat(c->root_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	c->walked_ns = now_ns;
	c->stale = false;
	if (fd < 0)
		return -errno;
	if (fstat(fd, &root) < 0) {
		const int code = -errno;

		close(fd);
		return code;
	}
	if (c->n == c->max_names)
		forget_gone(c);
	c->walks++;
	w.nsorted = c->n;
	w.device = root.st_dev;
	walk_directory(&w, fd, 0);
	if (c->n > 0)
		qsort(c->names, c->n, sizeof(*c->names), compare_ids);
	tell_all(c);
	return 0;
}

int cgroups__new(const char *root, u32 max_names, u64 now_ns, struct cgroups **ret_cgroups,
		 struct err *err)
{
	struct cgroups *c = calloc(1, sizeof(*c));
	int code;

	if (!c)
		return err__set_errno(err, -ENOMEM, "cgroups in %s", root);
	c->max_names = max_names;
	c->root_fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	code = c->root_fd < 0 ? -errno : cgroups__walk(c, now_ns);
	if (code < 0) {
		cgroups__free(c);
		return err__set_errno(err, code, "cgroups in %s", root);
	}
	*ret_cgroups = c;
	return 0;
}

int cgroups__new_mounted(u32 max_names, u64 now_ns, struct cgroups **ret_cgroups, struct err *err)
{
	char *root;
	int code = mountinfo_find("/proc/self/mountinfo", "cgroup2", &root);

	if (code == -ENOENT) {
		log_warn("no cgroup2 is mounted: cgroup labels stay empty", NULL);
		*ret_cgroups = NULL;
		return 0;
	}
	if (code < 0)
		return err__set_errno(err, code, "find cgroup2 in /proc/self/mountinfo");
	code = cgroups__new(root, max_names, now_ns, ret_cgroups, err);
	free(root);
	return code;
}

void cgroups__free(struct cgroups *c)
{
	if (!c)
		return;
	if (c->root_fd >= 0)
		close(c->root_fd);
	for (size_t i = 0; i < c->n; i++)
		free(c->names[i].path);
	free(c->names);
	free(c);
}

/* Bytes of the path of `name` below `parent`; 0 when that is longer than a path may be. */
static size_t join(char path[PATH_MAX], const char *parent, const char *name)
{
	const char *above = strcmp(parent, "/") == 0 ? "" : parent;
	const int len = snprintf(path, PATH_MAX, "%s/%s", above, name);

	return len > 0 && len < PATH_MAX ? (size_t)len : 0;
}

/* Where a name with this id stands, or would. */
static size_t place_of(const struct cgroups *c, u64 id)
{
	size_t at = c->n;

	while (at > 0 && c->names[at - 1].id >= id)
		at--;
	return at;
}

static void insert(struct cgroups *c, u64 id, const char *path)
{
	const size_t before = c->n;
	size_t at;

	append(c, id, path);
	if (c->n == before)
		return;

	const struct cgroup_name added = c->names[before];

	c->n = before;
	at = place_of(c, id);
	memmove(&c->names[at + 1], &c->names[at], (before - at) * sizeof(added));
	c->names[at] = added;
	c->n++;
}

void cgroups__learn(struct cgroups *c, u64 id, u64 parent, const char *name)
{
	const struct cgroup_name *above = find(c, c->n, parent);
	struct cgroup_name *known = find(c, c->n, id);
	char path[PATH_MAX];

	if (!above || !*name || !join(path, above->path, name)) {
		cgroups__distrust(c);
		return;
	}
	if (known) {
		refresh(known, c->walks, path);
	} else {
		if (c->n == c->max_names)
			forget_gone(c);
		insert(c, id, path);
		known = find(c, c->n, id);
	}
	if (known)
		tell_name(c, known);
}

void cgroups__release(struct cgroups *c, u64 id)
{
	struct cgroup_name *name = find(c, c->n, id);

	if (!name)
		return;
	name->walk = GONE;
	name->told = false;
	tell_gone(c, id);
}

void cgroups__distrust(struct cgroups *c)
{
	c->stale = true;
}

static bool may_walk(const struct cgroups *c, u64 now_ns)
{
	return now_ns - c->walked_ns >= WALK_INTERVAL_NS;
}

void cgroups__refresh(struct cgroups *c, u64 now_ns)
{
	if (c->stale && may_walk(c, now_ns))
		cgroups__walk(c, now_ns);
}

void cgroups__set_news(struct cgroups *c, void (*take)(void *ctx), void *ctx)
{
	c->take_news = take;
	c->news_ctx = ctx;
}

void cgroups__tell(struct cgroups *c, cgroups_name_fn tell, void *ctx)
{
	c->tell = tell;
	c->tell_ctx = ctx;
	for (size_t i = 0; i < c->n; i++)
		c->names[i].told = false;
	tell_all(c);
}

bool cgroups__is_gone(const struct cgroups *c, u64 id)
{
	const struct cgroup_name *name = find(c, c->n, id);

	return !name || name->walk != c->walks;
}

const char *cgroups__path(struct cgroups *c, u64 id, u64 now_ns)
{
	const struct cgroup_name *name = find(c, c->n, id);

	if (!name && c->take_news) {
		c->take_news(c->news_ctx);
		name = find(c, c->n, id);
	}
	if (!name && may_walk(c, now_ns) && cgroups__walk(c, now_ns) == 0)
		name = find(c, c->n, id);
	return name ? name->path : NULL;
}
