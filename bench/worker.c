/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/worker.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/err.h"
#include "bench/machine.h"

struct worker {
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	u32 cpu;
	worker_job_fn job; /* NULL: none */
	void *ctx;
	bool ending;
	bool ready;
	struct err err; /* of starting */
};

/* One job, out of the lock. False: it is to end. */
static bool take_job(struct worker *w)
{
	worker_job_fn job;

	pthread_mutex_lock(&w->mutex);
	while (!w->job && !w->ending)
		pthread_cond_wait(&w->changed, &w->mutex);
	job = w->job;
	pthread_mutex_unlock(&w->mutex);
	if (!job)
		return false;
	job(w->ctx);
	pthread_mutex_lock(&w->mutex);
	w->job = NULL;
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->mutex);
	return true;
}

static void *work(void *arg)
{
	struct worker *w = arg;

	machine_pin(w->cpu, &w->err);
	pthread_mutex_lock(&w->mutex);
	w->ready = true;
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->mutex);
	while (take_job(w))
		;
	return NULL;
}

static int wait_until_ready(struct worker *w, struct err *err)
{
	pthread_mutex_lock(&w->mutex);
	while (!w->ready)
		pthread_cond_wait(&w->changed, &w->mutex);
	pthread_mutex_unlock(&w->mutex);
	return w->err.code ? err__set(err, w->err.code, "%s", w->err.msg) : 0;
}

int worker__new(u32 cpu, struct worker **ret_worker, struct err *err)
{
	struct worker *w = calloc(1, sizeof(*w));
	int rc;

	if (!w)
		return err__set_errno(err, -ENOMEM, "helper thread");
	w->cpu = cpu;
	pthread_mutex_init(&w->mutex, NULL);
	pthread_cond_init(&w->changed, NULL);
	rc = pthread_create(&w->thread, NULL, work, w);
	if (rc) {
		free(w);
		return err__set_errno(err, -rc, "helper thread");
	}
	rc = wait_until_ready(w, err);
	if (rc) {
		worker__free(w);
		return rc;
	}
	*ret_worker = w;
	return 0;
}

void worker__free(struct worker *w)
{
	if (!w)
		return;
	pthread_mutex_lock(&w->mutex);
	w->ending = true;
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->mutex);
	pthread_join(w->thread, NULL);
	pthread_cond_destroy(&w->changed);
	pthread_mutex_destroy(&w->mutex);
	free(w);
}

void worker__start(struct worker *w, worker_job_fn job, void *ctx)
{
	worker__wait(w);
	pthread_mutex_lock(&w->mutex);
	w->job = job;
	w->ctx = ctx;
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->mutex);
}

void worker__wait(struct worker *w)
{
	pthread_mutex_lock(&w->mutex);
	while (w->job)
		pthread_cond_wait(&w->changed, &w->mutex);
	pthread_mutex_unlock(&w->mutex);
}

u64 thread_cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (u64)now.tv_sec * 1000000000ULL + (u64)now.tv_nsec;
}
