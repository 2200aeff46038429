/* SPDX-License-Identifier: Apache-2.0 */
/* Does the bench measure what it says? Programs of known relative cost: so many multiplications in
 * a row, each waiting for the one before, and nothing else. Twice as many must cost twice as much.
 */
#ifndef RINGTALLY_BENCH_PLANTED_H
#define RINGTALLY_BENCH_PLANTED_H

#include "bench/report.h"

struct err;
struct subjects;

/* Where such programs run. */
#define PLANTED_HOOK "raw_tp"

/* Subjects planted/N, N doubling, compared with planted/0. 0 or a negative errno. */
int planted__add(struct subjects *s, struct err *err);

/* How far the costs of N and 2N are from one to two at worst: a remark, and `noisy` when too far.
 */
void planted__judge(const struct subjects *s, struct bench_report *report);

#endif
