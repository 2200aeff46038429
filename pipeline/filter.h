/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The `where`s of an event's metrics, turned into what the kernel decides by (struct wire_filter):
 * comparisons of words become facts, shared by all metrics; each `where` becomes alternatives of
 * facts that must hold or must not (a disjunctive normal form).
 */
#ifndef RINGTALLY_PIPELINE_FILTER_H
#define RINGTALLY_PIPELINE_FILTER_H

#include "bpf/wire.h"
#include "config/where.h"
#include "pipeline/cgroup_tests.h"
#include "pipeline/field_ref.h"

/* What a `where` may name, and what is found out on the way. */
struct filter_plan {
	struct field_scope scope;
	struct diags *diags;
	struct wire_filter *filter;
	struct cgroup_tests *cgroup_tests; /* of all events */
	u64 event_words;		   /* that tests look at */
	u64 context_words;
	u32 nfacts;
	struct fact_tests {
		u64 first; /* in filter->tests */
		u64 n;
	} facts[WIRE_FACTS_MAX];
};

/* Adds the `where` of metric number `metric`. What is wrong goes to diags with its place. */
void filter_plan__add(struct filter_plan *f, u32 metric, const struct where *where);

#endif
