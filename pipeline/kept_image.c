/* SPDX-License-Identifier: Apache-2.0 */
/* Maps and programs have names of one kind: no map is called like a program. */
#include "pipeline/kept_image.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "pipeline/map_memory.h"
#include "pipeline/probe_image.h"

struct kept {
	char *name;
	int fd;
	bool is_map;
};

struct kept_image {
	struct kept *items;
	u32 n;
};

static u32 count_items(const struct bpf_object *image)
{
	struct bpf_program *program;
	const struct bpf_map *map;
	u32 n = 0;

	bpf_object__for_each_map(map, image)
		n++;
	bpf_object__for_each_program(program, image)
		n++;
	return n;
}

/* What was not loaded has no descriptor. */
static int keep(struct kept_image *k, const char *name, int fd, bool is_map)
{
	struct kept *item = &k->items[k->n];

	if (fd < 0)
		return 0;
	item->name = strdup(name);
	if (!item->name)
		return -ENOMEM;
	item->is_map = is_map;
	item->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	k->n++;
	return item->fd < 0 ? -errno : 0;
}

static int keep_all(struct kept_image *k, const struct bpf_object *image)
{
	struct bpf_program *program;
	const struct bpf_map *map;
	int rc = 0;

	bpf_object__for_each_map(map, image)
		if (!rc && !probe_image_shares(map))
			rc = keep(k, bpf_map__name(map), bpf_map__fd(map), true);
	bpf_object__for_each_program(program, image)
		if (!rc)
			rc = keep(k, bpf_program__name(program), bpf_program__fd(program), false);
	return rc;
}

int kept_image__new(const struct bpf_object *image, struct kept_image **ret_kept, struct err *err)
{
	struct kept_image *k = calloc(1, sizeof(*k));
	int rc = -ENOMEM;

	if (k)
		k->items = calloc(count_items(image) + 1, sizeof(*k->items));
	if (k && k->items)
		rc = keep_all(k, image);
	if (rc) {
		kept_image__free(k);
		return err__set_errno(err, rc, "keep what was loaded");
	}
	*ret_kept = k;
	return 0;
}

void kept_image__free(struct kept_image *k)
{
	if (!k)
		return;
	for (u32 i = 0; i < k->n; i++) {
		if (k->items[i].fd >= 0)
			close(k->items[i].fd);
		free(k->items[i].name);
	}
	free(k->items);
	free(k);
}

int kept_image__program(const struct kept_image *k, const char *name)
{
	for (u32 i = 0; i < k->n; i++)
		if (!k->items[i].is_map && !strcmp(k->items[i].name, name))
			return k->items[i].fd;
	return -1;
}

/* A map of the event, by the prefix of its name. */
static int event_map(const struct kept_image *k, char prefix, const char *event)
{
	for (u32 i = 0; i < k->n; i++) {
		const char *name = k->items[i].name;

		if (k->items[i].is_map && name[0] == prefix && name[1] == '_' &&
		    !strcmp(name + 2, event))
			return k->items[i].fd;
	}
	return -1;
}

int kept_image__ledger(const struct kept_image *k, const char *event)
{
	return event_map(k, 'm', event);
}

struct event_memory kept_image__memory(const struct kept_image *k, const char *event)
{
	return (struct event_memory){
		.books = map_memory(event_map(k, 'm', event)),
		.buckets = map_memory(event_map(k, 'b', event)),
		.starts = map_memory(event_map(k, 's', event)),
	};
}

u64 kept_image__memory_sum(const struct kept_image *k)
{
	u64 bytes = 0;

	for (u32 i = 0; i < k->n; i++)
		if (k->items[i].is_map)
			bytes += map_memory(k->items[i].fd);
	return bytes;
}
