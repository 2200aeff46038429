/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/cgroup_sets.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "pipeline/cgroup_tests.h"
#include "pipeline/cgroups.h"
#include "pipeline/map_memory.h"

struct cgroup_sets {
	const struct cgroup_tests *tests;
	struct cgroups *cgroups;
	int map_fd;
	bool warned;
};

/* Members that are gone make room. */
static void drop_gone(struct cgroup_sets *s)
{
	u64 id, next;
	bool more = !bpf_map_get_next_key(s->map_fd, NULL, &next);

	while (more) {
		id = next;
		more = !bpf_map_get_next_key(s->map_fd, &id, &next);
		if (cgroups__is_gone(s->cgroups, id))
			bpf_map_delete_elem(s->map_fd, &id);
	}
}

static void put(struct cgroup_sets *s, u64 id, u64 bits)
{
	int rc = bpf_map_update_elem(s->map_fd, &id, &bits, BPF_ANY);

	if (rc && errno == E2BIG) {
		drop_gone(s);
		rc = bpf_map_update_elem(s->map_fd, &id, &bits, BPF_ANY);
	}
	if (!rc || s->warned)
		return;
	s->warned = true;
	log_warn("a cgroup passes a where, but is not counted: there are too many such cgroups",
		 NULL);
}

static void on_name(void *ctx, u64 id, const char *path)
{
	struct cgroup_sets *s = ctx;
	const u64 bits = path ? cgroup_tests__passed(s->tests, path) : 0;

	if (bits)
		put(s, id, bits);
	else
		bpf_map_delete_elem(s->map_fd, &id);
}

int cgroup_sets__new(const struct cgroup_tests *tests, struct cgroups *cgroups,
		     struct cgroup_sets **ret_sets, struct err *err)
{
	struct cgroup_sets *s = calloc(1, sizeof(*s));

	if (!s)
		return err__set_errno(err, -ENOMEM, "sets of cgroups");
	s->tests = tests;
	s->map_fd = bpf_map_create(BPF_MAP_TYPE_HASH, "m_cgroup_sets", sizeof(u64), sizeof(u64),
				   WIRE_CGROUP_MEMBERS_MAX, NULL);
	if (s->map_fd < 0) {
		const int code = -errno;

		free(s);
		return err__set_errno(err, code, "map m_cgroup_sets");
	}
	s->cgroups = cgroups;
	if (cgroups)
		cgroups__tell(cgroups, on_name, s);
	*ret_sets = s;
	return 0;
}

void cgroup_sets__free(struct cgroup_sets *s)
{
	if (!s)
		return;
	if (s->cgroups)
		cgroups__tell(s->cgroups, NULL, NULL);
	close(s->map_fd);
	free(s);
}

int cgroup_sets__map_fd(const struct cgroup_sets *s)
{
	return s->map_fd;
}

u64 cgroup_sets__memory(const struct cgroup_sets *s)
{
	return map_memory(s->map_fd);
}
