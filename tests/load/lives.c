/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lives [--name=TEXT] [--count=N] [--threads=N] [--age=US] [--wait] HOW: N processes one after the
 * other, each with so many threads besides its first, which end at least so long after they were
 * made. HOW they end:
 *
 *   exit=CODE    the threads end, then the process does
 *   group=CODE   exit_group in the first thread, while the others sleep
 *   signal=N     a signal that the process sends itself, while the threads sleep
 *   leader=CODE  the first thread ends alone, with code 1; the others do when it is dead, with CODE
 *
 * A child whose parent is told anything else makes the load fail. Says `made=N lived=NS`, how
 * long the processes lived in all, as their parent saw it, and `quiet=1`; then it blocks until a
 * line comes on stdin.
 */
#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/load/load.h"

enum { THREADS_MAX = 64, LEADER_CODE = 1 };

enum how { BY_EXIT, BY_GROUP, BY_SIGNAL, BY_LEADER };

struct options {
	u64 count;
	u64 threads;
	u64 age_us;
	enum how how;
	int number; /* a code, or a signal */
	bool wait;
};

/* What a thread of the child has to know. */
static struct {
	struct options o;
	pthread_barrier_t all_run;
	pid_t leader;
} life;

/* One thread only, and no more of its libc. */
__attribute__((noreturn)) static void end_thread(int code)
{
	for (;;)
		syscall(SYS_exit, code);
}

static void sleep_for_ever(void)
{
	for (;;)
		pause();
}

/* The leader of a group stays as a zombie as long as there are others. */
static bool is_dead(pid_t leader)
{
	char path[64], state = 0;
	FILE *stat;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", leader, leader);
	stat = fopen(path, "re");
	if (!stat || fscanf(stat, "%*d (%*[^)]) %c", &state) != 1)
		load_die("%s: cannot be read", path);
	fclose(stat);
	return state == 'Z';
}

static void *be_thread(void *unused)
{
	(void)unused;
	pthread_barrier_wait(&life.all_run);
	if (life.o.how == BY_GROUP || life.o.how == BY_SIGNAL)
		sleep_for_ever();
	if (life.o.how == BY_LEADER) {
		while (!is_dead(life.leader))
			load_rest(100);
		end_thread(life.o.number);
	}
	return NULL;
}

static void make_threads(pthread_t *threads)
{
	pthread_barrier_init(&life.all_run, NULL, (unsigned int)life.o.threads + 1);
	for (u64 i = 0; i < life.o.threads; i++) {
		int failed = pthread_create(&threads[i], NULL, be_thread, NULL);

		if (failed)
			load_die("pthread_create: %s", strerror(failed));
	}
	pthread_barrier_wait(&life.all_run);
}

__attribute__((noreturn)) static void be_child(void)
{
	pthread_t threads[THREADS_MAX] = {0};

	life.leader = getpid();
	make_threads(threads);
	if (life.o.age_us)
		load_rest(life.o.age_us);
	if (life.o.how == BY_LEADER)
		end_thread(LEADER_CODE);
	if (life.o.how == BY_SIGNAL) {
		signal(life.o.number, SIG_DFL);
		kill(getpid(), life.o.number);
		sleep_for_ever();
	}
	for (u64 i = 0; life.o.how == BY_EXIT && i < life.o.threads; i++)
		pthread_join(threads[i], NULL);
	_exit(life.o.number);
}

static bool is_as_told(int status)
{
	if (life.o.how == BY_SIGNAL)
		return WIFSIGNALED(status) && WTERMSIG(status) == life.o.number;
	return WIFEXITED(status) && WEXITSTATUS(status) == life.o.number;
}

/* How long the child lived, at most. */
static u64 make_child(void)
{
	const u64 since = load_now_ns();
	pid_t pid = fork();
	int status = 0;

	if (pid < 0)
		load_die("fork: %s", strerror(errno));
	if (pid == 0)
		be_child();
	if (waitpid(pid, &status, 0) != pid || !is_as_told(status))
		load_die("the child ended with status %#x", (unsigned int)status);
	return load_now_ns() - since;
}

static void parse_how(const char *text, struct options *o)
{
	static const char *const names[] = {[BY_EXIT] = "exit=",
					    [BY_GROUP] = "group=",
					    [BY_SIGNAL] = "signal=",
					    [BY_LEADER] = "leader="};

	for (enum how how = BY_EXIT; how <= BY_LEADER; how++) {
		const size_t len = strlen(names[how]);

		if (!strncmp(text, names[how], len)) {
			o->how = how;
			o->number = (int)load_number(text + len);
			return;
		}
	}
	load_die("'%s' is no way to end", text);
}

static struct options parse_options(int argc, char **argv)
{
	static const struct option long_options[] = {
		{"age", required_argument, NULL, 'a'},	{"count", required_argument, NULL, 'n'},
		{"name", required_argument, NULL, 'N'}, {"threads", required_argument, NULL, 't'},
		{"wait", no_argument, NULL, 'w'},	{0},
	};
	struct options o = {.count = 1};
	int option;

	while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		if (option == 'a')
			o.age_us = load_number(optarg);
		else if (option == 'n')
			o.count = load_number(optarg);
		else if (option == 'N')
			load_name(optarg);
		else if (option == 't')
			o.threads = load_number(optarg);
		else if (option == 'w')
			o.wait = true;
		else
			exit(2);
	}
	if (optind + 1 != argc || o.threads > THREADS_MAX)
		load_die("usage: lives [--name=TEXT] [--count=N] [--threads=N] [--age=US] [--wait] "
			 "HOW");
	parse_how(argv[optind], &o);
	if (o.how == BY_LEADER && !o.threads)
		load_die("a leader that goes first needs --threads");
	return o;
}

int main(int argc, char **argv)
{
	u64 lived_ns = 0;

	life.o = parse_options(argc, argv);
	if (life.o.wait)
		load_wait_for_go();
	for (u64 i = 0; i < life.o.count; i++)
		lived_ns += make_child();
	printf("made=%llu lived=%llu\nquiet=1\n", life.o.count, lived_ns);
	fflush(stdout);
	load_wait_for_line();
	return 0;
}
