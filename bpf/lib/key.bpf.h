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

#include "bpf/lib/compare.bpf.h"

struct key {
	u64 words[WIRE_KEY_WORDS_MAX];
};

/* A key being written, and the hash of what is written so far. */
struct key_writer {
	u64 *cursor;
	u64 hash;
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

static __always_inline void key_writer__init(struct key_writer *w, struct key *key)
{
	w->cursor = key->words;
	w->hash = 0;
	hide(w->cursor);
}

/* An odd number of its own for each place of a word (splitmix64): clang computes it. Its low bits
 * are those of the golden ratio, for words that differ in their high bits only. */
static __always_inline u64 hash_factor(u32 place)
{
	u64 z = (place + 1) * 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	z ^= z >> 31;
	return (z & ~0xffffULL) | 0x9e37;
}

/*
 * The hash is the sum of the words, each times a factor of its own: the products do not wait for
 * each other. `place` tells apart the words of one plan.
 */
static __always_inline void key_writer__append(struct key_writer *w, u64 word, u32 place)
{
	w->cursor = key__append(w->cursor, word);
	w->hash += word * hash_factor(place);
}

/* Its top bits are those in use. Keys in equal steps (process ids, pointers) would still fall into
 * equal steps, and many on each other when the step is unlucky: hence both halves. */
static __always_inline u64 key_writer__hash(const struct key_writer *w)
{
	return w->hash ^ w->hash << 32;
}

/* The word as the key has it: 0 when none of the metrics in `bits` has it as a label, so that it
 * does not split the keys of those that count. */
static __always_inline u64 label__seen_by(const volatile struct wire_label *label, u64 word,
					  bool has_bits, u64 bits)
{
	if (has_bits) {
		u64 users = label->users;

		if (users != ~0ULL)
			word &= is_zero(users & bits) - 1;
	}
	return word;
}

static __always_inline u64 word_at(const void *words, u64 at)
{
	return *(const u64 *)((const char *)words + at);
}

/* Appends the first n labels; n is known to the verifier, so nothing is left of the others. */
static __always_inline void key_writer__append_labels(struct key_writer *w, const u64 *words,
						      const volatile struct wire_label *labels,
						      u64 n, bool has_bits, u64 bits, u32 place)
{
	hide(words);
#define APPEND(i)                                                                            \
	if ((i) >= n)                                                                        \
		return;                                                                      \
	key_writer__append(                                                                  \
		w, label__seen_by(&labels[i], word_at(words, labels[i].at), has_bits, bits), \
		place + (i));
	UNROLL_16(APPEND, 0)
#undef APPEND
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

/* Are the first n words the key's? */
static __always_inline bool key__is(const struct key *key, const u64 *words, u64 n)
{
#define COMPARE(i)                     \
	if ((i) >= n)                  \
		return true;           \
	if (words[i] != key->words[i]) \
		return false;
	UNROLL_16(COMPARE, 0)
#undef COMPARE
	return true;
}

#endif
