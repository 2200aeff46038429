/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/cgroup_tests.h"

#include <errno.h>
#include <string.h>

static bool check_path(const struct where *test, const struct config_text *path,
		       struct diags *diags)
{
	const size_t n = strlen(path->s);

	if (path->s[0] != '/') {
		diags__error(diags, path->pos,
			     "'%s' is no path: cgroups are named like /system.slice/nginx.service",
			     path->s);
		return false;
	}
	if (test->op != WHERE_STARTS_WITH && n > 1 && path->s[n - 1] == '/') {
		diags__error(diags, path->pos,
			     "no path ends in '/': write '%.*s', or starts_with for all below it",
			     (int)n - 1, path->s);
		return false;
	}
	return true;
}

bool cgroup_test_check(const struct where *test, struct diags *diags)
{
	bool sound = true;

	for (size_t i = 0; i < test->nvalues; i++)
		sound = check_path(test, &test->values[i], diags) && sound;
	return sound;
}

static bool is_same(const struct where *a, const struct where *b)
{
	if ((a->op == WHERE_STARTS_WITH) != (b->op == WHERE_STARTS_WITH) ||
	    a->nvalues != b->nvalues)
		return false;
	for (size_t i = 0; i < a->nvalues; i++)
		if (strcmp(a->values[i].s, b->values[i].s) != 0)
			return false;
	return true;
}

int cgroup_tests__add(struct cgroup_tests *t, const struct where *test, u32 *ret_number)
{
	for (u32 i = 0; i < t->n; i++) {
		if (is_same(t->items[i], test)) {
			*ret_number = i;
			return 0;
		}
	}
	if (t->n == WIRE_CGROUP_SETS_MAX)
		return -ENOSPC;
	t->items[t->n] = test;
	*ret_number = t->n++;
	return 0;
}

static bool passes(const struct where *test, const char *path)
{
	for (size_t i = 0; i < test->nvalues; i++) {
		const char *value = test->values[i].s;

		if (test->op == WHERE_STARTS_WITH ? !strncmp(path, value, strlen(value))
						  : !strcmp(path, value))
			return true;
	}
	return false;
}

u64 cgroup_tests__passed(const struct cgroup_tests *t, const char *path)
{
	u64 bits = 0;

	for (u32 i = 0; i < t->n; i++)
		if (passes(t->items[i], path))
			bits |= 1ULL << i;
	return bits;
}
