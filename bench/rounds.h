/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Subjects compared in one run: in every round each of them has the slot once, in random order, for
 * a batch of calls. Machines have phases; what is compared is compared within the same one. Time is
 * the CPU time of the measured thread. Records are taken out of the rings between the batches, by
 * another thread on another CPU, as the daemon would.
 */
#ifndef RINGTALLY_BENCH_ROUNDS_H
#define RINGTALLY_BENCH_ROUNDS_H

#include "base/types.h"

struct err;
struct hook;
struct progress;
struct sequence;
struct stub;
struct subject;
struct subjects;
struct worker;

/* Who makes calls beside the measured thread. */
enum company {
	COMPANY_NONE,
	COMPANY_RIVAL,	  /* the other CPU makes the same call meanwhile */
	COMPANY_PRODUCER, /* the other CPU makes as many, and is measured as well */
};

struct batch {
	const struct sequence *arguments; /* all of them are called with in every batch */
	const struct sequence *company;	  /* those of the other CPU */
	size_t warm;			  /* calls before, not measured */
	size_t chunk; /* after so many the rings are drained; not measured either */
	enum company with;
};

struct rounds {
	const struct hook *hook;
	struct stub *stub;
	struct worker *worker;
	struct progress *progress;
};

/* One batch of one subject; ns per call, NAN when the slot refuses it (then err). */
double rounds__measure(const struct rounds *r, struct subject *subject, const struct batch *batch,
		       struct err *err);

/* Each subject meets each of these arguments once, unmeasured: maps are filled, tables warm. */
int rounds__pass(const struct rounds *r, struct subjects *subjects,
		 const struct sequence *arguments, struct err *err);

/* Fills in the subjects' samples, rounds as prepared. */
int rounds__run(const struct rounds *r, struct subjects *subjects, const struct batch *batch,
		struct err *err);

#endif
