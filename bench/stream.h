/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys in the order in which they come, to be counted. A key is as the kernel sends it: the texts
 * of its labels one after the other, each a whole number of words, zero-padded. A stream keeps each
 * distinct key once; numbers of keys are in the order in which they were first seen.
 */
#ifndef RINGTALLY_BENCH_STREAM_H
#define RINGTALLY_BENCH_STREAM_H

#include "base/types.h"

struct label_builder;
struct labels;

enum { STREAM_LABELS_MAX = 3, STREAM_WORDS_MAX = 4, STREAM_NO_KEY = 0xffffffff };

struct stream_label {
	const char *name;
	u32 words; /* of its text in a key */
};

struct stream {
	const char *name;
	struct stream_label labels[STREAM_LABELS_MAX];
	u16 nlabels;
	u32 words; /* of a key */

	u32 *events; /* numbers of keys */
	size_t n;
	u64 *keys; /* nkeys * words */
	u32 nkeys;
	bool failed; /* memory ran out: what is there is not all there was */

	size_t events_cap;
	u32 keys_cap;
	u32 *index; /* 1 + number of a key; 0: empty */
	u64 index_mask;
};

/* Of so many labels, at most STREAM_LABELS_MAX; texts are borrowed. */
void stream__init(struct stream *s, const char *name, const struct stream_label *labels,
		  u16 nlabels);
void stream__fini(struct stream *s);

/* One event more. Sticky: after a failed allocation nothing more is added. */
void stream__add(struct stream *s, const u64 *key);

/* A label's text into its place in a key, cut where it is too long. The key was zeroed. */
void stream__put_text(const struct stream *s, u16 label, const char *text, size_t len, u64 *key);

const u64 *stream__key(const struct stream *s, u32 number);

/* STREAM_NO_KEY: it was never added. */
u32 stream__find(const struct stream *s, const u64 *key);

/* The keys of events first .. first + n - 1, one after the other: n * words. */
void stream__copy(const struct stream *s, size_t first, size_t n, u64 *ret_keys);

/* The label set of a key, and back. A label set can be of no key: STREAM_NO_KEY. */
void stream__build(const struct stream *s, const u64 *key, struct label_builder *b);
u32 stream__find_labels(const struct stream *s, const struct labels *labels);

#endif
