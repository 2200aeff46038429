/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "bench/pause.h"

/* The child's side: tells the errno of what did not work. The pipe closes with the exec. */
static void __attribute__((noreturn)) execute(const char *const *argv, pid_t parent, int to)
{
	const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int error;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent)
		_exit(EXIT_FAILURE);
	if (null >= 0 && dup2(null, STDIN_FILENO) >= 0 && dup2(null, STDOUT_FILENO) >= 0)
		execvp(argv[0], (char *const *)argv);
	error = errno;
	if (write(to, &error, sizeof(error)) < 0)
		_exit(EXIT_FAILURE);
	_exit(EXIT_FAILURE);
}

static pid_t start(const char *const *argv, int *ret_error)
{
	const pid_t parent = getpid();
	int ends[2];
	pid_t pid;

	*ret_error = 0;
	if (pipe2(ends, O_CLOEXEC)) {
		*ret_error = errno;
		return -1;
	}
	pid = fork();
	if (pid == 0)
		execute(argv, parent, ends[1]);
	if (pid < 0)
		*ret_error = errno;
	close(ends[1]);
	if (read(ends[0], ret_error, sizeof(*ret_error)) < 0)
		*ret_error = errno;
	close(ends[0]);
	return pid;
}

static u64 time_ns(const struct timeval *t)
{
	return (u64)t->tv_sec * 1000000000ULL + (u64)t->tv_usec * 1000ULL;
}

static int check_end(const char *name, int status, struct err *err)
{
	if (WIFSIGNALED(status))
		return err__set(err, -EIO, "%s was ended by signal %d (%s)", name, WTERMSIG(status),
				strsignal(WTERMSIG(status)));
	if (WEXITSTATUS(status))
		return err__set(err, -EIO, "%s ended with status %d", name, WEXITSTATUS(status));
	return 0;
}

int command_run(const char *const *argv, struct command_cost *ret_cost, struct err *err)
{
	const u64 begin = pause_now_ns();
	struct rusage usage = {0};
	int error, status = 0;
	const pid_t pid = start(argv, &error);

	if (pid > 0)
		while (wait4(pid, &status, 0, &usage) < 0 && errno == EINTR)
			;
	if (error)
		return err__set(err, -ENOEXEC, "%s cannot be started: %s", argv[0],
				strerror(error));
	*ret_cost = (struct command_cost){
		.wall_ns = pause_now_ns() - begin,
		.cpu_ns = time_ns(&usage.ru_utime) + time_ns(&usage.ru_stime),
	};
	return check_end(argv[0], status, err);
}
