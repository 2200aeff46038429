/* SPDX-License-Identifier: Apache-2.0 */
/* Rings of one CPU each, and rings that CPUs share, filled by programs on all CPUs at once. */
#include <pthread.h>
#include <sched.h>

#include "tests/bpf/bpf_test.h"

#define OBJECT BPF_OBJECTS_DIR "/ut_emit.bpf.o"

static const char config[] =
	"metrics: [{name: a_total, event: ut_event, type: counter, labels: [tid]}]\n"
	"events: {ut_event: {delivery: stream}}\n";

enum {
	CALLS = 20000,
	CPUS_MAX = 2,
	RING_BYTES = 4 << 20,
	SMALL_RING_BYTES = 64 << 10,
};

/* The program that emits, loaded, and what came through the rings. */
struct fixture {
	struct bpf_object *object;
	struct schema *schema;
	struct planned planned;
	struct rings *rings;
	u32 ncpus;
	u64 records;
	u64 of_cpu[CPU_SETSIZE];
	const char *next; /* where the next record of the only ring stands; NULL: not known */
};

/* The next one in the ring of SMALL_RING_BYTES, which is mapped twice in a row. */
static void expect_next(struct fixture *f, const struct rings_record *record)
{
	const size_t room = ROUND_UP(record->n + BPF_RINGBUF_HDR_SZ, 8);
	const char *at = record->data;

	if (f->next)
		assert_int_equal((uintptr_t)at % SMALL_RING_BYTES,
				 (uintptr_t)f->next % SMALL_RING_BYTES);
	f->next = at + room;
}

static void count_records(void *ctx, const struct rings_record *records, size_t n)
{
	struct fixture *f = ctx;

	assert_true(n > 0);
	for (size_t i = 0; i < n; i++) {
		const struct wire_partial *partial = records[i].data;

		assert_true(records[i].n >= sizeof(*partial));
		assert_true(partial->head.cpu < f->ncpus);
		assert_int_equal(partial->count, 1);
		f->of_cpu[partial->head.cpu]++;
	}
	f->records += n;
}

static void count_records_in_order(void *ctx, const struct rings_record *records, size_t n)
{
	for (size_t i = 0; i < n; i++)
		expect_next(ctx, &records[i]);
	count_records(ctx, records, n);
}

static struct fixture *load(u32 cpus_per_ring, size_t size, rings_records_fn take)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct rings_layout layout = {.cpus_per_ring = cpus_per_ring, .size = size};
	const struct event_plan *event;
	struct err err = {0};

	f->ncpus = layout.ncpus = (u32)libbpf_num_possible_cpus();
	f->object = bpf_object__open(OBJECT);
	assert_non_null(f->object);
	f->schema = read_schema(f->object);
	f->planned = plan_text(config, &(struct plan_source){"test", f->schema}, 1);
	assert_int_equal(f->planned.diags.errors, 0);
	event = &f->planned.plan->events[0];
	if (rings__new(&layout, take, f, &f->rings, &err))
		fail_msg("rings: %s", err.msg);
	switch_programs_off(f->object);
	switch_on(f->object, "ut_emit");
	use_plan(f->object, event, &event->wire, f->rings);
	assert_int_equal(bpf_object__load(f->object), 0);
	return f;
}

static void unload(struct fixture *f)
{
	bpf_object__close(f->object);
	rings__free(f->rings);
	planned__fini(&f->planned);
	schema__free(f->schema);
	free(f);
}

/* One thread's calls, all on its CPU. */
struct caller {
	pthread_t thread;
	int program_fd;
	u32 cpu;
	const char *failure;
};

