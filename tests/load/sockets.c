/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sockets [--name=TEXT] [--send=N] [--receive=N] [--timeout=MS] [--wait]: sends N datagrams to
 * itself over the loopback device, and then tries N times to receive from a socket that nobody
 * sends to, each time so long. Then it writes `sent=N ns=NS`, NS as the clock has it around all
 * sends, `timeouts=N`, and `quiet=1`, and blocks until a line comes on stdin.
 *
 * The kernel starts one timer for each receive that waits, and no other for this thread.
 */
#include <getopt.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "tests/load/load.h"

struct options {
	u64 sends;
	u64 receives;
	u64 timeout_ms;
	bool wait;
};

static struct options parse_options(int argc, char **argv)
{
	static const struct option long_options[] = {
		{"name", required_argument, NULL, 'N'}, {"receive", required_argument, NULL, 'r'},
		{"send", required_argument, NULL, 's'}, {"timeout", required_argument, NULL, 't'},
		{"wait", no_argument, NULL, 'w'},	{0},
	};
	struct options o = {.timeout_ms = 1};
	int option;

	while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		if (option == 'N')
			load_name(optarg);
		else if (option == 'r')
			o.receives = load_number(optarg);
		else if (option == 's')
			o.sends = load_number(optarg);
		else if (option == 't')
			o.timeout_ms = load_number(optarg);
		else if (option == 'w')
			o.wait = true;
		else
			exit(2);
	}
	return o;
}

static void send_to_itself(u64 n)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t len = sizeof(to);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	u64 since;

	if (fd < 0 || bind(fd, (struct sockaddr *)&to, len) ||
	    getsockname(fd, (struct sockaddr *)&to, &len))
		load_die("socket: %s", strerror(errno));
	since = load_now_ns();
	for (u64 i = 0; i < n; i++) {
		char byte = 0;

		if (sendto(fd, &byte, 1, 0, (struct sockaddr *)&to, len) != 1 ||
		    recv(fd, &byte, 1, 0) != 1)
			load_die("datagram: %s", strerror(errno));
	}
	printf("sent=%llu ns=%llu\n", n, load_now_ns() - since);
	close(fd);
}

static void receive_in_vain(u64 n, u64 timeout_ms)
{
	const struct timeval timeout = {
		.tv_sec = (time_t)(timeout_ms / 1000),
		.tv_usec = (suseconds_t)(timeout_ms % 1000 * 1000),
	};
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, fds) ||
	    setsockopt(fds[0], SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)))
		load_die("socket: %s", strerror(errno));
	for (u64 i = 0; i < n; i++) {
		char byte;

		if (recv(fds[0], &byte, 1, 0) >= 0 || errno != EAGAIN)
			load_die("received something: %s", strerror(errno));
	}
	printf("timeouts=%llu\n", n);
	close(fds[0]);
	close(fds[1]);
}

int main(int argc, char **argv)
{
	const struct options o = parse_options(argc, argv);

	if (o.wait)
		load_wait_for_go();
	send_to_itself(o.sends);
	receive_in_vain(o.receives, o.timeout_ms);
	puts("quiet=1");
	fflush(stdout);
	load_wait_for_line();
	return 0;
}
