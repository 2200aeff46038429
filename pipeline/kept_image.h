/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stays of an image once it is loaded and attached: descriptors of its maps and programs, by
 * name. The image itself, with all instructions and their BTF, can be closed then.
 */
#ifndef RINGTALLY_PIPELINE_KEPT_IMAGE_H
#define RINGTALLY_PIPELINE_KEPT_IMAGE_H

#include "base/types.h"

struct bpf_object;
struct err;
struct kept_image;

/* Of all that was loaded, but for the maps that all objects have in common. */
int kept_image__new(const struct bpf_object *image, struct kept_image **ret_kept, struct err *err);
void kept_image__free(struct kept_image *k);

/* -1 when there is none of that name. Borrowed. */
int kept_image__program(const struct kept_image *k, const char *name);

/* The map of the event's books; -1 when there is none. Borrowed. */
int kept_image__ledger(const struct kept_image *k, const char *event);

/* Kernel memory of an event's maps, by what the kernel says. */
struct event_memory {
	u64 books; /* and the table behind them */
	u64 buckets;
	u64 starts; /* 0: it has none */
};
struct event_memory kept_image__memory(const struct kept_image *k, const char *event);

/* The same of all maps. */
u64 kept_image__memory_sum(const struct kept_image *k);

#endif
