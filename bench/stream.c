/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/stream.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "aggregators/labels.h"
#include "base/hash.h"
#include "base/util.h"

enum { EVENTS_MIN = 1 << 16, KEYS_MIN = 1 << 10 };

void stream__init(struct stream *s, const char *name, const struct stream_label *labels,
		  u16 nlabels)
{
	assert(nlabels <= STREAM_LABELS_MAX);
	*s = (struct stream){.name = name, .nlabels = nlabels};
	for (u16 i = 0; i < nlabels; i++) {
		s->labels[i] = labels[i];
		s->words += labels[i].words;
	}
	assert(s->words <= STREAM_WORDS_MAX);
}

void stream__fini(struct stream *s)
{
	free(s->events);
	free(s->keys);
	free(s->index);
	*s = (struct stream){0};
}

const u64 *stream__key(const struct stream *s, u32 number)
{
	return s->keys + (size_t)number * s->words;
}

static u64 hash_key(const struct stream *s, const u64 *key)
{
	return hash_bytes(key, s->words * sizeof(*key));
}

/* The place of this key in the index, or the empty one where it belongs. */
static u32 *find_place(const struct stream *s, const u64 *key)
{
	for (u64 i = hash_key(s, key) & s->index_mask;; i = (i + 1) & s->index_mask) {
		u32 *place = &s->index[i];

		if (!*place || !memcmp(stream__key(s, *place - 1), key, s->words * sizeof(*key)))
			return place;
	}
}

u32 stream__find(const struct stream *s, const u64 *key)
{
	const u32 *place = s->index ? find_place(s, key) : NULL;

	return place && *place ? *place - 1 : STREAM_NO_KEY;
}

/* An index at most half full, of all keys there are. */
static bool grow_index(struct stream *s)
{
	u64 n = (u64)s->keys_cap * 2;
	u32 *index = calloc(n, sizeof(*index));

	if (!index)
		return false;
	free(s->index);
	s->index = index;
	s->index_mask = n - 1;
	for (u32 i = 0; i < s->nkeys; i++)
		*find_place(s, stream__key(s, i)) = i + 1;
	return true;
}

static bool grow_keys(struct stream *s)
{
	u32 cap = s->keys_cap ? s->keys_cap * 2 : KEYS_MIN;
	u64 *grown = reallocarray(s->keys, (size_t)cap * s->words, sizeof(*grown));

	if (!grown)
		return false;
	s->keys = grown;
	s->keys_cap = cap;
	return grow_index(s);
}

static bool grow_events(struct stream *s)
{
	size_t cap = s->events_cap ? s->events_cap * 2 : EVENTS_MIN;
	u32 *grown = reallocarray(s->events, cap, sizeof(*grown));

	if (!grown)
		return false;
	s->events = grown;
	s->events_cap = cap;
	return true;
}

void stream__add(struct stream *s, const u64 *key)
{
	u32 *place;

	if (!s->failed && s->n == s->events_cap)
		s->failed = !grow_events(s);
	if (!s->failed && s->nkeys == s->keys_cap)
		s->failed = !grow_keys(s);
	if (s->failed)
		return;
	place = find_place(s, key);
	if (!*place) {
		memcpy(s->keys + (size_t)s->nkeys * s->words, key, s->words * sizeof(*key));
		*place = ++s->nkeys;
	}
	s->events[s->n++] = *place - 1;
}

static u32 first_word(const struct stream *s, u16 label)
{
	u32 word = 0;

	for (u16 i = 0; i < label; i++)
		word += s->labels[i].words;
	return word;
}

void stream__put_text(const struct stream *s, u16 label, const char *text, size_t len, u64 *key)
{
	memcpy(key + first_word(s, label), text, MIN(len, s->labels[label].words * sizeof(*key)));
}

void stream__copy(const struct stream *s, size_t first, size_t n, u64 *ret_keys)
{
	for (size_t i = 0; i < n; i++, ret_keys += s->words)
		memcpy(ret_keys, stream__key(s, s->events[first + i]),
		       s->words * sizeof(*ret_keys));
}

void stream__build(const struct stream *s, const u64 *key, struct label_builder *b)
{
	label_builder__reset(b);
	for (u16 i = 0; i < s->nlabels; i++) {
		const char *text = (const char *)key;

		label_builder__append(b, text, strnlen(text, s->labels[i].words * sizeof(*key)));
		key += s->labels[i].words;
	}
}

u32 stream__find_labels(const struct stream *s, const struct labels *labels)
{
	u64 key[STREAM_WORDS_MAX] = {0};
	const char *text;
	u16 pos = 0;
	size_t len;

	for (u16 i = 0; i < s->nlabels; i++) {
		if (!labels__next(labels, &pos, &text, &len))
			return STREAM_NO_KEY;
		stream__put_text(s, i, text, len, key);
	}
	return stream__find(s, key);
}
