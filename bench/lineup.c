/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/lineup.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/util.h"
#include "bench/hook.h"
#include "bench/key.h"
#include "bench/subject.h"

/* Entries that hash maps usually have, whatever the number of keys. */
enum { USUAL_ENTRIES = 10240 };

static const char *const deliveries[] = {"combine", "stream"};

static int add(const struct lineup *l, const char *what, const char *label)
{
	char name[SUBJECT_BYTES];
	int i;

	snprintf(name, sizeof(name), "%s/%s%s%s", l->hook->name, what, label ? "/" : "",
		 label ? label : "");
	i = subjects__add(l->subjects, name);
	return i < 0 ? err__set_errno(l->err, i, "subject %s", name) : i;
}

static int add_peer(const struct lineup *l, const char *what, const struct bench_key *key,
		    u32 entries, const char *label)
{
	int i = add(l, what, label), rc;
	struct subject *subject;

	if (i < 0)
		return i;
	subject = &l->subjects->items[i];
	rc = peer__load(&subject->peer, l->hook, what, key, entries, l->err);
	if (rc)
		return err__wrap(l->err, "%s", subject->name);
	subject->program_fd = subject->peer.program_fd;
	return i;
}

static int add_emitter(const struct lineup *l, const char *delivery, const struct bench_key *key,
		       const char *where, const char *label)
{
	int i = add(l, delivery, label), rc;
	struct subject *subject;
	char settings[64];

	if (i < 0)
		return i;
	subject = &l->subjects->items[i];
	snprintf(settings, sizeof(settings), "delivery: %s", delivery);
	rc = emitter__open_call(&subject->emitter, l->hook, key, settings, where, l->err);
	if (rc)
		return err__wrap(l->err, "%s", subject->name);
	subject->emits = true;
	subject->program_fd = emitter__program(&subject->emitter, 0, 0, NULL);
	return i;
}

/* What a subject is compared with, of the same list; none of them has a number of its own yet when
 * it could not be added. */
static int relate(const struct lineup *l, int i, int empty, int key, int hash)
{
	if (i < 0)
		return i;
	l->subjects->items[i].empty = empty;
	l->subjects->items[i].key = key;
	l->subjects->items[i].hash = hash;
	return i;
}

int lineup__add_empty(const struct lineup *l, const char *label)
{
	return add_peer(l, "empty", NULL, 0, label);
}

int lineup__add_hash(const struct lineup *l, const struct bench_key *key, u32 entries,
		     const char *label)
{
	return add_peer(l, "hash", key, entries, label);
}

int lineup__add_key(const struct lineup *l, const struct bench_key *key, const char *label,
		    int empty)
{
	int floor, hash, rc;

	floor = relate(l, add_peer(l, "key", key, 0, label), empty, -1, -1);
	if (floor < 0)
		return floor;
	hash = lineup__add_hash(l, key, 0, label);
	hash = relate(l, hash, empty, floor, hash);
	if (hash < 0)
		return hash;
	rc = relate(l, add_peer(l, "percpu_hash", key, 0, label), empty, floor, hash);
	if (rc >= 0 && key->two_way)
		rc = relate(l, add_peer(l, "two_way", key, 0, label), empty, floor, hash);
	for (size_t i = 0; rc >= 0 && i < ARRAY_SIZE(deliveries); i++)
		rc = relate(l, add_emitter(l, deliveries[i], key, NULL, label), empty, floor, hash);
	return MIN(rc, 0);
}

int lineup__add_full_hash(const struct lineup *l, const struct bench_key *key, int empty)
{
	char label[SUBJECT_BYTES];

	snprintf(label, sizeof(label), "%s/full", key->name);
	return relate(l, lineup__add_hash(l, key, USUAL_ENTRIES, label), empty, -1, -1);
}

int lineup__add_rejected(const struct lineup *l, int empty)
{
	const struct bench_key *pid = &short_keys[0];
	char hash[SUBJECT_BYTES];
	int rc = 0;

	snprintf(hash, sizeof(hash), "%s/hash/%s", l->hook->name, pid->name);
	for (size_t i = 0; rc >= 0 && i < ARRAY_SIZE(deliveries); i++)
		rc = relate(l, add_emitter(l, deliveries[i], pid, "argument == 1", "rejected"),
			    empty, -1, lineup__find(l, hash));
	return MIN(rc, 0);
}

int lineup__add_twin(const struct lineup *l, int of)
{
	const struct subject *first = &l->subjects->items[of];
	char name[SUBJECT_BYTES];
	int i;

	snprintf(name, sizeof(name), "%.*s/again", SUBJECT_BYTES - 8, first->name);
	i = subjects__add(l->subjects, name);
	if (i < 0)
		return err__set_errno(l->err, i, "subject %s", name);
	first = &l->subjects->items[of]; /* the list has moved */
	l->subjects->items[i].program_fd = first->program_fd;
	l->subjects->items[i].twin_of = of;
	return relate(l, i, first->empty, first->key, first->hash);
}

int lineup__find(const struct lineup *l, const char *name)
{
	for (size_t i = 0; i < l->subjects->n; i++)
		if (!strcmp(l->subjects->items[i].name, name))
			return (int)i;
	return -1;
}
