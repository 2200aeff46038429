/* SPDX-License-Identifier: Apache-2.0 */
/* Block I/O: direct writes to a loop device, one after the other. Others may read a device that
 * appears; nobody else writes to it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/err.h"
#include "base/util.h"
#include "bench/loop_device.h"
#include "bench/pause.h"
#include "cli/known_load.h"
#include "cli/numbers.h"

enum { WRITES = 500, BLOCK_BYTES = 4096, DEVICE_BYTES = WRITES * BLOCK_BYTES };

/* Its place among the numbers of /proc/diskstats. */
enum { DISKSTATS_WRITES = 4 };

struct writes {
	struct loop_device device;
	void *buffer;
};

static void stop(struct known *k)
{
	struct writes *w = k->ctx;

	loop_device__close(&w->device);
	free(w->buffer);
	free(w);
}

static int start(struct known *k, struct err *err)
{
	struct writes *w = calloc(1, sizeof(*w));
	int rc;

	if (!w || posix_memalign(&w->buffer, BLOCK_BYTES, BLOCK_BYTES)) {
		free(w);
		return err__set_errno(err, -ENOMEM, "writes");
	}
	rc = loop_device__open(&w->device, DEVICE_BYTES, err);
	if (rc) {
		free(w->buffer);
		free(w);
		return rc;
	}
	memset(w->buffer, 'r', BLOCK_BYTES);
	k->ctx = w;
	known__add_label(k, "comm", known_name(0).text);
	known__add_label(k, "device", w->device.name);
	known__add_label(k, "operation", "write");
	return 0;
}

/* Whether the line is that of the device. */
static bool read_line(const char *line, const char *device, u64 *ret_writes)
{
	u64 numbers[DISKSTATS_WRITES + 1];
	char name[32];
	int at = 0;

	if (sscanf(line, "%*u %*u %31s%n", name, &at) != 1 || strcmp(name, device) != 0 ||
	    numbers_read(line + at, numbers, ARRAY_SIZE(numbers)) < ARRAY_SIZE(numbers))
		return false;
	*ret_writes = numbers[DISKSTATS_WRITES];
	return true;
}

/* What the kernel has counted for the device. */
static int read_diskstats(const char *device, u64 *ret_writes, struct err *err)
{
	FILE *file = fopen("/proc/diskstats", "re");
	char *line = NULL;
	size_t size = 0;
	bool found = false;

	if (!file)
		return err__set_errno(err, -errno, "/proc/diskstats");
	while (!found && getline(&line, &size, file) > 0)
		found = read_line(line, device, ret_writes);
	free(line);
	fclose(file);
	return found ? 0 : err__set(err, -ENOENT, "/proc/diskstats has no line for %s", device);
}

static int write_all(const struct writes *w, struct err *err)
{
	for (u64 i = 0; i < WRITES; i++) {
		const ssize_t n =
			pwrite(w->device.fd, w->buffer, BLOCK_BYTES, (off_t)(i * BLOCK_BYTES));

		if (n != BLOCK_BYTES)
			return err__set_errno(err, n < 0 ? -errno : -EIO, "writing to /dev/%s",
					      w->device.name);
	}
	return 0;
}

static int make(struct known *k, struct err *err)
{
	const struct writes *w = k->ctx;
	u64 before = 0, after = 0, begin;
	int rc = read_diskstats(w->device.name, &before, err);

	prctl(PR_SET_NAME, known_name(0).text);
	begin = pause_now_ns();
	if (!rc)
		rc = write_all(w, err);
	k->figures[KNOWN_WRITING_NS] = (struct known_figure){1, pause_now_ns() - begin};
	if (!rc)
		rc = read_diskstats(w->device.name, &after, err);
	if (rc)
		return rc;
	known__set(k, KNOWN_WRITES, WRITES);
	known__set(k, KNOWN_WRITTEN_BYTES, DEVICE_BYTES);
	known__set(k, KNOWN_DISKSTATS_WRITES, after - before);
	return 0;
}

const struct known_load known_writes = {"writes", 1, start, make, stop};