static void *make_calls(void *arg)
{
	struct caller *caller = arg;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(caller->cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		caller->failure = "no such CPU";
	for (u32 i = 0; i < CALLS && !caller->failure; i++) {
		LIBBPF_OPTS(bpf_test_run_opts, opts);

		if (bpf_prog_test_run_opts(caller->program_fd, &opts))
			caller->failure = "the program does not run";
	}
	return NULL;
}

/* From up to CPUS_MAX CPUs at once. Returns from how many; ret_cpus has them. */
static u32 call_from_all_cpus(const struct fixture *f, u32 ret_cpus[CPUS_MAX])
{
	struct bpf_program *program = bpf_object__find_program_by_name(f->object, "ut_emit");
	struct caller callers[CPUS_MAX];
	cpu_set_t allowed;
	u32 n = 0;

	assert_int_equal(sched_getaffinity(0, sizeof(allowed), &allowed), 0);
	for (u32 cpu = 0; cpu < CPU_SETSIZE && n < CPUS_MAX; cpu++) {
		if (!CPU_ISSET(cpu, &allowed))
			continue;
		ret_cpus[n] = cpu;
		callers[n] = (struct caller){.program_fd = bpf_program__fd(program), .cpu = cpu};
		assert_int_equal(pthread_create(&callers[n].thread, NULL, make_calls, &callers[n]),
				 0);
		n++;
	}
	for (u32 i = 0; i < n; i++) {
		pthread_join(callers[i].thread, NULL);
		if (callers[i].failure)
			fail_msg("CPU %u: %s", callers[i].cpu, callers[i].failure);
	}
	return n;
}

static void drain_all(struct fixture *f)
{
	u64 *marks = calloc(rings__count(f->rings), sizeof(*marks));

	rings__mark(f->rings, marks);
	while (!rings__passed(f->rings, marks))
		assert_true(rings__drain(f->rings, 1000) > 0);
	free(marks);
}

static void every_record_comes_through(u32 cpus_per_ring)
{
	struct fixture *f = load(cpus_per_ring, RING_BYTES, count_records);
	u32 cpus[CPUS_MAX], n = call_from_all_cpus(f, cpus);

	assert_int_equal(rings__ncpus(f->rings), f->ncpus);
	assert_int_equal(rings__count(f->rings), (f->ncpus + cpus_per_ring - 1) / cpus_per_ring);
	assert_int_equal(rings__usage(f->rings).size, (size_t)rings__count(f->rings) * RING_BYTES);
	assert_true(rings__usage(f->rings).used >= (size_t)n * CALLS * sizeof(struct wire_partial));
	drain_all(f);
	assert_int_equal(f->records, (u64)n * CALLS);
	assert_int_equal(rings__consumed(f->rings), f->records);
	assert_int_equal(rings__usage(f->rings).used, 0);
	for (u32 i = 0; i < n; i++)
		assert_int_equal(f->of_cpu[cpus[i]], CALLS);
	unload(f);
}

static void a_ring_for_each_cpu_keeps_every_record(void **state)
{
	(void)state;
	every_record_comes_through(1);
}

static void cpus_that_share_a_ring_keep_every_record(void **state)
{
	(void)state;
	every_record_comes_through(2);
}

static void a_group_may_be_larger_than_the_machine(void **state)
{
	(void)state;
	every_record_comes_through(1024);
}

/* Whoever finds it full, each CPU writes its own losses into its own books. */
static void what_a_shared_ring_takes_and_loses_is_all_there_was(void **state)
{
	struct fixture *f = load(2, SMALL_RING_BYTES, count_records);
	const struct event_plan *event = &f->planned.plan->events[0];
	int books = bpf_map__fd(map_of(f->object, 'm', event));
	struct wire_ledger *book = malloc(event->ledger_bytes);
	u32 cpus[CPUS_MAX], n = call_from_all_cpus(f, cpus);

	(void)state;
	drain_all(f);
	for (u32 i = 0; i < n; i++) {
		assert_int_equal(bpf_map_lookup_elem(books, &cpus[i], book), 0);
		assert_int_equal(f->of_cpu[cpus[i]] + book->lost_ring_full, CALLS);
		assert_int_equal(book->lost_no_ring, 0);
	}
	assert_true(f->records > 0 && f->records < (u64)n * CALLS);
	free(book);
	unload(f);
}

static size_t drain_some(struct fixture *f, size_t max)
{
	const u64 before = f->records;
	const size_t n = rings__drain(f->rings, max);

	assert_true(n <= max);
	assert_int_equal(f->records - before, n);
	return n;
}

/* Around the end of the ring, and over drains that stop in the middle of a batch and behind some.
 */
static void records_come_in_order_and_no_more_than_asked_for(void **state)
{
	enum { ROUNDS = 40, CALLS_A_ROUND = 400 };
	static const size_t bounds[] = {1, 7, 64, 65, 130, 1000};
	struct fixture *f =
		load((u32)libbpf_num_possible_cpus(), SMALL_RING_BYTES, count_records_in_order);
	struct bpf_program *program = bpf_object__find_program_by_name(f->object, "ut_emit");

	(void)state;
	for (u32 round = 0; round < ROUNDS; round++) {
		for (u32 i = 0; i < CALLS_A_ROUND; i++) {
			LIBBPF_OPTS(bpf_test_run_opts, opts);

			assert_int_equal(bpf_prog_test_run_opts(bpf_program__fd(program), &opts),
					 0);
		}
		while (drain_some(f, bounds[round % ARRAY_SIZE(bounds)]) > 0)
			;
		assert_int_equal(f->records, (round + 1) * CALLS_A_ROUND);
		assert_int_equal(rings__usage(f->rings).used, 0);
	}
	unload(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_ring_for_each_cpu_keeps_every_record),
		cmocka_unit_test(cpus_that_share_a_ring_keep_every_record),
		cmocka_unit_test(a_group_may_be_larger_than_the_machine),
		cmocka_unit_test(what_a_shared_ring_takes_and_loses_is_all_there_was),
		cmocka_unit_test(records_come_in_order_and_no_more_than_asked_for),
	};

	if (bpf_is_refused())
		return EXIT_SKIP;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
