/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exactness under everything at once: events from hooks of every depth meet in tables of four
 * slots, rings of 64 KiB overflow, flushes interrupt, on all CPUs. At every mark, and at the end,
 * each event is in exactly one place. The same with the guard left out must fail, or this test
 * shows nothing.
 *
 * RINGTALLY_STORM_SECONDS makes it longer.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "aggregators/labels.h"
#include "aggregators/series.h"
#include "aggregators/snapshot.h"
#include "pipeline/collector.h"
#include "pipeline/route.h"
#include "tests/bpf/bpf_test.h"
#include "tests/bpf/test_call.h"

enum { KEYS = 64, CPUS_MAX = 8, SLOTS = 4, FLUSH_MS = 50, DRAIN_MS = 2, DRAIN_RECORDS = 1 << 20 };

#define GUARDED	  BPF_OBJECTS_DIR "/storm.bpf.o"
#define UNGUARDED BPF_OBJECTS_DIR "/storm_unguarded.bpf.o"

#define STORM(event)                                                                            \
	"- {name: all_total, event: " event ", type: counter, labels: [comm], max_series: 1}\n" \
	"- {name: bare_total, event: " event ", type: counter}\n"                               \
	"- {name: own_total, event: " event                                                     \
	", type: counter, where: own == 1, labels: [key], max_series: 100}\n"

#define SHIPPED                                                                              \
	"- {name: syscalls_total, event: syscall_enter, type: counter, labels: [syscall]}\n" \
	"- {name: runq_seconds, event: runq_wait, type: histogram, value: wait, "            \
	"buckets: log2, labels: [comm]}\n"                                                   \
	"- {name: io_total, event: block_io, type: counter, labels: [device]}\n"

/* --- the load --- */

struct hammer {
	pthread_t thread;
	u32 cpu;
	atomic_bool *stop;
	u64 made[KEYS];
};

/* A byte there and back over loopback: softirqs, timers, wake-ups. */
static void open_loopback(int fds[2])
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	fds[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(listener, (struct sockaddr *)&address, n) || listen(listener, 1) ||
	    getsockname(listener, (struct sockaddr *)&address, &n) ||
	    connect(fds[0], (struct sockaddr *)&address, n))
		abort();
	fds[1] = accept(listener, NULL, NULL);
	close(listener);
}

static void disturb(const int fds[2], u64 turn)
{
	const struct timespec moment = {.tv_nsec = 20000};
	char byte = 0;

	if (turn % 16 == 0 && (send(fds[0], &byte, 1, 0) != 1 || recv(fds[1], &byte, 1, 0) != 1))
		abort();
	if (turn % 64 == 0)
		nanosleep(&moment, NULL);
	if (turn % 512 == 0) {
		pid_t child = fork();

		if (child == 0)
			_exit(0);
		waitpid(child, NULL, 0);
	}
}

static void *run_hammer(void *arg)
{
	struct hammer *h = arg;
	cpu_set_t set;
	int fds[2];

	CPU_ZERO(&set);
	CPU_SET(h->cpu, &set);
	pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
	open_loopback(fds);
	for (u64 turn = 0; !atomic_load(h->stop); turn++) {
		for (u32 i = 0; i < 100; i++) {
			u64 key = (turn * 7 + (u64)i * i) % KEYS;

			syscall(TEST_CALL, key);
			h->made[key]++;
		}
		disturb(fds, turn);
	}
	close(fds[0]);
	close(fds[1]);
	return NULL;
}

/* --- one run --- */

struct run {
	const char *object;
	const char *metrics;
	u64 ms;
	bool flushes; /* also during the load, not only at the end */
};

/* What came of it. */
struct outcome {
	u64 made;
	u64 counted;  /* of own calls: named and lost */
	u64 too_many; /* keys that have more than was made of them */
	u64 lost;
	u64 lost_shown; /* under __lost__ of a metric without `where` */
	u64 marks;
	u64 marks_off;
	bool balances;
};

static bool is_exact(const struct outcome *o)
{
	return o->balances && o->marks_off == 0 && o->counted == o->made && o->too_many == 0 &&
	       o->lost == o->lost_shown;
}

