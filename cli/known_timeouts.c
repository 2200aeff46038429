/* SPDX-License-Identifier: Apache-2.0 */
/* Timers: a thread waits for what never comes, and each time the kernel starts a timer that wakes
 * it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/err.h"
#include "cli/known_load.h"

#define CALLED "process_timeout"

enum { TIMEOUTS = 20, TIMEOUT_US = 1000 };

/* Whether /proc/kallsyms shows where the function is: "ffffffff81b0c0d0 t process_timeout". */
static bool has_symbol(void)
{
	FILE *file = fopen("/proc/kallsyms", "re");
	char line[256];
	bool found = false;

	while (file && !found && fgets(line, sizeof(line), file)) {
		char *type;
		const u64 at = strtoull(line, &type, 16);

		found = at &&
			(!strcmp(type, " t " CALLED "\n") || !strcmp(type, " T " CALLED "\n"));
	}
	if (file)
		fclose(file);
	return found;
}

static int start(struct known *k, struct err *err)
{
	known__add_label(k, "comm", known_name('t').text);
	known__add_label(k, "function", CALLED);
	if (!has_symbol())
		return err__set(err, -EOPNOTSUPP,
				"/proc/kallsyms does not show where " CALLED " is");
	return 0;
}

static int wait_in_vain(int fd, struct err *err)
{
	char byte;

	for (int i = 0; i < TIMEOUTS; i++)
		if (recv(fd, &byte, sizeof(byte), 0) >= 0 || errno != EAGAIN)
			return err__set_errno(err, -errno, "waiting at a socket");
	return 0;
}

static int make(struct known *k, struct err *err)
{
	const struct timeval timeout = {.tv_usec = TIMEOUT_US};
	const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int rc;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout))) {
		rc = err__set_errno(err, -errno, "a socket with a timeout");
	} else {
		prctl(PR_SET_NAME, known_name('t').text);
		rc = wait_in_vain(fd, err);
		prctl(PR_SET_NAME, known_name(0).text);
	}
	if (fd >= 0)
		close(fd);
	known__set(k, KNOWN_TIMEOUTS, TIMEOUTS);
	return rc;
}

const struct known_load known_timeouts = {"timeouts", 1, start, make, NULL};
