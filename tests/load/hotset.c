/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hotset --names=N --hot=K --move=MS --ms=MS --rate=N [--fill=N] [--share=PERCENT] [--seed=N]
 * VALUE...: makes the call that fires test_call under names k0 … k(N-1): for `move` ms PERCENT of
 * the calls are those of K names, then those of the K behind them; the others are anybody's. The
 * values take turns.
 *
 * --fill makes one call under each of the first names, says `filled=N` and waits for a line. Those
 * calls are not among what is told at the end, where every name and every value has a line of its
 * own: `name=I made=N sum=N`, `value=V made=N`.
 */
#include <getopt.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/bpf/test_call.h"
#include "tests/load/load.h"

enum { NAMES_MAX = 100000, VALUES_MAX = 64, SLICES_A_SECOND = 500 };

struct tally {
	u64 made;
	u64 sum;
};

struct load {
	u64 names, hot, move_ms, ms, rate, fill, share, random;
	u64 values[VALUES_MAX];
	u64 nvalues;
	u64 made;
	u64 made_by_value[VALUES_MAX];
	struct tally by_name[NAMES_MAX];
};

static const struct option long_options[] = {
	{"fill", required_argument, NULL, 'f'},
	{"hot", required_argument, NULL, 'h'},
	{"move", required_argument, NULL, 'v'},
	{"ms", required_argument, NULL, 'm'},
	{"names", required_argument, NULL, 'n'},
	{"rate", required_argument, NULL, 'r'},
	{"seed", required_argument, NULL, 's'},
	{"share", required_argument, NULL, 'p'},
	{0},
};

static u64 *option_of(struct load *l, int option)
{
	switch (option) {
	case 'f':
		return &l->fill;
	case 'h':
		return &l->hot;
	case 'v':
		return &l->move_ms;
	case 'm':
		return &l->ms;
	case 'n':
		return &l->names;
	case 'r':
		return &l->rate;
	case 's':
		return &l->random;
	case 'p':
		return &l->share;
	default:
		exit(2);
	}
}

static void parse_options(struct load *l, int argc, char **argv)
{
	int option;

	while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1)
		*option_of(l, option) = load_number(optarg);
	for (; optind < argc && l->nvalues < VALUES_MAX; optind++)
		l->values[l->nvalues++] = load_number(argv[optind]);
	if (optind != argc || !l->nvalues || !l->hot || l->hot > l->names || !l->move_ms ||
	    !l->rate || l->names > NAMES_MAX || l->fill > l->names || l->share > 100)
		load_die("usage: hotset --names=N --hot=K --move=MS --ms=MS --rate=N [--fill=N] "
			 "[--share=PERCENT] [--seed=N] VALUE...");
}

/* Marsaglia's xorshift64*. */
static u64 next_random(struct load *l)
{
	l->random ^= l->random >> 12;
	l->random ^= l->random << 25;
	l->random ^= l->random >> 27;
	return (l->random * 0x2545f4914f6cdd1dULL) >> 32;
}

/* Key, value and tag of the call: who, how much, and whose turn it is among the values. */
static void call_as(const struct load *l, u64 name, u64 turn)
{
	char text[32]; /* the kernel takes 15 bytes of it */

	snprintf(text, sizeof(text), "k%llu", name);
	load_name(text);
	syscall(TEST_CALL, name, l->values[turn], turn);
}

/* The hot names begin behind the filled ones, and start over at the end. */
static u64 choose_name(struct load *l, u64 phase)
{
	if (next_random(l) % 100 >= l->share)
		return next_random(l) % l->names;
	return (l->fill + phase * l->hot + next_random(l) % l->hot) % l->names;
}

static void make_call(struct load *l, u64 phase)
{
	u64 name = choose_name(l, phase), turn = l->made % l->nvalues;

	call_as(l, name, turn);
	l->made++;
	l->made_by_value[turn]++;
	l->by_name[name].made++;
	l->by_name[name].sum += l->values[turn];
}

/* On a fixed beat of slices; a late one does not delay the others. */
static void make_calls(struct load *l)
{
	const u64 slice_ns = 1000000000 / SLICES_A_SECOND, begin = load_now_ns();
	u64 slices = l->ms * SLICES_A_SECOND / 1000;

	for (u64 slice = 0; slice < slices; slice++) {
		u64 due = begin + slice * slice_ns, now = load_now_ns();
		u64 wanted = (slice + 1) * l->rate / SLICES_A_SECOND;

		if (now < due)
			load_rest((due - now) / 1000 + 1);
		while (l->made < wanted)
			make_call(l, slice * 1000 / SLICES_A_SECOND / l->move_ms);
	}
}

static void tell(const struct load *l)
{
	for (u64 i = 0; i < l->names; i++)
		if (l->by_name[i].made)
			printf("name=%llu made=%llu sum=%llu\n", i, l->by_name[i].made,
			       l->by_name[i].sum);
	for (u64 i = 0; i < l->nvalues; i++)
		printf("value=%llu made=%llu\n", l->values[i], l->made_by_value[i]);
}

int main(int argc, char **argv)
{
	static struct load load = {.share = 90, .random = 1};

	parse_options(&load, argc, argv);
	if (!load.random)
		load_die("the seed cannot be 0");
	if (load.fill) {
		for (u64 i = 0; i < load.fill; i++)
			call_as(&load, i, i % load.nvalues);
		printf("filled=%llu\n", load.fill);
		fflush(stdout);
		load_wait_for_line();
	}
	make_calls(&load);
	tell(&load);
	return 0;
}
