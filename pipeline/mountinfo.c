/* SPDX-License-Identifier: Apache-2.0 */
/*
 *   31 23 0:28 / /sys/fs/cgroup rw,relatime shared:9 - tmpfs tmpfs rw,mode=755
 *              root point                   optional   type  source
 *
 * Fields are separated by spaces; a space, tab, newline or backslash within one is `\` and three
 * octal digits. So the first " - " is the end of the optional fields.
 */
#include "pipeline/mountinfo.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/types.h"

struct mount {
	char *root;  /* which directory of the file system is mounted */
	char *point; /* where */
	char *type;
};

/* The fields stay in the line, which is cut up. False for a line that is not as it should be. */
static bool parse_mount(char *line, struct mount *ret_mount)
{
	char *rest = NULL;
	char *tail = strstr(line, " - ");

	if (!tail)
		return false;
	*tail = '\0';
	strtok_r(line, " ", &rest); /* the mount's number, its parent's, the device's */
	strtok_r(NULL, " ", &rest);
	strtok_r(NULL, " ", &rest);
	ret_mount->root = strtok_r(NULL, " ", &rest);
	ret_mount->point = strtok_r(NULL, " ", &rest);
	ret_mount->type = strtok_r(tail + strlen(" - "), " \n", &rest);
	return ret_mount->root && ret_mount->point && ret_mount->type;
}

static bool is_octal(char c)
{
	return c >= '0' && c <= '7';
}

static void unescape(char *s)
{
	char *to = s;

	while (*s) {
		if (s[0] == '\\' && is_octal(s[1]) && is_octal(s[2]) && is_octal(s[3])) {
			*to++ = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
			s += 4;
		} else {
			*to++ = *s++;
		}
	}
	*to = '\0';
}

/* The best mount point so far becomes the one of this mount, if it is better. -ENOMEM, or 0. */
static int consider(const struct mount *mount, char **best, bool *best_is_whole)
{
	const bool whole = strcmp(mount->root, "/") == 0;

	if (*best && (*best_is_whole || !whole))
		return 0;

	char *point = strdup(mount->point);

	if (!point)
		return -ENOMEM;
	unescape(point);
	free(*best);
	*best = point;
	*best_is_whole = whole;
	return 0;
}

int mountinfo_find(const char *mountinfo, const char *fstype, char **ret_path)
{
	FILE *f = fopen(mountinfo, "re");
	char *line = NULL;
	size_t size = 0;
	char *best = NULL;
	bool best_is_whole = false;
	int code = 0;

	if (!f)
		return -errno;
	while (code == 0 && getline(&line, &size, f) > 0) {
		struct mount mount;

		if (parse_mount(line, &mount) && strcmp(mount.type, fstype) == 0)
			code = consider(&mount, &best, &best_is_whole);
	}
	if (code == 0 && !feof(f))
		code = -EIO;
	if (code == 0 && !best)
		code = -ENOENT;
	free(line);
	fclose(f);
	if (code < 0) {
		free(best);
		return code;
	}
	*ret_path = best;
	return 0;
}
