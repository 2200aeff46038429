/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Waiting for a CPU: two threads take turns on one, of which one gives it up (and may go on at
 * once) and one sleeps. Beside them a thread of the lowest class works all the time, so that the
 * CPU is never idle.
 *
 * Each thread reads what the kernel has counted for it (its schedstat) before and after it takes
 * the name under which its waits are counted, and before and after it gives it back: what lies
 * between is the least and the most that can be counted.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/err.h"
#include "base/util.h"
#include "bench/machine.h"
#include "bench/pause.h"
#include "cli/known_load.h"
#include "cli/numbers.h"

enum { TURNS_MS = 300, WORK_US = 300, SLEEP_US = 500, THREADS = 2 };

/* The clock of the scheduler and ours are not read at the same moment: of a time. */
enum { CLOCKS_APART_PERCENT = 5 };

/* On some kernels a switch from the idle task, and very seldom one from another task, passes no
 * tracepoint. */
enum { ATTEMPTS = 3 };

struct schedstat {
	u64 ran_ns;
	u64 waits;
	u64 waited_ns;
};

struct waiter {
	pthread_t thread;
	u32 cpu;
	bool sleeps;
	struct schedstat unnamed, named, leaving, left;
	struct err err;
};

static int read_schedstat(struct schedstat *ret, struct err *err)
{
	static const char path[] = "/proc/thread-self/schedstat";
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	char text[128];
	u64 numbers[3]; /* time on a CPU, time waited, how often it got one */
	ssize_t n;

	if (fd < 0)
		return err__set_errno(err, -errno, "%s (does the kernel have CONFIG_SCHED_INFO?)",
				      path);
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n < 0)
		return err__set_errno(err, -errno, "%s", path);
	text[n] = '\0';
	if (numbers_read(text, numbers, ARRAY_SIZE(numbers)) < ARRAY_SIZE(numbers))
		return err__set(err, -EBADMSG, "%s does not have three numbers", path);
	*ret = (struct schedstat){numbers[0], numbers[2], numbers[1]};
	return 0;
}

static void work(u64 us)
{
	const u64 end = pause_now_ns() + us * 1000;

	while (pause_now_ns() < end)
		;
}

static void take_turns(const struct waiter *w)
{
	const u64 end = pause_now_ns() + TURNS_MS * 1000000ULL;

	while (pause_now_ns() < end) {
		work(WORK_US);
		if (w->sleeps)
			pause_us(SLEEP_US);
		else
			sched_yield();
	}
}

static void *run(void *arg)
{
	struct waiter *w = arg;

	if (machine_pin(w->cpu, &w->err) || read_schedstat(&w->unnamed, &w->err))
		return NULL;
	prctl(PR_SET_NAME, known_name('w').text);
	if (!read_schedstat(&w->named, &w->err)) {
		take_turns(w);
		read_schedstat(&w->leaving, &w->err);
	}
	prctl(PR_SET_NAME, known_name(0).text);
	read_schedstat(&w->left, &w->err);
	return NULL;
}

/* Whoever wants the CPU gets it from this thread at once. */
struct filler {
	pthread_t thread;
	u32 cpu;
	bool leaves;
};

static void *fill(void *arg)
{
	const struct filler *f = arg;
	const struct sched_param param = {0};
	struct err ignored = {0};

	sched_setscheduler(0, SCHED_IDLE, &param);
	machine_pin(f->cpu, &ignored);
	while (!__atomic_load_n(&f->leaves, __ATOMIC_RELAXED))
		;
	return NULL;
}

static int start(struct known *k, struct err *err)
{
	struct schedstat ignored;

	known__add_label(k, "comm", known_name('w').text);
	return read_schedstat(&ignored, err);
}

static void add(struct known *k, const struct waiter *w)
{
	struct known_figure *waits = &k->figures[KNOWN_WAITS];
	struct known_figure *waited = &k->figures[KNOWN_WAITED_NS];
	struct known_figure *ran = &k->figures[KNOWN_RAN_NS];

	waits->least += w->leaving.waits - w->named.waits;
	waits->most += w->left.waits - w->unnamed.waits;
	waited->least += w->leaving.waited_ns - w->named.waited_ns;
	waited->most += w->left.waited_ns - w->unnamed.waited_ns;
	ran->least += w->leaving.ran_ns - w->named.ran_ns;
	ran->most += w->left.ran_ns - w->unnamed.ran_ns;
}

static void allow_for_clocks(struct known_figure *time)
{
	time->least -= time->least * CLOCKS_APART_PERCENT / 100;
	time->most += time->most * CLOCKS_APART_PERCENT / 100;
}

static int run_waiters(struct known *k, u32 cpu, struct err *err)
{
	struct waiter waiters[THREADS] = {0};
	int started = 0, rc = 0;

	for (; !rc && started < THREADS; started += !rc) {
		waiters[started].cpu = cpu;
		waiters[started].sleeps = started % 2;
		rc = -pthread_create(&waiters[started].thread, NULL, run, &waiters[started]);
	}
	if (rc)
		err__set_errno(err, rc, "a thread that waits for a CPU");
	for (int i = 0; i < started; i++) {
		pthread_join(waiters[i].thread, NULL);
		add(k, &waiters[i]);
		if (waiters[i].err.code)
			rc = err__set(err, waiters[i].err.code, "%s", waiters[i].err.msg);
	}
	allow_for_clocks(&k->figures[KNOWN_WAITED_NS]);
	allow_for_clocks(&k->figures[KNOWN_RAN_NS]);
	return rc;
}

static int make(struct known *k, struct err *err)
{
	struct filler filler = {.cpu = machine_choose_cpus().measured};
	int rc = -pthread_create(&filler.thread, NULL, fill, &filler);

	if (rc)
		return err__set_errno(err, rc, "a thread that keeps a CPU busy");
	k->figures[KNOWN_WAITS] = (struct known_figure){0};
	k->figures[KNOWN_WAITED_NS] = (struct known_figure){0};
	k->figures[KNOWN_RAN_NS] = (struct known_figure){0};
	rc = run_waiters(k, filler.cpu, err);
	__atomic_store_n(&filler.leaves, true, __ATOMIC_RELAXED);
	pthread_join(filler.thread, NULL);
	return rc;
}

const struct known_load known_waits = {"waits", ATTEMPTS, start, make, NULL};
