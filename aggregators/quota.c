/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A member claims of a resource what it holds, and its share where it holds less. As long as the
 * claims of all fit the limit, everybody can still have the whole of a share: taking within one
 * changes no claim, and taking beyond it is allowed only when the larger claim fits as well. The
 * claims' total is kept, so that each question is O(1).
 */
#include "aggregators/quota.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/util.h"

/* Sums of a limit and of what one series costs do not wrap. */
#define LIMIT_MAX (1ULL << 62)

enum resource { LINES, BYTES, RESOURCES };

/* One resource of one member. */
struct account {
	u64 need; /* all it can use, as long as texts are not longer than usual */
	u64 share;
	u64 used;
	u64 held; /* what nobody else can have: of memory, the most that was ever used */
};

struct member {
	struct account accounts[RESOURCES];
	u32 lines; /* of one series */
	u32 bytes;
	u32 text_bytes; /* that are usual */
};

struct pool {
	u64 limit;
	u64 claimed;
	u64 held;
};

struct quota {
	struct pool pools[RESOURCES];
	u32 n;
	struct member members[];
};

static void set_member(struct member *m, const struct quota_member *from)
{
	const u64 bytes = (u64)from->bytes + from->text_bytes;

	m->lines = from->lines;
	m->bytes = from->bytes;
	m->text_bytes = from->text_bytes;
	m->accounts[LINES].need = (u64)from->max_series * from->lines;
	m->accounts[BYTES].need = (u64)MIN((u128)from->max_series * bytes, LIMIT_MAX);
}

/*
 * The level to which water would stand: no member's share is above it, and none is below but who
 * needs no more. It rises as members turn out to be content with less, until a round finds none.
 */
static u64 water_level(const struct quota *q, enum resource r)
{
	u64 level = 0;

	for (;;) {
		u64 left = q->pools[r].limit;
		u32 thirsty = 0;

		for (u32 i = 0; i < q->n; i++) {
			const u64 need = q->members[i].accounts[r].need;

			if (need > level)
				thirsty++;
			else
				left -= need;
		}
		if (thirsty == 0 || left / thirsty == level)
			return level;
		level = left / thirsty;
	}
}

static void share_out(struct quota *q, enum resource r)
{
	const u64 level = water_level(q, r);

	for (u32 i = 0; i < q->n; i++) {
		struct account *a = &q->members[i].accounts[r];

		a->share = MIN(a->need, level);
		/* a part of a series is of no use to anyone */
		if (r == LINES && q->members[i].lines > 0)
			a->share -= a->share % q->members[i].lines;
		q->pools[r].claimed += a->share;
	}
}

int quota__new(const struct quota_member *members, u32 n, u64 max_lines, u64 max_bytes,
	       struct quota **ret_quota, struct err *err)
{
	struct quota *q = calloc(1, sizeof(*q) + n * sizeof(*q->members));

	if (!q)
		return err__set_errno(err, -ENOMEM, "quota of %u metrics", n);
	q->n = n;
	q->pools[LINES].limit = MIN(max_lines, LIMIT_MAX);
	q->pools[BYTES].limit = MIN(max_bytes, LIMIT_MAX);
	for (u32 i = 0; i < n; i++)
		set_member(&q->members[i], &members[i]);
	share_out(q, LINES);
	share_out(q, BYTES);
	*ret_quota = q;
	return 0;
}

void quota__free(struct quota *q)
{
	free(q);
}

static u64 held_after(const struct account *a, u64 amount)
{
	return MAX(a->used + amount, a->held);
}

static u64 claim(const struct account *a, u64 held)
{
	return MAX(held, a->share);
}

static bool has_room(const struct pool *p, const struct account *a, u64 amount)
{
	return claim(a, held_after(a, amount)) - claim(a, a->held) <= p->limit - p->claimed;
}

static void hold(struct pool *p, struct account *a, u64 held)
{
	p->claimed += claim(a, held) - claim(a, a->held);
	p->held += held - a->held;
	a->held = held;
}

static void take(struct pool *p, struct account *a, u64 amount)
{
	hold(p, a, held_after(a, amount));
	a->used += amount;
}

static void give(struct account *a, u64 amount)
{
	assert(a->used >= amount);
	a->used -= amount;
}

static bool has_room_for(const struct quota *q, const struct member *m, u32 text_bytes)
{
	return has_room(&q->pools[LINES], &m->accounts[LINES], m->lines) &&
	       has_room(&q->pools[BYTES], &m->accounts[BYTES], (u64)m->bytes + text_bytes);
}

bool quota__has_room(const struct quota *q, u32 member)
{
	assert(member < q->n);
	return has_room_for(q, &q->members[member], q->members[member].text_bytes);
}

bool quota__take(struct quota *q, u32 member, u32 text_bytes)
{
	assert(member < q->n);

	struct member *m = &q->members[member];

	if (!has_room_for(q, m, text_bytes))
		return false;
	take(&q->pools[LINES], &m->accounts[LINES], m->lines);
	take(&q->pools[BYTES], &m->accounts[BYTES], (u64)m->bytes + text_bytes);
	return true;
}

void quota__give(struct quota *q, u32 member, u32 text_bytes)
{
	assert(member < q->n);

	struct member *m = &q->members[member];

	give(&m->accounts[LINES], m->lines);
	hold(&q->pools[LINES], &m->accounts[LINES], m->accounts[LINES].used);
	give(&m->accounts[BYTES], (u64)m->bytes + text_bytes);
}

u64 quota__lines(const struct quota *q)
{
	return q->pools[LINES].held;
}

u64 quota__bytes(const struct quota *q)
{
	return q->pools[BYTES].held;
}
