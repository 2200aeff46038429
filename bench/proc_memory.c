/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel's memory for a BPF map stands in the fdinfo of its descriptors (`memlock`). Programs,
 * BTF and links are not in it.
 */
#include "bench/proc_memory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/util.h"

enum { TEXT_BYTES = 8192, MAPS_MAX = 256, PATH_BYTES = 64 };

bool proc_memory_find(const char *text, const char *key, u64 *ret_value)
{
	size_t n = strlen(key);

	for (const char *line = text; line && *line; line = strchr(line, '\n')) {
		char *end;
		u64 value;

		line += *line == '\n';
		if (strncmp(line, key, n) != 0 || line[n] != ':')
			continue;
		value = strtoull(line + n + 1, &end, 10);
		if (end == line + n + 1)
			return false;
		*ret_value = value;
		return true;
	}
	return false;
}

static bool read_file(const char *path, char text[TEXT_BYTES])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, TEXT_BYTES - 1);

	if (fd >= 0)
		close(fd);
	text[n < 0 ? 0 : n] = '\0';
	return n >= 0;
}

static int read_status(pid_t pid, struct proc_memory *memory, struct err *err)
{
	const struct {
		const char *key;
		u64 *to;
	} wanted[] = {{"RssAnon", &memory->rss_anon},
		      {"VmRSS", &memory->rss},
		      {"VmHWM", &memory->rss_peak}};
	char path[PATH_BYTES], text[TEXT_BYTES];

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	if (!read_file(path, text))
		return err__set_errno(err, -errno, "%s", path);
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		u64 kib;

		if (!proc_memory_find(text, wanted[i].key, &kib))
			return err__set(err, -ENODATA, "%s: no %s", path, wanted[i].key);
		*wanted[i].to = kib * 1024;
	}
	return 0;
}

/* Maps seen, by id: one map may have many descriptors. */
struct map_set {
	u64 ids[MAPS_MAX];
	size_t n;
};

static bool map_set__add(struct map_set *set, u64 id)
{
	for (size_t i = 0; i < set->n; i++)
		if (set->ids[i] == id)
			return false;
	if (set->n == MAPS_MAX)
		return false;
	set->ids[set->n++] = id;
	return true;
}

static u64 map_bytes(const char *fdinfo, struct map_set *seen)
{
	u64 id, bytes;

	if (!proc_memory_find(fdinfo, "map_id", &id) ||
	    !proc_memory_find(fdinfo, "memlock", &bytes) || !map_set__add(seen, id))
		return 0;
	return bytes;
}

static int read_maps(pid_t pid, struct proc_memory *memory, struct err *err)
{
	struct map_set seen = {.n = 0};
	char folder[PATH_BYTES], text[TEXT_BYTES];
	DIR *dir;

	snprintf(folder, sizeof(folder), "/proc/%d/fdinfo", (int)pid);
	dir = opendir(folder);
	if (!dir)
		return err__set_errno(err, -errno, "%s", folder);
	memory->bpf_maps = 0;
	for (const struct dirent *e = readdir(dir); e; e = readdir(dir)) {
		char path[PATH_BYTES + sizeof(e->d_name)];

		snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
		if (e->d_name[0] != '.' && read_file(path, text))
			memory->bpf_maps += map_bytes(text, &seen);
	}
	closedir(dir);
	return 0;
}

int proc_memory_read(pid_t pid, struct proc_memory *ret_memory, struct err *err)
{
	struct proc_memory memory = {0};
	int rc = read_status(pid, &memory, err);

	if (!rc)
		rc = read_maps(pid, &memory, err);
	if (!rc)
		*ret_memory = memory;
	return rc;
}
