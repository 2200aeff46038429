/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/audit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/util.h"
#include "bench/pause.h"
#include "cli/proc_counter.h"

enum { ATTEMPTS = 3 };

/* ---- equations ---- */

struct collection {
	struct audit *audit;
	bool failed; /* no memory */
};

static void add_equation(void *ctx, const struct equation *e)
{
	struct collection *to = ctx;
	struct audit *a = to->audit;
	struct equation *grown = reallocarray(a->equations, a->nequations + 1, sizeof(*grown));

	if (!grown) {
		to->failed = true;
		return;
	}
	a->equations = grown;
	grown[a->nequations++] = *e;
	a->holds = a->holds && (!e->known || e->holds);
}

/* Shows this ledger from now on, unless one before it does not hold: that one stays. */
static int look_at(struct audit *a, struct ledger *take_ledger, struct err *err)
{
	struct collection collection = {.audit = a};
	int rc;

	if (a->ledger.json && !a->holds) {
		ledger__fini(take_ledger);
		return 0;
	}
	ledger__fini(&a->ledger);
	a->ledger = *take_ledger;
	a->nequations = 0;
	rc = ledger__equations(&a->ledger, add_equation, &collection, err);
	if (!rc && collection.failed)
		rc = err__set_errno(err, -ENOMEM, "audit");
	return rc;
}

/* ---- readings ---- */

struct reading {
	u64 before[AUDIT_PROCS_MAX]; /* ours */
	struct proc_reading proc[AUDIT_PROCS_MAX];
	u64 after[AUDIT_PROCS_MAX];
	bool attached[AUDIT_PROCS_MAX];
};

/* Fired is what the kernel counts: also what no metric accepts. */
static int read_ours(struct audit *a, struct client *c, u64 *fired, bool *attached, struct err *err)
{
	struct ledger ledger;
	int rc = ledger__get(c, &ledger, err);

	if (rc)
		return rc;
	for (u32 i = 0; i < proc_counters_count; i++) {
		const struct ledger_event *event = ledger__event(&ledger, proc_counters[i].event);

		attached[i] = event && !event->reason;
		fired[i] = event ? event->fired : 0;
	}
	return look_at(a, &ledger, err);
}

static int take_reading(struct audit *a, struct client *c, struct reading *r, struct err *err)
{
	int rc = read_ours(a, c, r->before, r->attached, err);

	for (u32 i = 0; !rc && i < proc_counters_count; i++)
		if (r->attached[i])
			rc = proc_counter__read(&proc_counters[i], &r->proc[i], err);
	return rc ? rc : read_ours(a, c, r->after, r->attached, err);
}

static struct audit_proc compare(const struct reading r[2], u32 i)
{
	struct audit_proc p = {
		.counter = &proc_counters[i],
		.least = r[1].before[i] > r[0].after[i] ? r[1].before[i] - r[0].after[i] : 0,
		.change = r[1].proc[i].count - r[0].proc[i].count,
		.most = r[1].after[i] - r[0].before[i],
	};

	if (r[1].proc[i].disturbed != r[0].proc[i].disturbed)
		p.unknown = p.counter->disturbed;
	p.holds = p.least <= p.change && p.change <= p.most;
	return p;
}

/* Whether all fits, as far as it can be compared. */
static bool compare_all(struct audit *a, const struct reading r[2])
{
	bool fits = true;

	a->nprocs = 0;
	for (u32 i = 0; i < proc_counters_count; i++) {
		struct audit_proc *p = &a->procs[a->nprocs];

		if (!r[0].attached[i] || !r[1].attached[i])
			continue;
		*p = compare(r, i);
		fits = fits && (p->unknown || p->holds);
		a->nprocs++;
	}
	return fits;
}

int audit__run(struct audit *a, struct client *c, u32 interval_ms, struct err *err)
{
	struct reading readings[2] = {0};
	bool fits = false;

	*a = (struct audit){.holds = true};
	for (int i = 0; i < ATTEMPTS && !fits; i++) {
		int rc = take_reading(a, c, &readings[0], err);

		pause_ms(interval_ms);
		if (!rc)
			rc = take_reading(a, c, &readings[1], err);
		if (rc)
			return rc;
		fits = compare_all(a, readings);
	}
	a->holds = a->holds && fits;
	return 0;
}

void audit__fini(struct audit *a)
{
	ledger__fini(&a->ledger);
	free(a->equations);
	*a = (struct audit){0};
}
