/* SPDX-License-Identifier: Apache-2.0 */
/* The news of cgroups on the loop: taken as soon as there are any, so that their ring does not fill
 * up while nobody asks for a name. */
#ifndef RINGTALLY_PIPELINE_CGROUP_WATCH_H
#define RINGTALLY_PIPELINE_CGROUP_WATCH_H

struct cgroup_news;
struct cgroup_watch;
struct err;
struct uv_loop_s;

/* The news are borrowed until it is closed. */
int cgroup_watch__new(struct uv_loop_s *loop, struct cgroup_news *news,
		      struct cgroup_watch **ret_watch, struct err *err);

/* Frees itself once its handle is closed. NULL is fine. */
void cgroup_watch__close(struct cgroup_watch *w);

#endif
