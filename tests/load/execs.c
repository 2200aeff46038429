/* SPDX-License-Identifier: Apache-2.0 */
/*
 * execs --count=N --ms=MS --folder=PATH [--uid=N] [--wait]: so many executions, spread over so long
 * a time, of hard links to this program in that folder, each under a name of its own: x0 …. What is
 * executed makes one getppid and ends. Says `made=N`. The links stay.
 */
#include <getopt.h>
#include <spawn.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/load/load.h"

enum { PATH_BYTES = 512 };

static void path_of(char *path, const char *folder, u64 number)
{
	if (snprintf(path, PATH_BYTES, "%s/x%llu", folder, number) >= PATH_BYTES)
		load_die("%s: too long a path", folder);
}

static void make_links(const char *folder, u64 count)
{
	char path[PATH_BYTES], self[PATH_BYTES];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n < 0)
		load_die("/proc/self/exe: %s", strerror(errno));
	self[n] = '\0';
	for (u64 i = 0; i < count; i++) {
		path_of(path, folder, i);
		if (link(self, path))
			load_die("link %s: %s", path, strerror(errno));
	}
}

static void execute(const char *folder, u64 number)
{
	char path[PATH_BYTES];
	char *const argv[] = {path, NULL}, *const environment[] = {NULL};
	int failed, status;
	pid_t pid;

	path_of(path, folder, number);
	failed = posix_spawn(&pid, path, NULL, NULL, argv, environment);
	if (failed)
		load_die("%s: %s", path, strerror(failed));
	if (waitpid(pid, &status, 0) < 0 || status != 0)
		load_die("%s ended with %d", path, status);
}

/* On a fixed beat; a late one does not delay the others. */
static u64 make_executions(const char *folder, u64 count, u64 ms)
{
	const u64 begin = load_now_ns();

	for (u64 i = 0; i < count; i++) {
		u64 due = begin + i * ms * 1000000 / count, now = load_now_ns();

		if (now < due)
			load_rest((due - now) / 1000 + 1);
		execute(folder, i);
	}
	return count;
}

static const struct option long_options[] = {
	{"count", required_argument, NULL, 'n'}, {"folder", required_argument, NULL, 'f'},
	{"ms", required_argument, NULL, 'm'},	 {"uid", required_argument, NULL, 'u'},
	{"wait", no_argument, NULL, 'w'},	 {0},
};

int main(int argc, char **argv)
{
	const char *folder = NULL;
	u64 count = 0, ms = 0, uid = 0;
	bool wait = false;
	int option;

	if (argc == 1) {
		syscall(SYS_getppid);
		_exit(0);
	}
	while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		if (option == 'n')
			count = load_number(optarg);
		else if (option == 'f')
			folder = optarg;
		else if (option == 'm')
			ms = load_number(optarg);
		else if (option == 'u')
			uid = load_number(optarg);
		else if (option == 'w')
			wait = true;
		else
			return 2;
	}
	if (optind != argc || !folder || !count || !ms)
		load_die("usage: execs --count=N --ms=MS --folder=PATH [--uid=N] [--wait]");
	make_links(folder, count);
	if (uid && setuid((uid_t)uid))
		load_die("uid %llu: %s", uid, strerror(errno));
	if (wait)
		load_wait_for_go();
	printf("made=%llu\n", make_executions(folder, count, ms));
	return 0;
}
