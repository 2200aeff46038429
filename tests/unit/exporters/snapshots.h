/* SPDX-License-Identifier: Apache-2.0 */
/* Snapshots made by hand, for the tests of what renders them. */
#ifndef RINGTALLY_TESTS_EXPORTERS_SNAPSHOTS_H
#define RINGTALLY_TESTS_EXPORTERS_SNAPSHOTS_H

#include <stdio.h>
#include <string.h>

#include "aggregators/labels.h"
#include "aggregators/snapshot.h"

/* Label texts of one series: TEXTS("bash", "read"). */
#define TEXTS(...) ((const char *const[]){__VA_ARGS__})

/* A histogram family of one series; `counts` are nbounds + 1. */
static inline void add_histogram(struct snapshot *s, const struct family_desc *desc,
				 const char *const *texts, const u64 *counts, u128 sum)
{
	struct family_snapshot *fs = snapshot__add_family(s, desc, 1);
	struct label_builder b;

	assert_non_null(fs);
	label_builder__reset(&b);
	for (u16 i = 0; i < desc->nlabels; i++)
		label_builder__append(&b, texts[i], strlen(texts[i]));
	fs->labels[0] = label_arena__copy(&s->arena, &b);
	assert_non_null(fs->labels[0]);
	fs->rows.sums[0] = sum;
	memcpy(fs->rows.buckets, counts, (desc->nbounds + 1) * sizeof(*counts));
}

/* A counter family of n series: many_total{comm="worker/I",syscall="read"} I * 1000003. */
static inline struct snapshot *snapshot_of_counters(size_t n)
{
	static const char *const names[] = {"comm", "syscall"};
	static const struct family_desc desc = {
		.name = "many_total",
		.help = "Many series.",
		.shape = AGG_SHAPE_COUNTER,
		.label_names = names,
		.nlabels = 2,
	};
	struct snapshot *s;

	assert_int_equal(snapshot__new(&s), 0);
	snapshot__begin(s, &desc);
	for (size_t i = 0; i < n; i++) {
		char comm[32];

		snprintf(comm, sizeof(comm), "worker/%zu", i);
		snapshot__sample(s, (u128)i * 1000003, TEXTS(comm, "read"));
	}
	assert_false(snapshot__failed(s));
	return s;
}

#endif
