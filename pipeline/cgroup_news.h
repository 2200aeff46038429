/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The news of cgroups: a BPF object of its own (bpf/cgroup_news.bpf.c) tells through a ring of what
 * is made, renamed and released, in order. It is the names that are told (pipeline/cgroups): when
 * one is not known, and whenever the ring has something. News that were lost make the names walk.
 */
#ifndef RINGTALLY_PIPELINE_CGROUP_NEWS_H
#define RINGTALLY_PIPELINE_CGROUP_NEWS_H

#include "base/types.h"

struct cgroup_news;
struct cgroups;
struct err;

/*
 * Loads and attaches; blocking. From now on nothing is missed: a walk that follows completes the
 * names. Borrows the names for life. `btf_path` as for probe objects.
 */
int cgroup_news__new(struct cgroups *names, const char *btf_path, struct cgroup_news **ret_news,
		     struct err *err);
void cgroup_news__free(struct cgroup_news *n); /* NULL is fine */

/* Tells the names what has arrived. */
void cgroup_news__take(struct cgroup_news *n);

/* Readable while something waits. */
int cgroup_news__fd(const struct cgroup_news *n);

u64 cgroup_news__memory(const struct cgroup_news *n); /* kernel memory in bytes, as loaded */
u64 cgroup_news_cost(u32 page_bytes);		      /* the same, before */

#endif
