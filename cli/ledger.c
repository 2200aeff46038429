/* SPDX-License-Identifier: Apache-2.0 */
/* Equations are rows of two tables, one of events, one of metrics; terms are paths in the JSON. */
#include "cli/ledger.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/util.h"
#include "exporters/api_ledger.h"

/* ---- reading ---- */

/* "marks.accepted": members of members. NULL: it is not there. */
static const json_t *find(const json_t *from, const char *path)
{
	while (from && *path) {
		const size_t n = strcspn(path, ".");

		from = json_object_getn(from, path, n);
		path += n + (path[n] == '.');
	}
	return from;
}

static int read_u64(const json_t *from, const char *path, u64 *ret_n, struct err *err)
{
	const json_t *value = find(from, path);

	if (!json_is_integer(value) || json_integer_value(value) < 0)
		return err__set(err, -EBADMSG, "'%s' is no number in this ledger", path);
	*ret_n = (u64)json_integer_value(value);
	return 0;
}

static const char *text_of(const json_t *from, const char *key)
{
	return json_string_value(json_object_get(from, key));
}

static int read_event(json_t *from, struct ledger_event *ret_event, struct err *err)
{
	*ret_event = (struct ledger_event){.name = text_of(from, "event"), .json = from};
	if (!ret_event->name)
		return err__set(err, -EBADMSG, "an event without a name in this ledger");
	if (!json_is_true(json_object_get(from, "attached"))) {
		ret_event->reason = text_of(from, "reason");
		if (!ret_event->reason)
			ret_event->reason = "no reason given";
	}
	return read_u64(from, "fired", &ret_event->fired, err);
}

static int read_events(struct ledger *l, struct err *err)
{
	json_t *events = json_object_get(l->json, "events");
	int rc = 0;

	if (!json_is_array(events) || !json_is_array(json_object_get(l->json, "metrics")))
		return err__set(err, -EBADMSG, "no 'events' and 'metrics' in this ledger");
	l->events = calloc(json_array_size(events) + 1, sizeof(*l->events));
	if (!l->events)
		return err__set_errno(err, -ENOMEM, "ledger");
	for (; !rc && l->nevents < json_array_size(events); l->nevents++)
		rc = read_event(json_array_get(events, l->nevents), &l->events[l->nevents], err);
	return rc;
}

int ledger__get(struct client *c, struct ledger *ret_ledger, struct err *err)
{
	struct ledger l = {0};
	int rc = client__get(c, API_LEDGER_PATH, &l.json, err);

	if (!rc)
		rc = read_events(&l, err);
	if (rc) {
		ledger__fini(&l);
		return rc;
	}
	*ret_ledger = l;
	return 0;
}

void ledger__fini(struct ledger *l)
{
	json_decref(l->json);
	free(l->events);
	*l = (struct ledger){0};
}

const struct ledger_event *ledger__event(const struct ledger *l, const char *name)
{
	for (size_t i = 0; i < l->nevents; i++)
		if (!strcmp(l->events[i].name, name))
			return &l->events[i];
	return NULL;
}

/* ---- equations ---- */

struct row {
	const char *left;
	const char *right[EQUATION_TERMS_MAX];
	const char *note;
};

static const struct row event_rows[] = {
	{"fired", {"seen", "unpaired", "skipped"}, NULL},
	{"seen", {"filtered", "accepted"}, NULL},
	{"marks.accepted", {"marks.consumed", "marks.lost"}, "at the latest mark of each CPU"},
};

/* Worth a line only when they do not hold: the sum over all CPUs would hide two that are off, and
 * the latest marks one before. */
static const struct row off_row = {"marks.off", {0}, "marks did not balance"};
static const struct row cpu_row = {
	"accepted", {"consumed", "lost"}, "on one CPU, at its latest mark"};

static const struct row total_row = {"total", {"series", "other", "lost", "retired"}, NULL};
static const struct row expected_row = {"total", {"expected.consumed", "expected.lost"}, NULL};

/* What is said of a term: "marks.accepted" is accepted. */
static const char *last_name(const char *path)
{
	const char *dot = strrchr(path, '.');

	return dot ? dot + 1 : path;
}

static int read_equation(const char *subject, const json_t *from, const struct row *row,
			 struct equation *ret_equation, struct err *err)
{
	struct equation e = {.subject = subject, .note = row->note, .known = true};
	u64 sum = 0;
	int rc = read_u64(from, row->left, &e.left.value, err);

	e.left.name = last_name(row->left);
	for (; !rc && e.nright < EQUATION_TERMS_MAX && row->right[e.nright]; e.nright++) {
		struct equation_term *term = &e.right[e.nright];

		term->name = last_name(row->right[e.nright]);
		rc = read_u64(from, row->right[e.nright], &term->value, err);
		sum += term->value;
	}
	if (rc)
		return err__wrap(err, "%s", subject);
	e.holds = e.left.value == sum;
	*ret_equation = e;
	return 0;
}

struct walk {
	equation_fn visit;
	void *ctx;
	struct err *err;
};

static int visit_row(const struct walk *w, const char *subject, const json_t *from,
		     const struct row *row)
{
	struct equation e = {0};
	int rc = read_equation(subject, from, row, &e, w->err);

	if (!rc)
		w->visit(w->ctx, &e);
	return rc;
}

static int visit_fault(const struct walk *w, const struct ledger_event *event, const json_t *from,
		       const struct row *row)
{
	struct equation e = {0};
	int rc = read_equation(event->name, from, row, &e, w->err);

	if (!rc && !e.holds)
		w->visit(w->ctx, &e);
	return rc;
}

static int visit_cpus(const struct walk *w, const struct ledger_event *event)
{
	const json_t *cpus = find(event->json, "marks.cpus");
	int rc = json_is_array(cpus)
			 ? 0
			 : err__set(w->err, -EBADMSG, "%s: 'marks.cpus' is no array", event->name);

	for (size_t i = 0; !rc && i < json_array_size(cpus); i++)
		rc = visit_fault(w, event, json_array_get(cpus, i), &cpu_row);
	return rc;
}

static int visit_event(const struct walk *w, const struct ledger_event *event)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < ARRAY_SIZE(event_rows); i++)
		rc = visit_row(w, event->name, event->json, &event_rows[i]);
	if (!rc)
		rc = visit_fault(w, event, event->json, &off_row);
	return rc ? rc : visit_cpus(w, event);
}

/* Sums of a value are not in the ledger, and may not even be whole numbers. */
static int visit_metric(const struct walk *w, const json_t *metric)
{
	const char *name = text_of(metric, "metric");
	const struct equation unknown = {
		.subject = name,
		.note = "has a where, or a value that is added up or may be absent: the ledger "
			"cannot know",
	};
	int rc;

	if (!name)
		return err__set(w->err, -EBADMSG, "a metric without a name in this ledger");
	if (json_is_null(json_object_get(metric, "expected"))) {
		w->visit(w->ctx, &unknown);
		return 0;
	}
	rc = visit_row(w, name, metric, &total_row);
	return rc ? rc : visit_row(w, name, metric, &expected_row);
}

int ledger__equations(const struct ledger *l, equation_fn visit, void *ctx, struct err *err)
{
	const struct walk walk = {visit, ctx, err};
	const json_t *metrics = json_object_get(l->json, "metrics");
	int rc = 0;

	for (size_t i = 0; !rc && i < l->nevents; i++)
		if (!l->events[i].reason)
			rc = visit_event(&walk, &l->events[i]);
	for (size_t i = 0; !rc && i < json_array_size(metrics); i++)
		rc = visit_metric(&walk, json_array_get(metrics, i));
	return rc;
}
