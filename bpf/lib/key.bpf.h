/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Layer 2: the joint key of an event, put together from the words that the plan selects. Every
 * decision hangs on a plan constant, so the verifier knows each index and drops each word not used.
 * The cursor is hidden from clang, which would otherwise turn the conditional appends into a web of
 * phis and spills; so are the words, because those the plan does not fetch were never written, and
 * clang must not read them ahead of the test.
 */
#ifndef RINGTALLY_BPF_LIB_KEY_H
#define RINGTALLY_BPF_LIB_KEY_H

#include "bpf/lib/core.bpf.h"

struct key {
	u64 words[WIRE_KEY_WORDS_MAX];
};

static __always_inline u64 *key__append(u64 *cursor, u64 word)
{
	*cursor = word;
	cursor++;
	hide(cursor);
	return cursor;
}

/* Appends those of n words whose bit is set in the mask; returns the cursor behind them. n is known
 * to clang, the mask to the verifier. */
static __always_inline u64 *key__append_words(u64 *cursor, const u64 *words, u32 n, u64 mask)
{
	hide(words);
#define APPEND(i)                          \
	if ((i) < n && mask & 1ULL << (i)) \
		cursor = key__append(cursor, words[i]);
	UNROLL_32(APPEND, 0)
#undef APPEND
	return cursor;
}

/* The same for labels: a word that none of the metrics in `bits` has as a label becomes 0, so that
 * it does not split the keys of those that count. */
static __always_inline u64 *key__append_labels(u64 *cursor, const u64 *words, u32 n, u64 mask,
					       const volatile u64 *users, u64 bits)
{
	hide(words);
#define APPEND(i)                          \
	if ((i) < n && mask & 1ULL << (i)) \
		cursor = key__append(cursor, users[i] & bits ? words[i] : 0);
	UNROLL_32(APPEND, 0)
#undef APPEND
	return cursor;
}

/* Copies the first n words; n is known to the verifier. */
static __always_inline void key__copy(u64 *to, const struct key *key, u64 n)
{
#define COPY(i)         \
	if ((i) >= n)   \
		return; \
	to[i] = key->words[i];
	UNROLL_16(COPY, 0)
#undef COPY
}

#endif
