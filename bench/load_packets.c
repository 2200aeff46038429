/* SPDX-License-Identifier: Apache-2.0 */
/* Datagrams over the loopback device, one at a time: each is received in a softirq of its own,
 * before the call that sends it is over. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "bench/event_load.h"

struct packet_load {
	int fd; /* sends to itself */
};

static void stop(void *ctx)
{
	struct packet_load *load = ctx;

	if (!load)
		return;
	if (load->fd >= 0)
		close(load->fd);
	free(load);
}

static int connect_to_itself(int fd)
{
	struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t n = sizeof(own);

	if (bind(fd, (struct sockaddr *)&own, n) || getsockname(fd, (struct sockaddr *)&own, &n) ||
	    connect(fd, (struct sockaddr *)&own, n))
		return -errno;
	return 0;
}

static int start(u32 cpu, void **ret_ctx, struct err *err)
{
	struct packet_load *load = calloc(1, sizeof(*load));
	int rc;

	(void)cpu;
	if (!load)
		return err__set_errno(err, -ENOMEM, "packet load");
	load->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	rc = load->fd < 0 ? -errno : connect_to_itself(load->fd);
	if (rc) {
		stop(load);
		return err__set_errno(err, rc, "packet load");
	}
	*ret_ctx = load;
	return 0;
}

static int make(void *ctx, size_t events, struct err *err)
{
	const struct packet_load *load = ctx;
	char byte = 0;

	for (size_t i = 0; i < events; i++)
		if (send(load->fd, &byte, 1, 0) != 1 || recv(load->fd, &byte, 1, 0) != 1)
			return err__set_errno(err, -errno, "packet load");
	return 0;
}

const struct event_load load_packets = {
	"packets", "loopback packets, one at a time", {"softirq_"}, 1000, start, make, stop,
};
