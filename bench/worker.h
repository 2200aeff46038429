/* SPDX-License-Identifier: Apache-2.0 */
/* A second thread, on a CPU of its own, that does one job at a time: takes records out of rings, or
 * makes calls beside the measured thread. */
#ifndef RINGTALLY_BENCH_WORKER_H
#define RINGTALLY_BENCH_WORKER_H

#include "base/types.h"

struct err;
struct worker;

typedef void (*worker_job_fn)(void *ctx);

int worker__new(u32 cpu, struct worker **ret_worker, struct err *err);
void worker__free(struct worker *w); /* waits; NULL is fine */

void worker__start(struct worker *w, worker_job_fn job, void *ctx);
void worker__wait(struct worker *w); /* until it is done */

/* CPU time of the calling thread, in ns. */
u64 thread_cpu_ns(void);

#endif
