/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that is freed all at once: the texts, nodes and arrays of one config. Everything in it
 * lives until config_arena__free; nothing can be given back before.
 */
#ifndef RINGTALLY_CONFIG_ARENA_H
#define RINGTALLY_CONFIG_ARENA_H

#include <stddef.h>

struct config_arena;

struct config_arena *config_arena__new(void); /* NULL without memory */
void config_arena__free(struct config_arena *a);

/* n zeroed objects of `size` bytes, aligned for any type; NULL without memory. */
void *config_arena__calloc(struct config_arena *a, size_t n, size_t size);

/* A copy of n bytes with a NUL behind it; NULL without memory. */
char *config_arena__strndup(struct config_arena *a, const char *s, size_t n);

#endif
