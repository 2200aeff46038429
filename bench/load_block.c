/* SPDX-License-Identifier: Apache-2.0 */
/* Direct reads of a loop device whose file is in memory: one block request each, and no disk that
 * would take its own time. */
#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/err.h"
#include "bench/event_load.h"

enum { BLOCK_BYTES = 4096, DEVICE_BYTES = 16 << 20, ATTEMPTS = 10 };

struct block_load {
	int control_fd;
	int file_fd;
	int device_fd;
	bool bound;
	void *buffer;
};

static void stop(void *ctx)
{
	struct block_load *load = ctx;

	if (!load)
		return;
	if (load->bound)
		ioctl(load->device_fd, LOOP_CLR_FD, 0);
	if (load->device_fd >= 0)
		close(load->device_fd);
	if (load->file_fd >= 0)
		close(load->file_fd);
	if (load->control_fd >= 0)
		close(load->control_fd);
	free(load->buffer);
	free(load);
}

/* Somebody else may take the free device before we do. */
static int bind_device(struct block_load *load)
{
	for (int i = 0; i < ATTEMPTS && !load->bound; i++) {
		char path[32];
		int number = ioctl(load->control_fd, LOOP_CTL_GET_FREE);

		if (number < 0)
			return -errno;
		snprintf(path, sizeof(path), "/dev/loop%d", number);
		load->device_fd = open(path, O_RDWR | O_CLOEXEC | O_DIRECT);
		if (load->device_fd < 0)
			return -errno;
		load->bound = !ioctl(load->device_fd, LOOP_SET_FD, load->file_fd);
		if (load->bound)
			return 0;
		close(load->device_fd);
		load->device_fd = -1;
	}
	return -EBUSY;
}

static int open_all(struct block_load *load)
{
	load->control_fd = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	if (load->control_fd < 0)
		return -errno;
	load->file_fd = memfd_create("block load", MFD_CLOEXEC);
	if (load->file_fd < 0 || ftruncate(load->file_fd, DEVICE_BYTES))
		return -errno;
	if (posix_memalign(&load->buffer, BLOCK_BYTES, BLOCK_BYTES))
		return -ENOMEM;
	return bind_device(load);
}

static int start(u32 cpu, void **ret_ctx, struct err *err)
{
	struct block_load *load = calloc(1, sizeof(*load));
	int rc;

	(void)cpu;
	if (!load)
		return err__set_errno(err, -ENOMEM, "loop device");
	*load = (struct block_load){-1, -1, -1, false, NULL};
	rc = open_all(load);
	if (rc) {
		stop(load);
		return err__set_errno(err, rc, "loop device");
	}
	*ret_ctx = load;
	return 0;
}

static int make(void *ctx, size_t events, struct err *err)
{
	struct block_load *load = ctx;

	for (size_t i = 0; i < events; i++) {
		off_t at = (off_t)(i % (DEVICE_BYTES / BLOCK_BYTES)) * BLOCK_BYTES;

		if (pread(load->device_fd, load->buffer, BLOCK_BYTES, at) != BLOCK_BYTES)
			return err__set_errno(err, -errno, "reading the loop device");
	}
	return 0;
}

const struct event_load load_block = {
	"block", "direct reads of a loop device in memory", {"block_rq_"}, 1000, start, make, stop,
};
