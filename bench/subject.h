/* SPDX-License-Identifier: Apache-2.0 */
/* What is compared: one program that can be put into the slot, and what became of its events. */
#ifndef RINGTALLY_BENCH_SUBJECT_H
#define RINGTALLY_BENCH_SUBJECT_H

#include "bench/emitter.h"
#include "bench/peer.h"
#include "bench/report.h"

struct subject {
	char name[SUBJECT_BYTES];
	int program_fd;
	bool emits; /* through `emitter`, else it is a `peer` */
	struct emitter emitter;
	struct peer peer;
	int owned_fd; /* of a program that is neither; -1 */
	/* Of the same list: paired with, told as above, divided by. -1: none. */
	int empty;
	int key;
	int hash;
	int twin_of; /* the same program entered twice: what differs between them is noise. -1: none
		      */

	double *samples; /* of each round: ns per call */
	u64 calls;
	u64 consumer_ns; /* CPU time of taking the records of the calls behind `before` */
	struct {
		u64 calls;
		u64 records;
	} before; /* when measuring began: what came earlier has filled maps and tables */
};

struct subjects {
	struct subject *items;
	size_t n;
	size_t rounds; /* samples of each */
};

/* A subject of the list without a program yet; its number, or -ENOMEM. Pointers to others move. */
int subjects__add(struct subjects *s, const char *name);
int subjects__prepare(struct subjects *s, size_t rounds); /* room for samples */
void subjects__begin(struct subjects *s); /* of measuring, after a pass to warm up */
void subjects__fini(struct subjects *s);

/* One row each. */
void subjects__report(const struct subjects *s, const char *suite, struct bench_report *report);

#endif
