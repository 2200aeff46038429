/* SPDX-License-Identifier: Apache-2.0 */
/*
 * renames --names=N --ms=MS [--heavy=K --each=N --after=MS] [--uid=N] [--wait]: getppid under N
 * names that nobody had before, s0 …, spread over so long a time and over all CPUs, a thread on
 * each. From `after` ms on every thread mixes in its part of EACH calls under each of K names h0 ….
 * Says `heavy=I made=N` and `cpu=C made=N names=N`; the heavy ones are among made.
 */
#include <getopt.h>
#include <pthread.h>
#include <stdbool.h>
#include <unistd.h>

#include "tests/load/load.h"

enum { CPUS_MAX = 64, HEAVY_MAX = 1000, SLICES_A_SECOND = 200 };

struct load {
	u64 names, ms, heavy, each, after_ms, uid;
	u64 ncpus;
	bool wait;
};

struct worker {
	const struct load *load;
	pthread_t thread;
	u64 cpu;
	u64 names, made, heavy_made;
	u64 by_heavy[HEAVY_MAX];
};

static const struct option long_options[] = {
	{"after", required_argument, NULL, 'a'}, {"each", required_argument, NULL, 'e'},
	{"heavy", required_argument, NULL, 'h'}, {"ms", required_argument, NULL, 'm'},
	{"names", required_argument, NULL, 'n'}, {"uid", required_argument, NULL, 'u'},
	{"wait", no_argument, NULL, 'w'},	 {0},
};

static void take_option(struct load *l, int option)
{
	switch (option) {
	case 'a':
		l->after_ms = load_number(optarg);
		break;
	case 'e':
		l->each = load_number(optarg);
		break;
	case 'h':
		l->heavy = load_number(optarg);
		break;
	case 'm':
		l->ms = load_number(optarg);
		break;
	case 'n':
		l->names = load_number(optarg);
		break;
	case 'u':
		l->uid = load_number(optarg);
		break;
	case 'w':
		l->wait = true;
		break;
	default:
		exit(2);
	}
}

static struct load parse_options(int argc, char **argv)
{
	struct load l = {.ncpus = (u64)sysconf(_SC_NPROCESSORS_ONLN)};
	int option;

	while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1)
		take_option(&l, option);
	if (optind != argc || !l.names || !l.ms || l.heavy > HEAVY_MAX || l.after_ms >= l.ms ||
	    l.ncpus > CPUS_MAX)
		load_die("usage: renames --names=N --ms=MS [--heavy=K --each=N --after=MS] "
			 "[--uid=N] [--wait]");
	return l;
}

static void call_as(struct worker *w, char kind, u64 number)
{
	char text[32]; /* the kernel takes 15 bytes of it */

	snprintf(text, sizeof(text), "%c%llu", kind, number);
	load_name(text);
	getppid();
	w->made++;
}

/* What of `total` should be done when `at` of `end` has passed. */
static u64 part(u64 total, u64 at, u64 end)
{
	return total * at / end;
}

static void make_slice(struct worker *w, u64 slice, u64 slices)
{
	const struct load *l = w->load;
	u64 first = l->after_ms * SLICES_A_SECOND / 1000;
	u64 names = part(l->names / l->ncpus, slice + 1, slices);
	u64 heavy = slice < first ? 0
				  : part(l->heavy * l->each / l->ncpus, slice + 1 - first,
					 slices - first);

	while (w->names < names)
		call_as(w, 's', w->names++ * l->ncpus + w->cpu);
	while (w->heavy_made < heavy) {
		u64 who = w->heavy_made++ % l->heavy;

		call_as(w, 'h', who);
		w->by_heavy[who]++;
	}
}

static void *make_calls(void *arg)
{
	struct worker *w = arg;
	const u64 slices = w->load->ms * SLICES_A_SECOND / 1000;
	const u64 slice_ns = 1000000000 / SLICES_A_SECOND, begin = load_now_ns();

	load_pin(w->cpu);
	for (u64 slice = 0; slice < slices; slice++) {
		u64 due = begin + slice * slice_ns, now = load_now_ns();

		if (now < due)
			load_rest((due - now) / 1000 + 1);
		make_slice(w, slice, slices);
	}
	return NULL;
}

static void tell(const struct load *l, const struct worker *workers)
{
	for (u64 i = 0; i < l->heavy; i++) {
		u64 made = 0;

		for (u64 cpu = 0; cpu < l->ncpus; cpu++)
			made += workers[cpu].by_heavy[i];
		printf("heavy=%llu made=%llu\n", i, made);
	}
	for (u64 cpu = 0; cpu < l->ncpus; cpu++)
		printf("cpu=%llu made=%llu names=%llu\n", cpu, workers[cpu].made,
		       workers[cpu].names);
}

int main(int argc, char **argv)
{
	static struct worker workers[CPUS_MAX];
	const struct load load = parse_options(argc, argv);

	if (load.uid && setuid((uid_t)load.uid))
		load_die("uid %llu: %s", load.uid, strerror(errno));
	if (load.wait)
		load_wait_for_go();
	for (u64 cpu = 0; cpu < load.ncpus; cpu++) {
		workers[cpu].load = &load;
		workers[cpu].cpu = cpu;
		if (pthread_create(&workers[cpu].thread, NULL, make_calls, &workers[cpu]))
			load_die("cannot start a thread");
	}
	for (u64 cpu = 0; cpu < load.ncpus; cpu++)
		pthread_join(workers[cpu].thread, NULL);
	tell(&load, workers);
	return 0;
}
