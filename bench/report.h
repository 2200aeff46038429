/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a run of the bench found: rows of subjects, remarks for the reader, and what machine it was.
 * Suites add, `ringtally bench` prints, report_json writes it down with every sample.
 */
#ifndef RINGTALLY_BENCH_REPORT_H
#define RINGTALLY_BENCH_REPORT_H

#include "bench/stats.h"

struct err;
struct strbuf;

enum { SUBJECT_BYTES = 64, NOTE_BYTES = 512 };

/* What was measured of one subject. What a suite does not measure stays as bench_row_init leaves
 * it: estimate_none, NAN, or 0 where 0 says it. */
struct bench_row {
	u32 run; /* 1 ... of --runs */
	const char *suite;
	char subject[SUBJECT_BYTES]; /* "tp_btf/hash/pid+comm" */
	const char *unit;	     /* "ns", "ms", "bytes", "%" */
	struct estimate value;	     /* per event: of the samples themselves */
	struct estimate above_empty; /* in pairs with the empty program of the same round */
	double above_key;	     /* ... with the program that only fetches the key */
	struct estimate
		ratio_to_hash; /* of above_empty, to that of the hash map with the same key */
	double consumer_ns;    /* user space's CPU time per event */
	double ring_records_per_event;
	u64 events;	       /* made while it was measured */
	bool counts;	       /* it counts events: `lost` means something */
	u64 lost;	       /* of them, neither counted with their labels nor waiting */
	u32 xlated_bytes;      /* of the program after the verifier; 0: none */
	char note[NOTE_BYTES]; /* why there is no figure, or what to know about it */
	double *samples;       /* owned by the report */
	size_t nsamples;
};

struct bench_report {
	struct bench_row *rows;
	size_t nrows;
	char **remarks; /* lines below the table */
	size_t nremarks;
	u32 run;     /* of the rows added now */
	bool noisy;  /* the machine was too noisy for a claim */
	bool failed; /* memory ran out: incomplete */
};

void bench_report__init(struct bench_report *r);
void bench_report__fini(struct bench_report *r);

/* A new row, valid until the next one is added; copies the samples. Never NULL: when memory runs
 * out the report is `failed` and the row a spare one that goes nowhere. */
struct bench_row *bench_report__row(struct bench_report *r, const char *suite, const char *subject,
				    const char *unit, const double *samples, size_t nsamples);

void bench_report__remark(struct bench_report *r, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* {"machine":…,"rows":[…],"remarks":[…]}; figures that do not apply are null. */
void bench_report__put_json(const struct bench_report *r, struct strbuf *out);

#endif
