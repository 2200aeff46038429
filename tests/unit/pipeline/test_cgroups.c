/* SPDX-License-Identifier: Apache-2.0 */
/*
 * On a tree of ordinary directories, whose inode numbers stand for cgroup ids; the last on cgroup2.
 * The linker sends calls of mountinfo_find and log_line here: the machine has cgroup2 where a test
 * says so, and warnings are counted.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/log.h"
#include "base/util.h"
#include "pipeline/cgroups.h"
#include "pipeline/mountinfo.h"
#include "tests/unit/pipeline/temp_tree.h"

#define SECOND 1000000000ULL

enum { LONGEST_NAME = 255 };

int __real_mountinfo_find(const char *mountinfo, const char *fstype, char **ret_path);
int __wrap_mountinfo_find(const char *mountinfo, const char *fstype, char **ret_path);
void __wrap_log_line(enum log_level level, const char *msg, ...);

static const char *mount_point; /* NULL: none */
static int find_error;		/* 1: the real one is asked */
static u32 warnings;

int __wrap_mountinfo_find(const char *mountinfo, const char *fstype, char **ret_path)
{
	assert_string_equal(mountinfo, "/proc/self/mountinfo");
	assert_string_equal(fstype, "cgroup2");
	if (find_error == 1)
		return __real_mountinfo_find(mountinfo, fstype, ret_path);
	if (find_error)
		return find_error;
	if (!mount_point)
		return -ENOENT;
	*ret_path = strdup(mount_point);
	return *ret_path ? 0 : -ENOMEM;
}

void __wrap_log_line(enum log_level level, const char *msg, ...)
{
	assert_int_equal(level, LOG_WARN);
	assert_non_null(msg);
	warnings++;
}

static struct cgroups *open_cgroups(const char *root, u32 max_names)
{
	struct err err = {0};
	struct cgroups *c = NULL;

	if (cgroups__new(root, max_names, 0, &c, &err) != 0)
		fail_msg("%s", err.msg);
	return c;
}

/* NULL: unknown. */
static void assert_path(struct cgroups *c, u64 id, u64 now_ns, const char *want)
{
	const char *path = cgroups__path(c, id, now_ns);

	if (want && path)
		assert_string_equal(path, want);
	else
		assert_ptr_equal(path, want);
}

static void directories_are_named_from_the_root(void **state)
{
	static const char *const directories[] = {"system.slice", "system.slice/nginx.service",
						  "system.slice/a b\xff", "user.slice"};
	u64 ids[ARRAY_SIZE(directories)];
	struct temp_tree t;

	(void)state;
	temp_tree__init(&t);
	for (size_t i = 0; i < ARRAY_SIZE(directories); i++)
		ids[i] = temp_tree__mkdir(&t, directories[i]);
	const u64 file = temp_tree__write(&t, "cgroup.procs", "1\n");
	struct cgroups *c = open_cgroups(t.root, CGROUPS_NAMES_MAX);

	assert_path(c, temp_tree__id(&t, ""), 0, "/");
	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
		char want[PATH_MAX];

		snprintf(want, sizeof(want), "/%s", directories[i]);
		assert_path(c, ids[i], 0, want);
	}
	assert_path(c, file, SECOND, NULL);
	assert_path(c, 0, 2 * SECOND, NULL);
	cgroups__free(c);
	temp_tree__fini(&t);
}

static void unknown_ids_make_it_walk_at_most_once_a_second(void **state)
{
	struct temp_tree t;

	(void)state;
	temp_tree__init(&t);
	struct cgroups *c = open_cgroups(t.root, CGROUPS_NAMES_MAX);
	const u64 first = temp_tree__mkdir(&t, "first");

	assert_path(c, first, SECOND - 1, NULL);
	assert_path(c, first, SECOND, "/first");
	const u64 second = temp_tree__mkdir(&t, "first/second");

	assert_path(c, first, SECOND + 1, "/first");
	assert_path(c, second, 2 * SECOND - 1, NULL);
	assert_path(c, second, 2 * SECOND, "/first/second");
	assert_path(c, second, 2 * SECOND, "/first/second");
	cgroups__free(c);
	temp_tree__fini(&t);
}

