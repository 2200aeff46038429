/* SPDX-License-Identifier: Apache-2.0 */
/* Flush hooks: what goes on while nobody emits reaches user space with every flush. */
#include "pipeline/ledger.h"
#include "tests/bpf/test_emit.h"

#define OBJECT BPF_OBJECTS_DIR "/ut_hook.bpf.o"

static const char *const programs[] = {"ut_call_hook", "flush_tables", "flush_tables_loopless",
				       NULL};

static struct loaded *load(const char *metrics)
{
	return load_with(&(struct load_options){
		.path = OBJECT, .programs = programs, .metrics = metrics, .slots = 4});
}

/* The n-th flush sends what the hook emitted, and a mark, though nobody else emitted anything. */
static void every_flush_runs_the_hook_first(void **state)
{
	static const char *const forms[] = {"flush_tables", "flush_tables_loopless"};

	(void)state;
	for (size_t form = 0; form < ARRAY_SIZE(forms); form++) {
		struct loaded *l = load("- {name: a_total, event: ut_hook, type: counter, "
					"labels: [number]}\n");

		assert_true(l->event->schema->flush_hook);
		for (u64 n = 1; n <= 3; n++) {
			const struct wire_partial *partial;

			assert_int_equal(flush_by(l, forms[form]), 0);
			assert_int_equal(drain(l), 2);
			partial = (const struct wire_partial *)l->records[0].raw;
			assert_int_equal(partial->head.type, WIRE_PARTIAL);
			assert_int_equal(partial->count, 1);
			assert_int_equal(partial->words[0], n);
			assert_int_equal(book(l)->accepted, n);
			assert_int_equal(book(l)->touched, 0);
		}
		unload(l);
	}
}

static void an_event_without_a_hook_has_nothing_to_tell(void **state)
{
	struct loaded *l = load("- {name: a_total, event: ut_plain, type: counter}\n");

	(void)state;
	assert_false(l->event->schema->flush_hook);
	assert_int_equal(flush_by(l, "flush_tables"), 0);
	assert_int_equal(drain(l), 0);
	assert_int_equal(*(u64 *)global(l->object, "ut_flushes", sizeof(u64)), 0);
	unload(l);
}

/* What the probe says of an idle CPU is seen without a call. */
static void a_probe_says_when_its_hook_rests(void **state)
{
	struct loaded *l = load("- {name: a_total, event: ut_hook, type: counter}\n");
	struct bpf_map *map = map_of(l->object, 'm', l->event);
	struct ledger *ledger = NULL;
	struct err err = {0};

	(void)state;
	if (ledger__new(bpf_map__fd(map), rings__ncpus(l->rings), l->event, &ledger, &err))
		fail_msg("ledger: %s", err.msg);
	for (u64 rests = 0; rests < 2; rests++) {
		*(u64 *)global(l->object, "ut_rests", sizeof(u64)) = rests;
		call(l->object, "ut_call_hook");
		for (u32 cpu = 0; cpu < rings__ncpus(l->rings); cpu++)
			assert_int_equal(ledger__hook_rests(ledger, cpu), cpu == l->cpu && rests);
	}
	ledger__free(ledger);
	unload(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_flush_runs_the_hook_first),
		cmocka_unit_test(an_event_without_a_hook_has_nothing_to_tell),
		cmocka_unit_test(a_probe_says_when_its_hook_rests),
	};

	if (bpf_is_refused())
		return EXIT_SKIP;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
