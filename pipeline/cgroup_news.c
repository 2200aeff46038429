/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/cgroup_news.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/embed.h"
#include "base/err.h"
#include "base/util.h"
#include "bpf/wire.h"
#include "pipeline/cgroups.h"
#include "pipeline/map_memory.h"
#include "pipeline/refusal.h"

/* CGROUP_NEWS_FILE is the object's path, given by CMake. */
EMBED(cgroup_news, CGROUP_NEWS_FILE);
extern const unsigned char cgroup_news_begin[];
extern const unsigned char cgroup_news_end[];

enum { PROGRAMS = 3, VERIFIER_LOG_BYTES = 64 << 10 };

struct cgroup_news {
	struct cgroups *names;
	struct bpf_object *object;
	struct bpf_link *links[PROGRAMS];
	u32 nlinks;
	struct ring_buffer *ring;
	const u64 *lost; /* the kernel's count */
	u64 known_lost;
};

static int on_news(void *ctx, void *data, size_t n)
{
	const struct wire_cgroup_news *news = data;
	struct cgroups *names = ((struct cgroup_news *)ctx)->names;

	if (n < WIRE_CGROUP_NEWS_BYTES(0) || n > sizeof(*news))
		return 0;
	switch ((enum wire_cgroup_change)news->what) {
	case WIRE_CGROUP_MADE:
		if (memchr(news->name, '\0', n - WIRE_CGROUP_NEWS_BYTES(0)))
			cgroups__learn(names, news->id, news->parent, news->name);
		else
			cgroups__distrust(names);
		break;
	case WIRE_CGROUP_RENAMED:
		cgroups__distrust(names);
		break;
	case WIRE_CGROUP_RELEASED:
		cgroups__release(names, news->id);
		break;
	}
	return 0;
}

void cgroup_news__take(struct cgroup_news *n)
{
	const u64 lost = __atomic_load_n(n->lost, __ATOMIC_RELAXED);

	ring_buffer__consume(n->ring);
	if (lost != n->known_lost)
		cgroups__distrust(n->names);
	n->known_lost = lost;
}

static void take(void *ctx)
{
	cgroup_news__take(ctx);
}

/* With the kernel's reason, when it is a program that is refused. */
static int load(struct cgroup_news *n, struct err *err)
{
	static char log[VERIFIER_LOG_BYTES];
	struct bpf_program *program;
	char why[256];
	int rc;

	log[0] = '\0';
	bpf_object__for_each_program(program, n->object)
		bpf_program__set_log_buf(program, log, sizeof(log));
	rc = bpf_object__load(n->object);
	if (!rc)
		return 0;
	refusal_describe(REFUSED_LOAD, rc, log, why, sizeof(why));
	return err__set(err, rc, "%s", why);
}

static int attach(struct cgroup_news *n, struct err *err)
{
	struct bpf_program *program;
	char why[256];

	bpf_object__for_each_program(program, n->object) {
		struct bpf_link *link = n->nlinks < PROGRAMS ? bpf_program__attach(program) : NULL;

		if (!link) {
			const int code = -errno;

			refusal_describe(REFUSED_ATTACH, code, "", why, sizeof(why));
			return err__set(err, code, "%s: %s", bpf_program__section_name(program),
					why);
		}
		n->links[n->nlinks++] = link;
	}
	return 0;
}

static int open_ring(struct cgroup_news *n, struct err *err)
{
	const struct bpf_map *ring = bpf_object__find_map_by_name(n->object, "m_cgroup_news");
	const struct bpf_map *map;
	size_t bytes = 0;

	bpf_object__for_each_map(map, n->object)
		if (strstr(bpf_map__name(map), ".bss"))
			n->lost = bpf_map__initial_value((struct bpf_map *)map, &bytes);
	if (!ring || bytes < sizeof(*n->lost))
		return err__set(err, -EINVAL, "the object has no ring");
	n->ring = ring_buffer__new(bpf_map__fd(ring), on_news, n, NULL);
	return n->ring ? 0 : err__set_errno(err, -errno, "mapping the ring");
}

int cgroup_news__new(struct cgroups *names, const char *btf_path, struct cgroup_news **ret_news,
		     struct err *err)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "rt_cgroups",
		    .btf_custom_path = btf_path);
	const size_t bytes = (size_t)((uintptr_t)cgroup_news_end - (uintptr_t)cgroup_news_begin);
	struct cgroup_news *n = calloc(1, sizeof(*n));
	int rc = 0;

	if (!n)
		return err__set_errno(err, -ENOMEM, "news of cgroups");
	n->names = names;
	n->object = bpf_object__open_mem(cgroup_news_begin, bytes, &opts);
	if (!n->object)
		rc = err__set_errno(err, -errno, "open");
	if (!rc)
		rc = load(n, err);
	if (!rc)
		rc = open_ring(n, err);
	if (!rc)
		rc = attach(n, err);
	if (rc) {
		cgroup_news__free(n);
		return err__wrap(err, "news of cgroups");
	}
	cgroups__set_news(names, take, n);
	*ret_news = n;
	return 0;
}

void cgroup_news__free(struct cgroup_news *n)
{
	if (!n)
		return;
	cgroups__set_news(n->names, NULL, NULL);
	for (u32 i = 0; i < n->nlinks; i++)
		bpf_link__destroy(n->links[i]);
	ring_buffer__free(n->ring);
	bpf_object__close(n->object);
	free(n);
}

int cgroup_news__fd(const struct cgroup_news *n)
{
	return ring_buffer__epoll_fd(n->ring);
}

u64 cgroup_news__memory(const struct cgroup_news *n)
{
	const struct bpf_map *map;
	u64 bytes = 0;

	bpf_object__for_each_map(map, n->object)
		bytes += map_memory(bpf_map__fd(map));
	return bytes;
}

/* The ring with its two pages for positions and one for itself; the constants and the count, each
 * with a page in front; and what surrounds all three. */
u64 cgroup_news_cost(u32 page_bytes)
{
	return WIRE_CGROUP_RING_BYTES + 7ULL * page_bytes + 1024;
}