static u64 now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (u64)now.tv_sec * 1000 + (u64)now.tv_nsec / 1000000;
}

/* Without the guard the books may be such that a flush never ends. */
static void flush_all(struct collector *c)
{
	for (u32 object = 0; object < c->nobjects; object++)
		for (u32 cpu = 0; cpu < c->ncpus; cpu++)
			for (u32 calls = 0; calls < 1000; calls++) {
				if (!collector__needs_flush(c, object, cpu) ||
				    collector__flush(c, object, cpu) <= 0)
					break;
				rings__drain(c->rings, DRAIN_RECORDS);
			}
	rings__drain(c->rings, DRAIN_RECORDS);
}

static void watch(struct collector *c, const struct run *run)
{
	const struct timespec pause = {.tv_nsec = DRAIN_MS * 1000000L};
	u64 end = now_ms() + run->ms, next_flush = now_ms() + FLUSH_MS;

	while (now_ms() < end) {
		nanosleep(&pause, NULL);
		rings__drain(c->rings, DRAIN_RECORDS);
		if (!run->flushes || now_ms() < next_flush)
			continue;
		flush_all(c);
		next_flush += FLUSH_MS;
	}
}

static const struct family_snapshot *find_family(const struct snapshot *s, const char *name)
{
	for (size_t i = 0; i < s->n; i++)
		if (!strcmp(s->families[i].desc.name, name))
			return &s->families[i];
	fail_msg("no family %s", name);
	return NULL;
}

/* The text of a series' only label. */
static void label_text(const struct family_snapshot *f, size_t row, char ret_text[32])
{
	const char *text = "";
	size_t n = 0;
	u16 pos = 0;

	labels__next(f->labels[row], &pos, &text, &n);
	snprintf(ret_text, 32, "%.*s", (int)n, text);
}

static void compare_own(const struct family_snapshot *f, const u64 made[KEYS],
			struct outcome *outcome)
{
	for (size_t i = 0; i < f->n; i++) {
		char text[32];
		u64 key;

		label_text(f, i, text);
		outcome->counted += (u64)f->rows.sums[i];
		if (text[0] == '_')
			continue;
		key = strtoull(text, NULL, 10);
		outcome->too_many += key >= KEYS || (u64)f->rows.sums[i] > made[key];
	}
}

static u64 lost_of(const struct family_snapshot *f)
{
	for (size_t i = 0; i < f->n; i++) {
		char text[32];

		label_text(f, i, text);
		if (!strcmp(text, SERIES_LOST_TEXT))
			return (u64)f->rows.sums[i];
	}
	return 0;
}

static void judge(struct collector *c, const u64 made[KEYS], struct outcome *outcome)
{
	struct ledger_totals *totals = calloc(c->plan->nevents, sizeof(*totals));
	struct snapshot *snapshot = NULL;

	assert_non_null(totals);
	assert_int_equal(snapshot__new(&snapshot), 0);
	assert_int_equal(collector__snapshot(c, snapshot), 0);
	collector__totals(c, totals);
	outcome->balances = true;
	for (u32 i = 0; i < c->plan->nevents; i++) {
		outcome->marks += route__marks(c->route, i);
		outcome->marks_off += route__marks_off(c->route, i);
		if (totals[i].pending || !ledger_balances(&totals[i]))
			outcome->balances = false;
	}
	outcome->lost = ledger_lost(&totals[0]);
	outcome->lost_shown = lost_of(find_family(snapshot, "ringtally_all_total"));
	for (u32 key = 0; key < KEYS; key++)
		outcome->made += made[key];
	compare_own(find_family(snapshot, "ringtally_own_total"), made, outcome);
	snapshot__free(snapshot);
	free(totals);
}

static struct collector *load_storm(const struct run *run, struct config **ret_config,
				    struct diags *diags)
{
	struct collector *c = NULL;
	struct err err = {0};
	char text[4096];

