/* SPDX-License-Identifier: Apache-2.0 */
/* Who is compared at a hook for a key: the program that only fetches it, the hash maps, ringtally
 * in each delivery. Subjects are named HOOK/PROGRAM/LABEL. */
#ifndef RINGTALLY_BENCH_LINEUP_H
#define RINGTALLY_BENCH_LINEUP_H

#include "base/types.h"

struct bench_key;
struct err;
struct hook;
struct subjects;

/* A list of subjects in the making. Those who add return the number of what they added, or a
 * negative errno with err; those that add several return 0. */
struct lineup {
	struct subjects *subjects;
	const struct hook *hook;
	struct err *err;
};

/* The program that does nothing; the label may be NULL. */
int lineup__add_empty(const struct lineup *l, const char *label);

/* A hash map by itself, with so many entries; 0: as many as the key needs. */
int lineup__add_hash(const struct lineup *l, const struct bench_key *key, u32 entries,
		     const char *label);

/* All of a key, compared with this empty program. */
int lineup__add_key(const struct lineup *l, const struct bench_key *key, const char *label,
		    int empty);

/* A hash map with less room than keys: how many of them it loses. */
int lineup__add_full_hash(const struct lineup *l, const struct bench_key *key, int empty);

/* ringtally when no `where` accepts the event. */
int lineup__add_rejected(const struct lineup *l, int empty);

/* The program of this subject once more. */
int lineup__add_twin(const struct lineup *l, int of);

/* By name; -1. */
int lineup__find(const struct lineup *l, const char *name);

#endif
