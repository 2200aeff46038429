/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/loop_device.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/err.h"

#define NO_DEVICE "no loop device (is the module loop there?)"

enum { ATTEMPTS = 10 };

/* Bound to the file it lives on by itself: it holds the file until its own last close. */
static int bind_number(struct loop_device *d, int number, int file)
{
	const struct loop_info64 info = {.lo_flags = LO_FLAGS_AUTOCLEAR};
	char path[32];
	int rc = 0;

	snprintf(d->name, sizeof(d->name), "loop%d", number);
	snprintf(path, sizeof(path), "/dev/%s", d->name);
	d->fd = open(path, O_RDWR | O_CLOEXEC | O_DIRECT);
	if (d->fd < 0)
		return -errno;
	if (ioctl(d->fd, LOOP_SET_FD, file)) {
		rc = -errno;
	} else if (ioctl(d->fd, LOOP_SET_STATUS64, &info)) {
		rc = -errno;
		ioctl(d->fd, LOOP_CLR_FD, 0);
	}
	if (rc)
		close(d->fd);
	return rc;
}

/* Somebody else may take the free device before we do. */
static int bind_free(struct loop_device *d, int control, int file)
{
	int rc = -EBUSY;

	for (int i = 0; i < ATTEMPTS && rc == -EBUSY; i++) {
		const int number = ioctl(control, LOOP_CTL_GET_FREE);

		rc = number < 0 ? -errno : bind_number(d, number, file);
	}
	return rc;
}

static int open_file(u64 bytes)
{
	const int file = memfd_create("loop device", MFD_CLOEXEC);

	if (file >= 0 && ftruncate(file, (off_t)bytes)) {
		close(file);
		return -1;
	}
	return file;
}

int loop_device__open(struct loop_device *d, u64 bytes, struct err *err)
{
	const int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	int file, rc;

	if (control < 0)
		return err__set_errno(err, -errno, NO_DEVICE ": /dev/loop-control");
	file = open_file(bytes);
	rc = file < 0 ? -errno : bind_free(d, control, file);
	if (file >= 0)
		close(file);
	close(control);
	return rc ? err__set_errno(err, rc, NO_DEVICE) : 0;
}

void loop_device__close(struct loop_device *d)
{
	close(d->fd);
}
