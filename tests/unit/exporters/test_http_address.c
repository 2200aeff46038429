/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/err.h"
#include "base/util.h"
#include "exporters/http_address.h"

static char dir[] = "/tmp/ringtally-test-XXXXXX";
static char path[64];	 /* dir/socket */
static char address[80]; /* unix:dir/socket */

static int make_dir(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/socket", dir);
	snprintf(address, sizeof(address), "unix:%s", path);
	return 0;
}

static int remove_dir(void **state)
{
	(void)state;
	return rmdir(dir);
}

static void must_open(struct http_address *a, const char *text)
{
	struct err err = {0};
	int listens = 0;
	socklen_t len = sizeof(listens);

	if (http_address__open(a, text, &err))
		fail_msg("%s", err.msg);
	assert_int_equal(getsockopt(a->fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len), 0);
	assert_true(listens);
	assert_true(fcntl(a->fd, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(a->fd, F_GETFD) & FD_CLOEXEC);
}

static void must_fail(const char *text, int code, const char *message)
{
	struct http_address a;
	struct err err = {0};

	assert_int_equal(http_address__open(&a, text, &err), code);
	assert_int_equal(err.code, code);
	assert_string_equal(err.msg, message);
	assert_int_equal(a.fd, -1);
}

static bool starts_with(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

static bool has_ipv6(void)
{
	struct http_address a;
	struct err err = {0};
	const bool has = http_address__open(&a, "[::1]:0", &err) == 0;

	http_address__close(&a);
	return has;
}

static void tcp_forms_are_opened(void **state)
{
	static const char *const cases[][2] = {
		{"127.0.0.1:0", "http://127.0.0.1:"}, {"0.0.0.0:0", "http://localhost:"},
		{":0", "http://localhost:"},	      {"[::]:0", "http://localhost:"},
		{"[::1]:0", "http://[::1]:"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct http_address a;

		if (cases[i][0][0] == '[' && !has_ipv6())
			continue;
		must_open(&a, cases[i][0]);
		assert_true(starts_with(a.url, cases[i][1]));
		assert_true(strtol(strrchr(a.url, ':') + 1, NULL, 10) > 0);
		http_address__close(&a);
	}
}

static void every_interface_takes_ipv4(void **state)
{
	static const char *const forms[] = {":0", "[::]:0"};

	(void)state;
	if (!has_ipv6())
		skip();
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		struct http_address all;
		struct http_address one;
		char text[sizeof(all.url) + 16];
		struct err err = {0};

		must_open(&all, forms[i]);
		snprintf(text, sizeof(text), "127.0.0.1%s", strrchr(all.url, ':'));
		assert_int_equal(http_address__open(&one, text, &err), -EADDRINUSE);
		http_address__close(&all);
	}
}

static void nonsense_is_refused_with_the_forms(void **state)
{
	static const char *const cases[] = {
		"",	  "localhost", "9435",	  "host:",   "host:http", "host:65536",
		"::1:80", "[]:80",     "[::1]80", "[::1:80", "a:-1",	  "a: 1",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char message[160];

		snprintf(message, sizeof(message),
			 "listen on %s: want HOST:PORT, [IPV6]:PORT, :PORT, unix:PATH or fd://N",
			 cases[i]);
		must_fail(cases[i], -EINVAL, message);
	}
}

static void an_address_of_somebody_else_is_refused(void **state)
{
	(void)state;
	must_fail("192.0.2.1:9435", -EADDRNOTAVAIL,
		  "listen on 192.0.2.1:9435: Cannot assign requested address");
}

static void a_port_in_use_is_said(void **state)
{
	struct http_address a;
	struct http_address again;
	const char *text = a.url + strlen("http://");
	char message[1024];

	(void)state;
	must_open(&a, "127.0.0.1:0");
	snprintf(message, sizeof(message), "listen on %s: Address already in use", text);
	must_fail(text, -EADDRINUSE, message);
	http_address__close(&a);
	must_open(&again, text); /* it is free at once after close */
	http_address__close(&again);
}

static void a_unix_socket_comes_and_goes(void **state)
{
	struct http_address a;
	struct stat st;

	(void)state;
	must_open(&a, address);
	assert_string_equal(a.url, address);
	assert_int_equal(stat(path, &st), 0);
	assert_true(S_ISSOCK(st.st_mode));
	http_address__close(&a);
	assert_int_equal(stat(path, &st), -1);
}

static void a_live_unix_socket_is_left_alone(void **state)
{
	struct http_address a;
	struct stat st;
	char message[160];

	(void)state;
	must_open(&a, address);
	snprintf(message, sizeof(message), "listen on %s: Address already in use", address);
	must_fail(address, -EADDRINUSE, message);
	assert_int_equal(stat(path, &st), 0);
	http_address__close(&a);
}

static void a_stale_unix_socket_is_replaced(void **state)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	struct http_address a;

	(void)state;
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	close(fd);
	must_open(&a, address);
	http_address__close(&a);
}

static void a_file_that_is_no_socket_is_left_alone(void **state)
{
	const int fd = open(path, O_CREAT | O_WRONLY, 0600);
	char message[160];

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	snprintf(message, sizeof(message), "listen on %s: the file exists and is not a socket",
		 address);
	must_fail(address, -EEXIST, message);
	assert_int_equal(unlink(path), 0);
}

static void a_socket_file_that_was_replaced_is_left_alone(void **state)
{
	struct http_address first;
	struct http_address second;
	struct stat st;

	(void)state;
	must_open(&first, address);
	assert_int_equal(unlink(path), 0);
	must_open(&second, address);
	http_address__close(&first);
	assert_int_equal(stat(path, &st), 0);
	http_address__close(&second);
}

static void unix_paths_are_checked(void **state)
{
	char text[256] = "unix:";
	char message[512];

	(void)state;
	must_fail("unix:", -EINVAL, "listen on unix:: want a path of 1 to 107 bytes");
	memset(text + 5, 'x', 108);
	snprintf(message, sizeof(message), "listen on %s: want a path of 1 to 107 bytes", text);
	must_fail(text, -EINVAL, message);
	must_fail("unix:/nowhere/socket", -ENOENT,
		  "listen on unix:/nowhere/socket: No such file or directory");
}

static void a_passed_socket_is_used_and_stays_open(void **state)
{
	struct http_address passed;
	struct http_address a;
	char text[32];

	(void)state;
	must_open(&passed, "127.0.0.1:0");
	snprintf(text, sizeof(text), "fd://%d", passed.fd);
	must_open(&a, text);
	assert_string_equal(a.url, passed.url);
	http_address__close(&a);
	assert_true(fcntl(passed.fd, F_GETFD) >= 0);
	http_address__close(&passed);

	must_open(&passed, address);
	snprintf(text, sizeof(text), "fd://%d", passed.fd);
	must_open(&a, text);
	assert_string_equal(a.url, address);
	http_address__close(&a);
	http_address__close(&passed);
}

static void a_passed_socket_must_listen(void **state)
{
	const int fd = socket(AF_INET, SOCK_STREAM, 0);
	const int file = open("/dev/null", O_RDONLY);
	char text[32];
	char message[128];

	(void)state;
	snprintf(text, sizeof(text), "fd://%d", fd);
	snprintf(message, sizeof(message), "listen on %s: the socket does not listen", text);
	must_fail(text, -EINVAL, message);
	snprintf(text, sizeof(text), "fd://%d", file);
	snprintf(message, sizeof(message), "listen on %s: Socket operation on non-socket", text);
	must_fail(text, -ENOTSOCK, message);
	must_fail("fd://1000000", -EBADF, "listen on fd://1000000: Bad file descriptor");
	must_fail("fd://x", -EINVAL,
		  "listen on fd://x: want fd://N, N the number of a file descriptor");
	close(fd);
	close(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tcp_forms_are_opened),
		cmocka_unit_test(every_interface_takes_ipv4),
		cmocka_unit_test(nonsense_is_refused_with_the_forms),
		cmocka_unit_test(an_address_of_somebody_else_is_refused),
		cmocka_unit_test(a_port_in_use_is_said),
		cmocka_unit_test(a_unix_socket_comes_and_goes),
		cmocka_unit_test(a_live_unix_socket_is_left_alone),
		cmocka_unit_test(a_stale_unix_socket_is_replaced),
		cmocka_unit_test(a_file_that_is_no_socket_is_left_alone),
		cmocka_unit_test(a_socket_file_that_was_replaced_is_left_alone),
		cmocka_unit_test(unix_paths_are_checked),
		cmocka_unit_test(a_passed_socket_is_used_and_stays_open),
		cmocka_unit_test(a_passed_socket_must_listen),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
