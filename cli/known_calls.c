/* SPDX-License-Identifier: Apache-2.0 */
/* System calls: a thread on each CPU makes so many, all at the same time. */
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/err.h"
#include "base/util.h"
#include "bench/machine.h"
#include "cli/known_load.h"

enum { CALLS = 50000, THREADS_MAX = 64 };

struct caller {
	pthread_t thread;
	u32 cpu;
	u64 made;
};

static void *call(void *arg)
{
	struct caller *c = arg;
	struct err ignored = {0};

	prctl(PR_SET_NAME, known_name(0).text);
	machine_pin(c->cpu, &ignored);
	for (u64 i = 0; i < CALLS; i++)
		if (syscall(SYS_getppid) >= 0)
			c->made++;
	return NULL;
}

static int start(struct known *k, struct err *err)
{
	(void)err;
	known__add_label(k, "comm", known_name(0).text);
	known__add_label(k, "syscall", "getppid");
	return 0;
}

static u32 choose_cpus(struct caller callers[THREADS_MAX])
{
	cpu_set_t allowed;
	u32 n = 0;

	CPU_ZERO(&allowed);
	sched_getaffinity(0, sizeof(allowed), &allowed);
	for (u32 cpu = 0; cpu < CPU_SETSIZE && n < THREADS_MAX; cpu++)
		if (CPU_ISSET(cpu, &allowed))
			callers[n++].cpu = cpu;
	return n;
}

static int make(struct known *k, struct err *err)
{
	struct caller callers[THREADS_MAX] = {0};
	const u32 n = choose_cpus(callers);
	u32 started = 0;
	u64 made = 0;
	int rc = 0;

	while (!rc && started < n) {
		rc = -pthread_create(&callers[started].thread, NULL, call, &callers[started]);
		started += !rc;
	}
	for (u32 i = 0; i < started; i++) {
		pthread_join(callers[i].thread, NULL);
		made += callers[i].made;
	}
	known__set(k, KNOWN_CALLS, made);
	return rc ? err__set_errno(err, rc, "a thread that makes system calls") : 0;
}

const struct known_load known_calls = {"calls", 1, start, make, NULL};
