/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "bench/pause.h"

enum { EXEC_MS = 10000, STOP_MS = 10000 };
enum { LINE_BYTES = 200, OUTPUT_BYTES = 16384 };

/* What the child tells before its exec, and once more when that fails. */
struct start_report {
	u64 exec_ns;
	int error;
};

static int tell(int to, const struct start_report *report)
{
	return write(to, report, sizeof(*report)) == (ssize_t)sizeof(*report) ? 0 : -1;
}

/* The child's side. The pipe closes with the exec. */
static void __attribute__((noreturn))
execute(const struct child *c, pid_t parent, int report_to, const char *path,
	const char *const *argv, child_prepare_fn prepare)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct start_report report = {0};

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent)
		_exit(EXIT_FAILURE);
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(c->output, STDOUT_FILENO) < 0 ||
	    dup2(c->output, STDERR_FILENO) < 0)
		report.error = errno;
	else if (prepare)
		report.error = prepare();
	report.exec_ns = pause_now_ns();
	if (report.error || tell(report_to, &report))
		goto fail;
	execv(path, (char *const *)argv);
	report.error = errno;
fail:
	tell(report_to, &report);
	_exit(EXIT_FAILURE);
}

/* Waits until the child is the other program. */
static int hear(struct child *c, int from, struct err *err)
{
	struct pollfd poller = {.fd = from, .events = POLLIN};
	struct start_report report;

	for (;;) {
		ssize_t n =
			poll(&poller, 1, EXEC_MS) > 0 ? read(from, &report, sizeof(report)) : -1;

		if (n == 0 && c->exec_ns)
			return 0;
		if (n != (ssize_t)sizeof(report))
			return err__set(err, -EIO, "%s: it did not get as far as its exec",
					c->name);
		if (report.error)
			return err__set_errno(err, -report.error, "%s: starting it", c->name);
		c->exec_ns = report.exec_ns;
	}
}

int child__start(struct child *c, const char *name, const char *path, const char *const *argv,
		 child_prepare_fn prepare, struct err *err)
{
	pid_t parent = getpid();
	int ends[2];

	*c = (struct child){.name = name, .output = memfd_create("output", MFD_CLOEXEC)};
	if (c->output < 0) {
		*c = (struct child){.name = name};
		return err__set_errno(err, -errno, "%s: a file for its output", name);
	}
	if (pipe2(ends, O_CLOEXEC)) {
		err__set_errno(err, -errno, "%s: a pipe", name);
		goto fail;
	}
	c->pid = fork();
	if (c->pid == 0)
		execute(c, parent, ends[1], path, argv, prepare);
	close(ends[1]);
	if (c->pid < 0) {
		c->pid = 0;
		err__set_errno(err, -errno, "%s: fork", name);
	} else {
		hear(c, ends[0], err);
	}
	close(ends[0]);
	if (!err->code)
		return 0;
fail:
	child__fini(c);
	return err->code;
}

/* All of it, or its end; the caller's to free. NULL: no memory. */
static char *read_output(const struct child *c)
{
	char *text = calloc(1, OUTPUT_BYTES + 1);
	struct stat file;
	off_t from;

	if (!text || fstat(c->output, &file))
		return text;
	from = file.st_size > OUTPUT_BYTES ? file.st_size - OUTPUT_BYTES : 0;
	if (pread(c->output, text, OUTPUT_BYTES, from) < 0)
		text[0] = '\0';
	return text;
}

/* The last line that is not empty, in place. */
static const char *last_line(char *text)
{
	size_t n = strlen(text);
	char *begin;

	while (n && text[n - 1] == '\n')
		text[--n] = '\0';
	begin = strrchr(text, '\n');
	return begin ? begin + 1 : text;
}

bool child__said(const struct child *c, const char *line)
{
	char *text = read_output(c);
	size_t n = strlen(line);
	bool said = false;

	for (const char *at = text; at && *at && !said; at = strchr(at, '\n')) {
		at += *at == '\n';
		said = !strncmp(at, line, n) && at[n] == '\n';
	}
	free(text);
	return said;
}

void child__read_word(const struct child *c, const char *key, char *word, size_t n)
{
	char *text = read_output(c);
	const char *at = text ? strstr(text, key) : NULL;

	word[0] = '\0';
	if (at) {
		at += strlen(key);
		snprintf(word, n, "%.*s", (int)strcspn(at, " ,\n"), at);
	}
	free(text);
}

static bool reap(struct child *c)
{
	if (waitpid(c->pid, &c->status, WNOHANG) != c->pid)
		return false;
	c->pid = 0;
	return true;
}

/* Exit status 4 says that the kernel or the privileges cannot do it. */
static int fail_with_status(const struct child *c, struct err *err)
{
	char *text = read_output(c);
	const char *line = text ? last_line(text) : "";
	int code = WIFEXITED(c->status) && WEXITSTATUS(c->status) == 4 ? -EOPNOTSUPP : -EIO;

	if (WIFSIGNALED(c->status))
		err__set(err, code, "%s: signal %d ended it: %.*s", c->name, WTERMSIG(c->status),
			 LINE_BYTES, line);
	else
		err__set(err, code, "%s: it ended with status %d: %.*s", c->name,
			 WEXITSTATUS(c->status), LINE_BYTES, line);
	free(text);
	return err->code;
}

int child__check(struct child *c, struct err *err)
{
	if (c->pid && !reap(c))
		return 0;
	return fail_with_status(c, err);
}

int child__stop(struct child *c, int signal, struct err *err)
{
	u64 end = pause_now_ns() + STOP_MS * 1000000ULL;

	if (child__check(c, err))
		return err->code;
	kill(c->pid, signal);
	while (!reap(c)) {
		if (pause_now_ns() > end)
			return err__set(err, -ETIMEDOUT, "%s: it did not end within %d s", c->name,
					STOP_MS / 1000);
		pause_ms(1);
	}
	return 0;
}

void child__fini(struct child *c)
{
	if (c->pid) {
		kill(c->pid, SIGKILL);
		waitpid(c->pid, &c->status, 0);
	}
	if (c->output > 0)
		close(c->output);
	*c = (struct child){0};
}

double child__age_ms(const struct child *c)
{
	return (double)(pause_now_ns() - c->exec_ns) / 1e6;
}
