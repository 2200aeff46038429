/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/cgroup_watch.h"

#include <errno.h>
#include <stdlib.h>
#include <uv.h>

#include "base/err.h"
#include "base/util.h"
#include "pipeline/cgroup_news.h"

struct cgroup_watch {
	uv_poll_t poll;
	struct cgroup_news *news;
};

static void on_news(uv_poll_t *poll, int status, int events)
{
	(void)status;
	(void)events;
	cgroup_news__take(container_of(poll, struct cgroup_watch, poll)->news);
}

int cgroup_watch__new(struct uv_loop_s *loop, struct cgroup_news *news,
		      struct cgroup_watch **ret_watch, struct err *err)
{
	struct cgroup_watch *w = calloc(1, sizeof(*w));
	int rc;

	if (!w)
		return err__set_errno(err, -ENOMEM, "news of cgroups");
	w->news = news;
	rc = uv_poll_init(loop, &w->poll, cgroup_news__fd(news));
	if (rc) {
		free(w);
		return err__set_errno(err, rc, "watching the news of cgroups");
	}
	uv_poll_start(&w->poll, UV_READABLE, on_news);
	*ret_watch = w;
	return 0;
}

static void on_closed(uv_handle_t *handle)
{
	free(container_of((uv_poll_t *)handle, struct cgroup_watch, poll));
}

void cgroup_watch__close(struct cgroup_watch *w)
{
	if (w)
		uv_close((uv_handle_t *)&w->poll, on_closed);
}
