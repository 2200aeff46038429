/* SPDX-License-Identifier: Apache-2.0 */
/* The metrics are written first, into a buffer of their own: whether all balances stands in front.
 */
#include "exporters/ledger_json.h"

#include "aggregators/snapshot.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "base/version.h"
#include "exporters/standing.h"

static void put_u64(struct json *j, const char *key, u64 n)
{
	json__key(j, key);
	json__u64(j, n);
}

static void put_bool(struct json *j, const char *key, bool value)
{
	json__key(j, key);
	json__bool(j, value);
}

/* ---- events ---- */

static void put_mark(struct json *j, const struct books_mark *m)
{
	put_u64(j, "accepted", m->accepted);
	put_u64(j, "consumed", m->consumed);
	put_u64(j, "lost", m->lost);
}

static void put_marks(struct json *j, const struct event_books *e)
{
	const struct books_mark sum = event_books__mark(e);

	json__key(j, "marks");
	json__open(j, '{');
	put_u64(j, "taken", e->marks);
	put_u64(j, "off", e->marks_off);
	put_mark(j, &sum);
	json__key(j, "cpus");
	json__open(j, '[');
	for (u32 i = 0; i < e->ncpus; i++) {
		json__open(j, '{');
		put_u64(j, "cpu", e->cpus[i].cpu);
		put_mark(j, &e->cpus[i]);
		json__close(j, '}');
	}
	json__close(j, ']');
	json__close(j, '}');
}

static void put_lost(struct json *j, const struct event_books *e)
{
	json__key(j, "lost");
	json__open(j, '{');
	put_u64(j, "ring_full", e->lost_ring_full);
	put_u64(j, "no_ring", e->lost_no_ring);
	json__close(j, '}');
}

static void put_event(struct json *j, const struct event_books *e)
{
	json__open(j, '{');
	json__key(j, "event");
	json__text(j, e->event);
	put_bool(j, "attached", !e->refusal);
	if (e->refusal) {
		json__key(j, "reason");
		json__text(j, e->refusal);
	}
	put_u64(j, "fired", event_books__fired(e));
	put_u64(j, "seen", event_books__seen(e));
	put_u64(j, "unpaired", e->unpaired);
	put_u64(j, "skipped", e->skipped);
	put_u64(j, "filtered", e->filtered);
	put_u64(j, "accepted", e->accepted);
	put_u64(j, "consumed", e->consumed);
	put_u64(j, "pending", e->pending);
	put_lost(j, e);
	put_u64(j, "starts_refused", e->starts_refused);
	put_u64(j, "evictions", e->evictions);
	put_u64(j, "clock_skew", e->clock_skew);
	put_marks(j, e);
	put_bool(j, "balanced", event_books__balance(e));
	json__close(j, '}');
}

/* ---- metrics ---- */

struct tally {
	const struct family_desc *desc;
	const char *event;
	const struct metric_books *books;
	struct standings standings;
	u128 total;
	bool balanced; /* or there is nothing to compare with */
};

static struct tally tally_of(const struct snapshot *s, u32 i)
{
	const struct metric_books *m = &s->books->metrics[i];
	struct tally t = {
		.desc = &s->families[i].desc,
		.event = s->books->events[m->event].event,
		.books = m,
		.standings = standings_of(&s->families[i]),
		.total = m->retired,
	};

	for (int standing = 0; standing < STANDING_COUNT; standing++)
		t.total += t.standings.sums[standing];
	t.balanced = !m->complete || t.total == (u128)m->counted + m->lost;
	return t;
}

static void put_expected(struct json *j, const struct tally *t)
{
	json__key(j, "expected");
	if (!t->books->complete) {
		json__null(j);
		json__key(j, "balanced");
		json__null(j);
		return;
	}
	json__open(j, '{');
	put_u64(j, "consumed", t->books->counted);
	put_u64(j, "lost", t->books->lost);
	json__close(j, '}');
	put_bool(j, "balanced", t->balanced);
}

static void put_metric(struct json *j, const struct tally *t)
{
	const struct {
		const char *key;
		u128 n;
	} terms[] = {
		{"series", t->standings.sums[STANDING_OWN]},
		{"other", t->standings.sums[STANDING_OTHER]},
		{"lost", t->standings.sums[STANDING_LOST]},
		{"retired", t->books->retired},
		{"total", t->total},
	};

	json__open(j, '{');
	json__key(j, "metric");
	json__text(j, t->desc->name);
	json__key(j, "event");
	json__text(j, t->event);
	for (size_t i = 0; i < sizeof(terms) / sizeof(terms[0]); i++) {
		json__key(j, terms[i].key);
		standing_put(j, t->desc, terms[i].n);
	}
	put_expected(j, t);
	json__close(j, '}');
}

/* Whether all of them balance. */
static bool put_metrics(struct json *j, const struct snapshot *s)
{
	bool balanced = true;

	json__open(j, '[');
	for (u32 i = 0; i < s->books->nmetrics; i++) {
		const struct tally t = tally_of(s, i);

		put_metric(j, &t);
		balanced = balanced && t.balanced;
	}
	json__close(j, ']');
	return balanced;
}

/* ---- */

static bool events_balance(const struct books *b)
{
	for (u32 i = 0; i < b->nevents; i++)
		if (!event_books__balance(&b->events[i]))
			return false;
	return true;
}

void ledger_json_put(struct strbuf *out, const struct snapshot *s)
{
	struct strbuf metrics;
	struct json j;
	bool balanced;

	strbuf__init(&metrics);
	json__init(&j, &metrics);
	balanced = put_metrics(&j, s) && events_balance(s->books);
	json__init(&j, out);
	json__open(&j, '{');
	json__key(&j, "version");
	json__text(&j, ringtally_version);
	put_bool(&j, "balanced", balanced);
	json__key(&j, "events");
	json__open(&j, '[');
	for (u32 i = 0; i < s->books->nevents; i++)
		put_event(&j, &s->books->events[i]);
	json__close(&j, ']');
	json__key(&j, "metrics");
	json__spelt(&j, metrics.data);
	json__close(&j, '}');
	strbuf__putc(out, '\n');
	out->failed |= metrics.failed;
	strbuf__fini(&metrics);
}
