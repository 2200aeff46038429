/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/util.h"
#include "pipeline/mountinfo.h"
#include "tests/unit/pipeline/temp_tree.h"

#define PROC	"22 1 0:21 / /proc rw,relatime - proc proc rw\n"
#define V1	"32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"
#define UNIFIED "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n"
#define PART	"50 31 0:38 /docker/abc /part rw shared:9 - cgroup2 cgroup2 rw\n"

static void finds_the_mount_point_by_type(void **state)
{
	static const struct {
		const char *lines;
		const char *want; /* NULL: there is none */
	} cases[] = {
		{"", NULL},
		{PROC V1, NULL},
		{PROC V1 UNIFIED, "/sys/fs/cgroup/unified"},
		{UNIFIED PROC, "/sys/fs/cgroup/unified"},
		{"1 2 3:4 / /cg rw shared:1 master:2 - cgroup2 none rw\n", "/cg"},
		{"1 2 3:4 / /cg rw - cgroup2 none rw", "/cg"},
		/* a part of it is better than nothing, the whole is better than a part */
		{PART, "/part"},
		{PART UNIFIED, "/sys/fs/cgroup/unified"},
		{UNIFIED PART, "/sys/fs/cgroup/unified"},
		{UNIFIED "1 2 3:4 / /second rw - cgroup2 none rw\n", "/sys/fs/cgroup/unified"},
		/* the type is a field, not any word of the line */
		{"1 2 3:4 / /cgroup2 rw - tmpfs cgroup2 rw\n", NULL},
		{"1 2 3:4 / /cg rw - cgroup22 none rw\n", NULL},
		/* escapes */
		{"1 2 3:4 / /a\\040b\\011c\\134d\\0 rw - cgroup2 none rw\n", "/a b\tc\\d\\0"},
		{"1 2 3:4 / /a\\040-\\040b rw - cgroup2 none rw\n", "/a - b"},
		{"1 2 3:4 / /a\\ rw - cgroup2 none rw\n", "/a\\"},
		/* lines that are not as they should be */
		{"\n\ncgroup2\n - cgroup2\n1 2 3:4 / - cgroup2 none rw\n" UNIFIED,
		 "/sys/fs/cgroup/unified"},
		{"1 2 3:4 / /cg rw - ", NULL},
	};
	struct temp_tree t;

	(void)state;
	temp_tree__init(&t);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *path = NULL;

		temp_tree__write(&t, "mountinfo", cases[i].lines);
		const int code = mountinfo_find(temp_tree__path(&t, "mountinfo"), "cgroup2", &path);

		assert_int_equal(code, cases[i].want ? 0 : -ENOENT);
		if (cases[i].want)
			assert_string_equal(path, cases[i].want);
		else
			assert_null(path);
		free(path);
	}
	temp_tree__fini(&t);
}

static void finds_the_proc_of_this_machine(void **state)
{
	char *path = NULL;

	(void)state;
	assert_int_equal(mountinfo_find("/proc/self/mountinfo", "proc", &path), 0);
	assert_string_equal(path, "/proc");
	free(path);
}

static void says_why_the_file_cannot_be_read(void **state)
{
	char *path = NULL;

	(void)state;
	assert_int_equal(mountinfo_find("/proc/self/no-such-file", "proc", &path), -ENOENT);
	assert_int_equal(mountinfo_find("/proc", "proc", &path), -EIO);
	assert_null(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_mount_point_by_type),
		cmocka_unit_test(finds_the_proc_of_this_machine),
		cmocka_unit_test(says_why_the_file_cannot_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
