/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two threads on one CPU that hand a byte back and forth over two pipes: each hand-over wakes the
 * other one up, which waits until this one sleeps. One wait and one switch each.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "bench/event_load.h"
#include "bench/machine.h"

struct pipe_load {
	int there[2];
	int back[2];
	u32 cpu;
	pthread_t partner;
	bool has_partner;
};

/* Ends when the pipe's other end is closed. */
static void *hand_back(void *arg)
{
	struct pipe_load *load = arg;
	struct err ignored = {0};
	char byte;

	machine_pin(load->cpu, &ignored);
	while (read(load->there[0], &byte, 1) == 1)
		if (write(load->back[1], &byte, 1) != 1)
			break;
	return NULL;
}

static void close_pipe(int fds[2])
{
	for (int i = 0; i < 2; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

static void stop(void *ctx)
{
	struct pipe_load *load = ctx;

	if (!load)
		return;
	if (load->there[1] >= 0)
		close(load->there[1]);
	load->there[1] = -1;
	if (load->has_partner)
		pthread_join(load->partner, NULL);
	close_pipe(load->there);
	close_pipe(load->back);
	free(load);
}

static int start(u32 cpu, void **ret_ctx, struct err *err)
{
	struct pipe_load *load = calloc(1, sizeof(*load));
	int rc;

	if (!load)
		return err__set_errno(err, -ENOMEM, "pipe load");
	*load = (struct pipe_load){{-1, -1}, {-1, -1}, cpu, 0, false};
	rc = pipe2(load->there, O_CLOEXEC) || pipe2(load->back, O_CLOEXEC) ? -errno : 0;
	if (!rc)
		rc = -pthread_create(&load->partner, NULL, hand_back, load);
	load->has_partner = !rc;
	if (rc) {
		stop(load);
		return err__set_errno(err, rc, "pipe load");
	}
	*ret_ctx = load;
	return 0;
}

static int make(void *ctx, size_t events, struct err *err)
{
	struct pipe_load *load = ctx;
	char byte = 0;

	for (size_t i = 0; i < events / 2; i++) {
		if (write(load->there[1], &byte, 1) != 1 || read(load->back[0], &byte, 1) != 1)
			return err__set_errno(err, -EIO, "pipe load");
	}
	return 0;
}

const struct event_load load_pipe = {
	"pipe",
	"two threads over a pipe on one CPU",
	{"sched_switch", "sched_wakeup"},
	2000,
	start,
	make,
	stop,
};