	snprintf(text, sizeof(text), "ring: {size: 64KiB}\nobjects: [\"%s\"]\nmetrics:\n%s",
		 run->object, run->metrics);
	diags__init(diags);
	if (config__parse("storm", text, strlen(text), diags, ret_config, &err) ||
	    collector__new(*ret_config, NULL, diags, &c, &err) || diags->errors || !c) {
		fail_msg("%s %s", err.msg, diags->errors ? diags->items[0].text : "");
		abort();
	}
	for (u32 i = 0; i < c->plan->nevents; i++)
		event_plan__set_slots(&c->plan->events[i], SLOTS);
	if (collector__open_rings(c, &err) || collector__load_all(c, &err))
		fail_msg("%s", err.msg);
	for (u32 i = 0; i < c->plan->nevents; i++)
		if (collector__refusal(c, i))
			fail_msg("%s", collector__refusal(c, i));
	return c;
}

static struct outcome weather(const struct run *run)
{
	struct hammer hammers[CPUS_MAX] = {0};
	atomic_bool stop = false;
	struct outcome outcome = {0};
	struct config *config = NULL;
	struct diags diags;
	struct collector *c = load_storm(run, &config, &diags);
	u32 n = MIN(c->ncpus, (u32)CPUS_MAX);
	u64 made[KEYS] = {0};

	for (u32 cpu = 0; cpu < n; cpu++) {
		hammers[cpu].cpu = cpu;
		hammers[cpu].stop = &stop;
		assert_int_equal(
			pthread_create(&hammers[cpu].thread, NULL, run_hammer, &hammers[cpu]), 0);
	}
	watch(c, run);
	atomic_store(&stop, true);
	for (u32 cpu = 0; cpu < n; cpu++) {
		pthread_join(hammers[cpu].thread, NULL);
		for (u32 key = 0; key < KEYS; key++)
			made[key] += hammers[cpu].made[key];
	}
	collector__detach(c);
	flush_all(c);
	judge(c, made, &outcome);
	printf("made %llu, counted %llu, lost %llu, marks %llu, off %llu%s\n", outcome.made,
	       outcome.counted, outcome.lost, outcome.marks, outcome.marks_off,
	       outcome.balances ? "" : ", out of balance");
	collector__free(c);
	config__free(config);
	diags__fini(&diags);
	return outcome;
}

static u64 duration_ms(void)
{
	const char *seconds = getenv("RINGTALLY_STORM_SECONDS");

	return seconds ? strtoull(seconds, NULL, 10) * 1000 : 2500;
}

static void everything_at_once_is_exact(void **state)
{
	const struct run run = {GUARDED, STORM("storm") SHIPPED, duration_ms(), true};
	struct outcome outcome = weather(&run);

	(void)state;
	assert_true(outcome.marks > 10);
	assert_int_equal(outcome.marks_off, 0);
	assert_true(outcome.balances);
	assert_int_equal(outcome.counted, outcome.made);
	assert_int_equal(outcome.too_many, 0);
	assert_int_equal(outcome.lost, outcome.lost_shown);
	assert_true(outcome.lost > 0); /* the rings did overflow */
}

/* A second is nearly always enough. */
static bool is_noticed(const struct run *run)
{
	enum { ATTEMPTS = 15 };

	for (u32 i = 0; i < ATTEMPTS; i++) {
		struct outcome outcome = weather(run);

		if (!is_exact(&outcome))
			return true;
	}
	return false;
}

static void without_the_guard_nesting_is_noticed(void **state)
{
	(void)state;
	assert_true(is_noticed(&(struct run){UNGUARDED, STORM("storm"), 1000, false}));
}

static void without_the_guard_a_flush_is_noticed(void **state)
{
	(void)state;
	assert_true(is_noticed(&(struct run){UNGUARDED, STORM("storm_call"), 1000, true}));
}

static void with_the_guard_neither_is(void **state)
{
	const struct run nesting = {GUARDED, STORM("storm"), 1000, false};
	const struct run flush = {GUARDED, STORM("storm_call"), 1000, true};
	struct outcome outcome = weather(&nesting);

	(void)state;
	assert_true(is_exact(&outcome));
	outcome = weather(&flush);
	assert_true(is_exact(&outcome));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_at_once_is_exact),
		cmocka_unit_test(without_the_guard_nesting_is_noticed),
		cmocka_unit_test(without_the_guard_a_flush_is_noticed),
		cmocka_unit_test(with_the_guard_neither_is),
	};

	if (bpf_is_refused())
		return EXIT_SKIP;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
