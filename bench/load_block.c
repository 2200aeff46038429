/* SPDX-License-Identifier: Apache-2.0 */
/* Direct reads of a loop device: one block request each. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "bench/event_load.h"
#include "bench/loop_device.h"

enum { BLOCK_BYTES = 4096, DEVICE_BYTES = 16 << 20 };

struct block_load {
	struct loop_device device;
	void *buffer;
};

static void stop(void *ctx)
{
	struct block_load *load = ctx;

	if (!load)
		return;
	loop_device__close(&load->device);
	free(load->buffer);
	free(load);
}

static int start(u32 cpu, void **ret_ctx, struct err *err)
{
	struct block_load *load = calloc(1, sizeof(*load));
	int rc;

	(void)cpu;
	if (!load || posix_memalign(&load->buffer, BLOCK_BYTES, BLOCK_BYTES)) {
		free(load);
		return err__set_errno(err, -ENOMEM, "loop device");
	}
	rc = loop_device__open(&load->device, DEVICE_BYTES, err);
	if (rc) {
		free(load->buffer);
		free(load);
		return rc;
	}
	*ret_ctx = load;
	return 0;
}

static int make(void *ctx, size_t events, struct err *err)
{
	struct block_load *load = ctx;

	for (size_t i = 0; i < events; i++) {
		off_t at = (off_t)(i % (DEVICE_BYTES / BLOCK_BYTES)) * BLOCK_BYTES;

		if (pread(load->device.fd, load->buffer, BLOCK_BYTES, at) != BLOCK_BYTES)
			return err__set_errno(err, -errno, "reading the loop device");
	}
	return 0;
}

const struct event_load load_block = {
	"block", "direct reads of a loop device in memory", {"block_rq_"}, 1000, start, make, stop,
};
