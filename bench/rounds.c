/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/rounds.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/util.h"
#include "bench/hook.h"
#include "bench/progress.h"
#include "bench/random.h"
#include "bench/sequence.h"
#include "bench/stub.h"
#include "bench/subject.h"
#include "bench/worker.h"

enum { RIVAL_CALLS = 64, PASS_CHUNK = 2000 };

/* What the other thread does, and what came of it. */
struct company_job {
	const struct hook *hook;
	const u64 *arguments;
	size_t n;
	u32 running; /* it has begun; the threads meet here */
	u32 stop;
	u64 calls;
	u64 cpu_ns;
};

static u32 load_flag(const u32 *flag)
{
	return __atomic_load_n(flag, __ATOMIC_ACQUIRE);
}

/* NOLINTNEXTLINE(readability-non-const-parameter): the builtin writes through it */
static void store_flag(u32 *flag, u32 value)
{
	__atomic_store_n(flag, value, __ATOMIC_RELEASE);
}

static void be_rival(void *ctx)
{
	struct company_job *job = ctx;
	size_t n = MIN(job->n, (size_t)RIVAL_CALLS);

	while (!load_flag(&job->stop)) {
		job->hook->fire(job->arguments, n);
		job->calls += n;
		store_flag(&job->running, 1);
	}
}

static void be_producer(void *ctx)
{
	struct company_job *job = ctx;
	u64 begin;

	store_flag(&job->running, 1);
	begin = thread_cpu_ns();
	job->hook->fire(job->arguments, job->n);
	job->cpu_ns += thread_cpu_ns() - begin;
	job->calls += job->n;
}

static void start_company(const struct rounds *r, const struct batch *batch,
			  struct company_job *job)
{
	if (batch->with == COMPANY_NONE)
		return;
	worker__start(r->worker, batch->with == COMPANY_RIVAL ? be_rival : be_producer, job);
	while (!load_flag(&job->running))
		;
}

static void end_company(const struct rounds *r, const struct batch *batch, struct company_job *job)
{
	if (batch->with == COMPANY_NONE)
		return;
	store_flag(&job->stop, 1);
	worker__wait(r->worker);
}

static void drain_job(void *ctx)
{
	struct subject *subject = ctx;
	u64 begin = thread_cpu_ns();

	emitter__drain(&subject->emitter);
	subject->consumer_ns += thread_cpu_ns() - begin;
}

static void drain(const struct rounds *r, struct subject *subject)
{
	if (!subject->emits)
		return;
	worker__start(r->worker, drain_job, subject);
	worker__wait(r->worker);
}

/* One chunk of a batch; the CPU time it took, and how many calls that was. */
static u64 measure_chunk(const struct rounds *r, struct subject *subject, const struct batch *batch,
			 size_t at, u64 *ret_calls)
{
	size_t n = MIN(batch->chunk, batch->arguments->n - at);
	struct company_job job = {.hook = r->hook};
	u64 begin, ns;

	if (batch->with != COMPANY_NONE) {
		job.arguments = batch->company->arguments + at;
		job.n = n;
	}
	start_company(r, batch, &job);
	begin = thread_cpu_ns();
	r->hook->fire(batch->arguments->arguments + at, n);
	ns = thread_cpu_ns() - begin;
	end_company(r, batch, &job);
	subject->calls += n + job.calls;
	*ret_calls += n;
	if (batch->with == COMPANY_PRODUCER) {
		*ret_calls += job.calls;
		ns += job.cpu_ns;
	}
	drain(r, subject);
	return ns;
}

double rounds__measure(const struct rounds *r, struct subject *subject, const struct batch *batch,
		       struct err *err)
{
	u64 ns = 0, calls = 0;

	if (stub__fill(r->stub, subject->program_fd, err))
		return (double)NAN;
	r->hook->fire(batch->arguments->arguments, batch->warm);
	subject->calls += batch->warm;
	for (size_t at = 0; at < batch->arguments->n; at += batch->chunk)
		ns += measure_chunk(r, subject, batch, at, &calls);
	return (double)ns / (double)calls;
}

int rounds__pass(const struct rounds *r, struct subjects *subjects,
		 const struct sequence *arguments, struct err *err)
{
	const struct batch batch = {.arguments = arguments, .chunk = PASS_CHUNK};

	for (size_t i = 0; i < subjects->n; i++)
		if (isnan(rounds__measure(r, &subjects->items[i], &batch, err)))
			return err->code;
	return 0;
}

/* Each subject has the slot once. */
static int run_round(const struct rounds *r, struct subjects *subjects, const size_t *order,
		     size_t round, const struct batch *batch, struct err *err)
{
	for (size_t i = 0; i < subjects->n; i++) {
		struct subject *subject = &subjects->items[order[i]];

		subject->samples[round] = rounds__measure(r, subject, batch, err);
		if (err->code)
			return err->code;
	}
	return 0;
}

int rounds__run(const struct rounds *r, struct subjects *subjects, const struct batch *batch,
		struct err *err)
{
	struct random random = RANDOM_FOR_ORDER;
	size_t *order = calloc(subjects->n + 1, sizeof(*order));
	int rc = 0;

	if (!order)
		return err__set_errno(err, -ENOMEM, "rounds");
	subjects__begin(subjects);
	for (size_t round = 0; !rc && round < subjects->rounds; round++) {
		random__order(&random, order, subjects->n);
		rc = run_round(r, subjects, order, round, batch, err);
		progress__step(r->progress, round, subjects->rounds);
	}
	free(order);
	return rc;
}