static void a_directory_that_is_gone_keeps_its_name(void **state)
{
	struct temp_tree t;

	(void)state;
	temp_tree__init(&t);
	const u64 gone = temp_tree__mkdir(&t, "gone");
	struct cgroups *c = open_cgroups(t.root, CGROUPS_NAMES_MAX);
	const u64 late = temp_tree__mkdir(&t, "late");

	temp_tree__rmdir(&t, "gone");
	assert_path(c, late, SECOND, "/late");
	assert_path(c, gone, SECOND, "/gone");
	cgroups__free(c);
	temp_tree__fini(&t);
}

static void a_walk_finds_new_paths_of_known_ids(void **state)
{
	struct temp_tree t;

	(void)state;
	temp_tree__init(&t);
	const u64 parent = temp_tree__mkdir(&t, "old");
	const u64 child = temp_tree__mkdir(&t, "old/child");
	struct cgroups *c = open_cgroups(t.root, CGROUPS_NAMES_MAX);

	temp_tree__rename(&t, "old", "new");
	assert_path(c, child, SECOND, "/old/child"); /* known: no reason to walk */
	assert_path(c, 0, SECOND, NULL);
	assert_path(c, parent, SECOND, "/new");
	assert_path(c, child, SECOND, "/new/child");
	cgroups__free(c);
	temp_tree__fini(&t);
}

static void symbolic_links_are_not_followed(void **state)
{
	struct temp_tree t, outside;

	(void)state;
	temp_tree__init(&t);
	temp_tree__init(&outside);
	const u64 hidden = temp_tree__mkdir(&outside, "hidden");
	const u64 real = temp_tree__mkdir(&t, "real");

	temp_tree__symlink(&t, outside.root, "away");
	temp_tree__symlink(&t, ".", "loop");
	temp_tree__symlink(&t, "real", "alias");
	struct cgroups *c = open_cgroups(t.root, CGROUPS_NAMES_MAX);

	assert_path(c, hidden, 0, NULL);
	assert_path(c, temp_tree__id(&outside, ""), 0, NULL);
	assert_path(c, real, 0, "/real");
	assert_path(c, temp_tree__id(&t, ""), 0, "/");
	cgroups__free(c);
	temp_tree__fini(&outside);
	temp_tree__fini(&t);
}

