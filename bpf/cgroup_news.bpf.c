/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * What happens to cgroups, told to user space as it happens, so that a cgroup which is gone when an
 * event of it is looked at still has its name. No probe: an object of its own, which makes no
 * event.
 *
 *   cgroup_mkdir, cgroup_rename, cgroup_release: TP_PROTO(struct cgroup *cgrp, const char *path)
 *
 * Only the cgroup2 hierarchy counts; its number is always 0. Instead of the path, which may be of
 * any length, the name and the parent are told. Wake-ups are the ring's usual ones: these are rare.
 */
#include "bpf/lib/core.bpf.h"
#include "bpf/lib/kernel_types.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, WIRE_CGROUP_RING_BYTES);
} m_cgroup_news SEC(".maps");

/* News that found no room. */
u64 cgroup_news_lost;

static __always_inline int tell(struct wire_cgroup_news *news, const struct cgroup *cgroup,
				u64 bytes)
{
	if (cgroup->root->hierarchy_id)
		return 0;
	news->id = cgroup->kn->id;
	if (bpf_ringbuf_output(&m_cgroup_news, news, bytes, 0))
		__sync_fetch_and_add(&cgroup_news_lost, 1);
	return 0;
}

SEC("tp_btf/cgroup_mkdir")
int BPF_PROG(on_cgroup_mkdir, struct cgroup *cgroup, const char *path)
{
	struct wire_cgroup_news news = {.what = WIRE_CGROUP_MADE};
	const struct cgroup_subsys_state *parent = cgroup->self.parent;
	long len;

	news.parent = parent->cgroup->kn->id;
	len = bpf_probe_read_kernel_str(news.name, sizeof(news.name), cgroup->kn->name);
	if (len < 0)
		len = 0;
	return tell(&news, cgroup, WIRE_CGROUP_NEWS_BYTES((u64)len & (sizeof(news.name) - 1)));
}

SEC("tp_btf/cgroup_rename")
int BPF_PROG(on_cgroup_rename, struct cgroup *cgroup, const char *path)
{
	struct wire_cgroup_news news = {.what = WIRE_CGROUP_RENAMED};

	return tell(&news, cgroup, WIRE_CGROUP_NEWS_BYTES(0));
}

SEC("tp_btf/cgroup_release")
int BPF_PROG(on_cgroup_release, struct cgroup *cgroup, const char *path)
{
	struct wire_cgroup_news news = {.what = WIRE_CGROUP_RELEASED};

	return tell(&news, cgroup, WIRE_CGROUP_NEWS_BYTES(0));
}
