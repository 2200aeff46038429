/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The contract of a decoder: raw words of a label field to its text. Called once when a raw key is
 * first seen (or was forgotten), not per event and not per scrape; on the loop thread.
 *
 * Texts are valid UTF-8. A label has at most DECODED_MAX bytes of them: what is longer is cut, and
 * ends in "...", when all decoders of the label are done. Decoders know nothing of the special
 * label values: a text that looks like one is escaped where label sets are made.
 */
#ifndef RINGTALLY_PIPELINE_DECODERS_DECODER_H
#define RINGTALLY_PIPELINE_DECODERS_DECODER_H

#include "base/types.h"

struct cgroups;
struct err;
struct suggestion;

enum { DECODED_MAX = 256, DECODED_ROOM = 4096 };

struct decoded {
	size_t len;
	bool provisional; /* the same words may give another text later (an id not resolved yet) */
	bool error;	  /* the words make no sense: the text says so, and it is counted */
	char text[DECODED_ROOM + 1]; /* NUL-terminated too */
};

/* A name that an object gives to a value of one of its fields. */
struct named_value {
	const char *name;
	u64 value;
};

/* What decoders read of the machine and of the object; all borrowed for life. */
struct decoder_env {
	struct cgroups *cgroups;	 /* names of cgroups; NULL: there is no cgroup2 */
	const char *sysfs_root;		 /* mount point of sysfs; NULL: /sys */
	u64 (*now_ns)(void);		 /* a monotonic clock, for retries */
	const struct named_value *names; /* of the field that is decoded */
	u32 nnames;
};

/* First member of every decoder. */
struct decoder {
	const struct decoder_ops *ops;
};

/* Every slot is mandatory. */
struct decoder_ops {
	const char *name;     /* as fields and configs name it */
	const char *help;     /* one sentence for the manual */
	bool text;	      /* takes texts (whole char arrays), not numbers (one word) */
	bool own_names;	      /* looks at env.names: cannot be shared between fields */
	const char *no_where; /* why a `where` cannot test such a field; NULL: it can */
	int (*create)(const struct decoder_env *env, struct decoder **ret_decoder, struct err *err);
	/* n words of the field, as the kernel wrote them: checked, never trusted. */
	void (*decode)(struct decoder *d, const u64 *words, u32 n, struct decoded *ret);
	/* The way back, for a `where`: the word that decodes to this text. -ENOENT when there is
	 * none now, -ENOTSUP when such fields are not tested by name (numbers, texts). */
	int (*encode)(struct decoder *d, const char *text, u64 *ret_word);
	/* Offers the names that encode knows, for "did you mean". */
	void (*offer_names)(struct decoder *d, struct suggestion *suggestion);
	void (*destroy)(struct decoder *d); /* NULL is fine */
};

/* For decoders without a way back. */
int decoder_no_encode(struct decoder *d, const char *text, u64 *ret_word);
void decoder_no_names(struct decoder *d, struct suggestion *suggestion);

extern const struct decoder_ops *const decoder_kinds[];
extern const size_t decoder_kinds_count;
const struct decoder_ops *decoder_kind(const char *name); /* NULL when there is none */

/* What a field without a decode tag gets: texts as they are, numbers in decimal. */
#define DECODER_TEXT	 "string"
#define DECODER_UNSIGNED "uint"
#define DECODER_SIGNED	 "int"

#endif
