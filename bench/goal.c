/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/goal.h"

#include <math.h>
#include <stdio.h>

void goal__see(struct goal *g, double value, const char *where)
{
	if (isnan(value))
		return;
	if (g->where[0] && (g->at_most ? value <= g->worst : value >= g->worst))
		return;
	g->worst = value;
	snprintf(g->where, sizeof(g->where), "%s", where);
}

bool goal__met(const struct goal *g)
{
	if (!g->where[0])
		return false;
	return g->at_most ? g->worst <= g->wanted : g->worst >= g->wanted;
}

void goal__report(const struct goal *g, const char *suite, struct bench_report *report)
{
	const char *limit = g->at_most ? "most" : "least";

	if (!g->where[0])
		bench_report__remark(report, "%s: target not measured: %s, wanted at %s %g%s",
				     suite, g->what, limit, g->wanted, g->unit);
	else
		bench_report__remark(report, "%s: target %s: %s: %.4g%s (%s), wanted at %s %g%s",
				     suite, goal__met(g) ? "met" : "MISSED", g->what, g->worst,
				     g->unit, g->where, limit, g->wanted, g->unit);
}