/* Makes `depth` directories below each other; the id of each is in ids. */
static void make_chain(const struct temp_tree *t, const char *name, size_t depth, u64 *ids)
{
	int fd = open(t->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	for (size_t i = 0; i < depth; i++) {
		struct stat st;

		assert_int_equal(mkdirat(fd, name, 0755), 0);
		const int child = openat(fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		close(fd);
		fd = child;
		assert_int_equal(fstat(fd, &st), 0);
		ids[i] = st.st_ino;
	}
	close(fd);
}

/* The tree's own clean-up works with whole paths, and these are too long for any. */
static void remove_chain(const struct temp_tree *t, const char *name, size_t depth)
{
	int fds[CGROUPS_DEPTH_MAX + 2];

	assert_true(depth <= ARRAY_SIZE(fds));
	fds[0] = open(t->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 1; i < depth; i++)
		fds[i] = openat(fds[i - 1], name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = depth; i-- > 0;) {
		assert_int_equal(unlinkat(fds[i], name, AT_REMOVEDIR), 0);
		close(fds[i]);
	}
}

static void the_deepest_and_the_longest_have_no_name(void **state)
{
	static char longest[LONGEST_NAME + 1];
	const struct {
		const char *name;
		size_t named; /* so many levels have names */
	} cases[] = {
		{"d", CGROUPS_DEPTH_MAX},
		{longest, (PATH_MAX - 1) / (LONGEST_NAME + 1)},
	};

	(void)state;
	memset(longest, 'x', LONGEST_NAME);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		u64 ids[CGROUPS_DEPTH_MAX + 2];
		const size_t depth = cases[i].named + 2;
		struct temp_tree t;

		temp_tree__init(&t);
		make_chain(&t, cases[i].name, depth, ids);
		struct cgroups *c = open_cgroups(t.root, CGROUPS_NAMES_MAX);

		for (size_t level = 0; level < depth; level++) {
			const char *path = cgroups__path(c, ids[level], 0);

			if (level < cases[i].named)
				assert_int_equal(strlen(path),
						 (level + 1) * (strlen(cases[i].name) + 1));
			else
				assert_null(path);
		}
		cgroups__free(c);
		remove_chain(&t, cases[i].name, depth);
		temp_tree__fini(&t);
	}
}

static void many_directories_are_all_found(void **state)
{
	enum { MANY = 1000 };
	static u64 ids[MANY];
	struct temp_tree t;
	char name[16];

	(void)state;
	temp_tree__init(&t);
	for (u32 i = 0; i < MANY / 2; i++) {
		snprintf(name, sizeof(name), "%u", i);
		ids[i] = temp_tree__mkdir(&t, name);
	}
	struct cgroups *c = open_cgroups(t.root, CGROUPS_NAMES_MAX);

	for (u32 i = MANY / 2; i < MANY; i++) {
		snprintf(name, sizeof(name), "%u/%u", i - MANY / 2, i);
		ids[i] = temp_tree__mkdir(&t, name);
	}
	for (u32 i = MANY; i-- > 0;) {
		const char *path = cgroups__path(c, ids[i], SECOND);

		assert_non_null(path);
		assert_int_equal(strtoul(strrchr(path, '/') + 1, NULL, 10), i);
	}
	cgroups__free(c);
	temp_tree__fini(&t);
}

static void a_full_table_forgets_what_was_gone_at_the_last_walk(void **state)
{
	enum { ROOM = 3 };
	struct temp_tree t;

	(void)state;
	temp_tree__init(&t);
	const u64 gone = temp_tree__mkdir(&t, "gone");
	const u64 stays = temp_tree__mkdir(&t, "stays");
	struct cgroups *c = open_cgroups(t.root, ROOM);
	const u64 late = temp_tree__mkdir(&t, "late");

	assert_path(c, late, SECOND, NULL); /* all three names are in use */
	temp_tree__rmdir(&t, "gone");
	assert_path(c, late, 2 * SECOND, NULL); /* this walk finds out */
	assert_path(c, gone, 2 * SECOND, "/gone");
	assert_path(c, late, 3 * SECOND, "/late");
	assert_path(c, gone, 3 * SECOND, NULL);
	assert_path(c, stays, 3 * SECOND, "/stays");
	cgroups__free(c);
	temp_tree__fini(&t);
}

static void a_root_that_vanishes_leaves_the_names(void **state)
{
	struct temp_tree t;

	(void)state;
	temp_tree__init(&t);
	const u64 root = temp_tree__id(&t, "");
	struct cgroups *c = open_cgroups(t.root, CGROUPS_NAMES_MAX);

	temp_tree__fini(&t);
	assert_path(c, 0, SECOND, NULL);
	assert_path(c, root, SECOND, "/");
	cgroups__free(c);
}

static void a_root_that_is_not_there_is_an_error(void **state)
{
	struct err err = {0};
	struct cgroups *c = NULL;

	(void)state;
	assert_int_equal(cgroups__new("/no/such/root", CGROUPS_NAMES_MAX, 0, &c, &err), -ENOENT);
	assert_string_equal(err.msg, "cgroups in /no/such/root: No such file or directory");
	assert_null(c);
}

static void the_mounted_one_is_found(void **state)
{
	struct cgroups *c = NULL;
	struct err err = {0};
	struct temp_tree t;

	(void)state;
	temp_tree__init(&t);
	mount_point = t.root;
	assert_int_equal(cgroups__new_mounted(CGROUPS_NAMES_MAX, 0, &c, &err), 0);
	assert_path(c, temp_tree__id(&t, ""), 0, "/");
	assert_int_equal(warnings, 0);
	cgroups__free(c);
	temp_tree__fini(&t);
}

static void without_cgroup2_one_warning_says_so(void **state)
{
	struct cgroups *c = (void *)&warnings;
	struct err err = {0};

	(void)state;
	mount_point = NULL;
	warnings = 0;
	assert_int_equal(cgroups__new_mounted(CGROUPS_NAMES_MAX, 0, &c, &err), 0);
	assert_null(c);
	assert_int_equal(warnings, 1);
}

static void mounts_that_cannot_be_read_are_an_error(void **state)
{
	struct cgroups *c = NULL;
	struct err err = {0};

	(void)state;
	find_error = -EIO;
	assert_int_equal(cgroups__new_mounted(CGROUPS_NAMES_MAX, 0, &c, &err), -EIO);
	assert_string_equal(err.msg, "find cgroup2 in /proc/self/mountinfo: Input/output error");
	assert_null(c);
	find_error = 0;
}

/* --- news --- */

/* Ids that no directory of the test has. */
#define MADE 0xffffffff00000001ULL

static void what_is_made_is_known_without_a_walk(void **state)
{
	struct temp_tree t;

	(void)state;
	temp_tree__init(&t);
	const u64 slice = temp_tree__mkdir(&t, "slice");
	struct cgroups *c = open_cgroups(t.root, CGROUPS_NAMES_MAX);

	cgroups__learn(c, MADE, temp_tree__id(&t, ""), "top");
	cgroups__learn(c, MADE + 3, slice, "a b.service");
	cgroups__learn(c, MADE + 1, MADE + 3, "deep");
	assert_path(c, MADE, 0, "/top");
	assert_path(c, MADE + 3, 0, "/slice/a b.service");
	assert_path(c, MADE + 1, 0, "/slice/a b.service/deep");
	assert_path(c, slice, 0, "/slice");
	cgroups__release(c, MADE);
	assert_path(c, MADE, 0, "/top");
	assert_path(c, MADE, 5 * SECOND, "/top");
	cgroups__release(c, 4711); /* nobody's */
	cgroups__free(c);
	temp_tree__fini(&t);
}

static struct cgroups *told;

static void tell(void *ctx)
{
	cgroups__learn(told, MADE, *(const u64 *)ctx, "news");
}

static void who_is_unknown_is_looked_for_in_the_news(void **state)
{
	struct temp_tree t;

	(void)state;
	temp_tree__init(&t);
	u64 root = temp_tree__id(&t, "");
	struct cgroups *c = open_cgroups(t.root, CGROUPS_NAMES_MAX);

	assert_path(c, MADE, 0, NULL);
	told = c;
	cgroups__set_news(c, tell, &root);
	assert_path(c, MADE, 0, "/news");
	cgroups__set_news(c, NULL, NULL);
	assert_path(c, MADE, 0, "/news");
	assert_path(c, MADE + 1, 0, NULL);
	cgroups__free(c);
	temp_tree__fini(&t);
}

/* --- who is told --- */

/* What was said, in order: "ID PATH," or "ID gone,"; ids count from MADE, others are "?". */
static char said[1024];

static void note(void *ctx, u64 id, const char *path)
{
	const size_t len = strlen(said);

	assert_ptr_equal(ctx, said);
	if (id >= MADE)
		snprintf(said + len, sizeof(said) - len, "%llu ", id - MADE);
	else
		snprintf(said + len, sizeof(said) - len, "? ");
	strncat(said, path ? path : "gone", sizeof(said) - strlen(said) - 1);
	strncat(said, ",", sizeof(said) - strlen(said) - 1);
}

static void assert_said(const char *want)
{
	assert_string_equal(said, want);
	said[0] = '\0';
}

static void names_are_told_once_as_they_are_learned_and_given_up(void **state)
{
	struct temp_tree t;

	(void)state;
	temp_tree__init(&t);
	const u64 root = temp_tree__id(&t, "");
	struct cgroups *c = open_cgroups(t.root, CGROUPS_NAMES_MAX);

	cgroups__learn(c, MADE, root, "before");
	cgroups__tell(c, note, said);
	assert_said("? /,0 /before,");
	cgroups__learn(c, MADE + 2, root, "later");
	cgroups__learn(c, MADE + 1, MADE + 2, "child");
	cgroups__learn(c, MADE + 1, MADE + 2, "child");
	assert_said("2 /later,1 /later/child,");
	cgroups__learn(c, MADE + 1, root, "elsewhere");
	assert_said("1 /elsewhere,");
	cgroups__release(c, MADE + 1);
	cgroups__release(c, 4711); /* nobody's */
	assert_said("1 gone,");
	temp_tree__mkdir(&t, "found");
	assert_int_equal(cgroups__walk(c, SECOND), 0);
	assert_int_equal(cgroups__walk(c, SECOND), 0);
	assert_said("? /found,");
	cgroups__tell(c, NULL, NULL);
	cgroups__learn(c, MADE + 3, root, "nobody");
	assert_said("");
	cgroups__free(c);
	temp_tree__fini(&t);
}

static void what_a_full_table_forgets_is_told(void **state)
{
	enum { ROOM = 3 };
	struct temp_tree t;

	(void)state;
	temp_tree__init(&t);
	const u64 root = temp_tree__id(&t, "");
	struct cgroups *c = open_cgroups(t.root, ROOM);

	cgroups__tell(c, note, said);
	cgroups__learn(c, MADE, root, "a");
	cgroups__learn(c, MADE + 1, root, "b");
	assert_said("? /,0 /a,1 /b,");
	assert_false(cgroups__is_gone(c, MADE + 1));
	cgroups__learn(c, MADE + 2, root, "no room");
	assert_said("");
	assert_int_equal(cgroups__walk(c, SECOND), 0); /* meets neither */
	assert_true(cgroups__is_gone(c, MADE));
	assert_said("");
	assert_int_equal(cgroups__walk(c, 2 * SECOND), 0); /* needs their room */
	assert_said("0 gone,1 gone,");
	assert_true(cgroups__is_gone(c, MADE));
	assert_false(cgroups__is_gone(c, root));
	cgroups__free(c);
	temp_tree__fini(&t);
}

static void news_that_do_not_fit_make_it_walk(void **state)
{
	static char longest[LONGEST_NAME + 1];
	struct temp_tree t;
	u64 at;

	(void)state;
	memset(longest, 'x', LONGEST_NAME);
	temp_tree__init(&t);
	struct cgroups *c = open_cgroups(t.root, CGROUPS_NAMES_MAX);
	const u64 orphan = temp_tree__mkdir(&t, "orphan");

	cgroups__refresh(c, SECOND); /* there is no reason to walk */
	assert_path(c, orphan, SECOND - 1, NULL);
	cgroups__learn(c, orphan, 4711, "orphan"); /* below nobody */
	assert_path(c, orphan, SECOND - 1, NULL);
	cgroups__refresh(c, SECOND - 1);
	assert_path(c, orphan, SECOND - 1, NULL);
	cgroups__refresh(c, SECOND);
	assert_path(c, orphan, SECOND, "/orphan");
	at = orphan;
	for (u64 id = MADE; id < MADE + PATH_MAX / LONGEST_NAME; id++) {
		cgroups__learn(c, id, at, longest);
		at = id;
	}
	assert_path(c, MADE + PATH_MAX / LONGEST_NAME - 1, SECOND,
		    NULL); /* longer than paths are */
	assert_non_null(cgroups__path(c, MADE + PATH_MAX / LONGEST_NAME - 2, SECOND));
	cgroups__free(c);
	temp_tree__fini(&t);
}

static void a_full_table_forgets_who_was_released(void **state)
{
	enum { ROOM = 3 };
	struct temp_tree t;

	(void)state;
	temp_tree__init(&t);
	const u64 root = temp_tree__id(&t, "");
	struct cgroups *c = open_cgroups(t.root, ROOM);

	cgroups__learn(c, MADE, root, "first");
	cgroups__learn(c, MADE + 1, root, "second");
	cgroups__learn(c, MADE + 2, root, "too many");
	assert_path(c, MADE + 2, 0, NULL);
	cgroups__release(c, MADE);
	assert_path(c, MADE, 0, "/first");
	cgroups__learn(c, MADE + 3, root, "third");
	assert_path(c, MADE + 3, 0, "/third");
	assert_path(c, MADE + 1, 0, "/second");
	assert_path(c, MADE, 0, NULL);
	cgroups__free(c);
	temp_tree__fini(&t);
}

static void a_real_cgroup_is_named(void **state)
{
	char *root, name[64], path[PATH_MAX];
	struct stat st;

	(void)state;
	find_error = 1;
	if (geteuid() != 0 || mountinfo_find("/proc/self/mountinfo", "cgroup2", &root) != 0) {
		print_message("not tested: making a cgroup needs root and cgroup2\n");
		return;
	}
	struct cgroups *c = open_cgroups(root, CGROUPS_NAMES_MAX);

	snprintf(name, sizeof(name), "/ringtally-test-%d", (int)getpid());
	snprintf(path, sizeof(path), "%s%s", root, name);
	if (mkdir(path, 0755) == 0) {
		const int stated = stat(path, &st);

		rmdir(path);
		mkdir(path, 0755); /* another cgroup, another id */
		assert_int_equal(stated, 0);
		assert_path(c, st.st_ino, SECOND, NULL);
		stat(path, &st);
		assert_path(c, st.st_ino, 2 * SECOND, name);
		rmdir(path);
		assert_path(c, st.st_ino, 3 * SECOND, name);
	} else {
		print_message("not tested: mkdir %s: %s\n", path, strerror(errno));
	}
	assert_path(c, 1, 3 * SECOND, "/");
	cgroups__free(c);
	free(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(directories_are_named_from_the_root),
		cmocka_unit_test(unknown_ids_make_it_walk_at_most_once_a_second),
		cmocka_unit_test(a_directory_that_is_gone_keeps_its_name),
		cmocka_unit_test(a_walk_finds_new_paths_of_known_ids),
		cmocka_unit_test(symbolic_links_are_not_followed),
		cmocka_unit_test(the_deepest_and_the_longest_have_no_name),
		cmocka_unit_test(many_directories_are_all_found),
		cmocka_unit_test(a_full_table_forgets_what_was_gone_at_the_last_walk),
		cmocka_unit_test(a_root_that_vanishes_leaves_the_names),
		cmocka_unit_test(a_root_that_is_not_there_is_an_error),
		cmocka_unit_test(the_mounted_one_is_found),
		cmocka_unit_test(without_cgroup2_one_warning_says_so),
		cmocka_unit_test(mounts_that_cannot_be_read_are_an_error),
		cmocka_unit_test(what_is_made_is_known_without_a_walk),
		cmocka_unit_test(who_is_unknown_is_looked_for_in_the_news),
		cmocka_unit_test(names_are_told_once_as_they_are_learned_and_given_up),
		cmocka_unit_test(what_a_full_table_forgets_is_told),
		cmocka_unit_test(news_that_do_not_fit_make_it_walk),
		cmocka_unit_test(a_full_table_forgets_who_was_released),
		cmocka_unit_test(a_real_cgroup_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
