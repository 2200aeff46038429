/* SPDX-License-Identifier: Apache-2.0 */
/* Processes: a child of ours has children of its own, one after the other, of which half end with a
 * status that nobody else's have and half execute this program anew. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "cli/known_load.h"

#define SELF "/proc/self/exe"

enum { CHILDREN_OF_A_KIND = 20, STATUS = 7 };

static int start(struct known *k, struct err *err)
{
	const struct known_name name = known_name('p');

	(void)err;
	known__add_label(k, "comm", name.text);
	known__add_label(k, "pcomm", name.text);
	known__add_label(k, "kind", "process");
	known__add_label(k, "exit_code", "7");
	known__add_label(k, "filename", SELF);
	return 0;
}

/* In a child of a process that may have threads: system calls only. */
static _Noreturn void execute(void)
{
	static char program[] = "ringtally", verb[] = "version";
	char *const args[] = {program, verb, NULL};
	static char *const no_env[] = {NULL};
	const int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (null >= 0)
		dup2(null, STDOUT_FILENO);
	execve(SELF, args, no_env);
	_exit(EXIT_FAILURE);
}

/* Whether it was made, and ended as it should. */
static bool make_child(bool executes)
{
	const pid_t pid = fork();
	int status = 0;

	if (pid == 0 && executes)
		execute();
	if (pid == 0)
		_exit(STATUS);
	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
	       WEXITSTATUS(status) == (executes ? EXIT_SUCCESS : STATUS);
}

static _Noreturn void make_children(const struct known_name *name)
{
	prctl(PR_SET_NAME, name->text);
	for (int i = 0; i < CHILDREN_OF_A_KIND; i++)
		if (!make_child(false) || !make_child(true))
			_exit(EXIT_FAILURE);
	_exit(EXIT_SUCCESS);
}

static int make(struct known *k, struct err *err)
{
	const struct known_name name = known_name('p');
	const pid_t pid = fork();
	int status = 0;

	if (pid == 0)
		make_children(&name);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return err__set_errno(err, -errno, "a child process");
	if (!WIFEXITED(status) || WEXITSTATUS(status) != EXIT_SUCCESS)
		return err__set(err, -ECHILD, "a child process could not be made, or failed");
	known__set(k, KNOWN_FORKS, 2ULL * CHILDREN_OF_A_KIND);
	known__set(k, KNOWN_EXECS, CHILDREN_OF_A_KIND);
	known__set(k, KNOWN_EXITS, CHILDREN_OF_A_KIND);
	return 0;
}

const struct known_load known_processes = {"processes", 1, start, make, NULL};
