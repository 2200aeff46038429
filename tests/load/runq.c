/* SPDX-License-Identifier: Apache-2.0 */
/*
 * runq [--name=TEXT] [--cpu=N] [--threads=K] [--ms=N] [--idle] [--wait]: K threads on one CPU take
 * turns for so long, in three manners: one works until it is preempted, one works a little and
 * yields, one works a little and sleeps. Beside them a thread of the lowest class works all the
 * time, so that the CPU is never idle; with --idle it is left out. The main thread sleeps.
 *
 * As its last act each thread reads what the kernel has counted for it (the second and third number
 * of its schedstat), and blocks. Once all of them sleep, nothing more is counted; the kernel's
 * numbers are read once more, the lines `tid= manner= run_delay= pcount= own_run_delay=
 * own_pcount=` are written (own: what the thread itself read), and they stay so until a line comes
 * on stdin.
 */
#include <fcntl.h>
#include <getopt.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <unistd.h>

#include "tests/load/load.h"

enum { THREADS_MAX = 64, WORK_US = 300, SLEEP_US = 500 };

struct schedstat {
	u64 run_delay; /* ns */
	u64 pcount;
};

struct worker {
	pthread_t thread;
	pid_t tid;
	unsigned manner;
	u64 end_ns;
	sem_t *leave;
	struct schedstat own;
	bool read; /* own is there: last act but blocking */
};

struct options {
	u64 cpu;
	u64 threads;
	u64 ms;
	bool idle;
	bool wait;
};

static ssize_t read_file(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, size - 1);

	if (fd >= 0)
		close(fd);
	if (n >= 0)
		text[n] = '\0';
	return n;
}

static struct schedstat read_schedstat(const char *path)
{
	struct schedstat s;
	char text[128];
	const char *at = text;

	if (read_file(path, text, sizeof(text)) <= 0)
		load_die("%s cannot be read (a kernel without CONFIG_SCHED_INFO?)", path);
	load_take_number(&at); /* time on a CPU */
	s.run_delay = load_take_number(&at);
	s.pcount = load_take_number(&at);
	return s;
}

static void work(u64 us)
{
	u64 end = load_now_ns() + us * 1000;

	while (load_now_ns() < end)
		;
}

static void *run(void *arg)
{
	struct worker *w = arg;

	w->tid = gettid();
	while (load_now_ns() < w->end_ns) {
		work(WORK_US);
		if (w->manner == 1)
			sched_yield();
		else if (w->manner == 2)
			load_rest(SLEEP_US);
	}
	w->own = read_schedstat("/proc/thread-self/schedstat");
	__atomic_store_n(&w->read, true, __ATOMIC_RELEASE);
	sem_wait(w->leave);
	return NULL;
}

/* Whoever wants the CPU gets it from this thread at once. */
static void *keep_busy(void *arg)
{
	const bool *leave = arg;
	const struct sched_param param = {0};

	load_name("rt-busy");
	if (sched_setscheduler(0, SCHED_IDLE, &param))
		load_die("SCHED_IDLE: %s", strerror(errno));
	while (!__atomic_load_n(leave, __ATOMIC_RELAXED))
		;
	return NULL;
}

/* Whether it sleeps; the state stands behind the name, which ends in the last bracket. */
static bool is_asleep(const struct worker *w)
{
	char path[64], text[1024];
	const char *bracket;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", w->tid);
	if (read_file(path, text, sizeof(text)) <= 0)
		return false;
	bracket = strrchr(text, ')');
	return bracket && bracket[1] == ' ' && bracket[2] == 'S';
}

static void wait_until_quiet(const struct worker *workers, u64 n)
{
	for (u64 i = 0; i < n; i++)
		while (!__atomic_load_n(&workers[i].read, __ATOMIC_ACQUIRE) ||
		       !is_asleep(&workers[i]))
			load_rest(1000);
}

static void report(const struct worker *w)
{
	struct schedstat quiet;
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/task/%d/schedstat", w->tid);
	quiet = read_schedstat(path);
	printf("tid=%d manner=%u run_delay=%llu pcount=%llu own_run_delay=%llu own_pcount=%llu\n",
	       w->tid, w->manner, quiet.run_delay, quiet.pcount, w->own.run_delay, w->own.pcount);
}

static const struct option long_options[] = {
	{"cpu", required_argument, NULL, 'c'},
	{"idle", no_argument, NULL, 'i'},
	{"ms", required_argument, NULL, 'm'},
	{"name", required_argument, NULL, 'n'},
	{"threads", required_argument, NULL, 't'},
	{"wait", no_argument, NULL, 'w'},
	{0},
};

static struct options parse_options(int argc, char **argv)
{
	struct options o = {.threads = 6, .ms = 1000};
	int option;

	while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		switch (option) {
		case 'c':
			o.cpu = load_number(optarg);
			break;
		case 'i':
			o.idle = true;
			break;
		case 'm':
			o.ms = load_number(optarg);
			break;
		case 'n':
			load_name(optarg);
			break;
		case 't':
			o.threads = load_number(optarg);
			break;
		case 'w':
			o.wait = true;
			break;
		default:
			exit(2);
		}
	}
	if (optind != argc || o.threads == 0 || o.threads > THREADS_MAX)
		load_die("usage: runq [--name=TEXT] [--cpu=N] [--threads=K] [--ms=N] [--idle] "
			 "[--wait]");
	return o;
}

static void start(pthread_t *thread, void *(*function)(void *), void *arg)
{
	if (pthread_create(thread, NULL, function, arg))
		load_die("cannot start a thread");
}

/* Runs them until all sleep, and says what the kernel counted. */
static void take_turns(const struct options *o, struct worker *workers, sem_t *leave)
{
	u64 end_ns = load_now_ns() + o->ms * 1000000;

	for (u64 i = 0; i < o->threads; i++) {
		workers[i].manner = (unsigned)(i % 3);
		workers[i].end_ns = end_ns;
		workers[i].leave = leave;
		start(&workers[i].thread, run, &workers[i]);
	}
	load_rest(o->ms * 1000);
	wait_until_quiet(workers, o->threads);
	for (u64 i = 0; i < o->threads; i++)
		report(&workers[i]);
	puts("quiet=1");
	fflush(stdout);
}

int main(int argc, char **argv)
{
	const struct options o = parse_options(argc, argv);
	struct worker workers[THREADS_MAX] = {0};
	bool busy_leaves = o.idle;
	pthread_t busy;
	sem_t leave;

	if (o.wait)
		load_wait_for_go();
	load_pin(o.cpu);
	sem_init(&leave, 0, 0);
	start(&busy, keep_busy, &busy_leaves);
	take_turns(&o, workers, &leave);
	load_wait_for_line();
	__atomic_store_n(&busy_leaves, true, __ATOMIC_RELAXED);
	for (u64 i = 0; i < o.threads; i++)
		sem_post(&leave);
	for (u64 i = 0; i < o.threads; i++)
		pthread_join(workers[i].thread, NULL);
	pthread_join(busy, NULL);
	return 0;
}
