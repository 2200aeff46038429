/* SPDX-License-Identifier: Apache-2.0 */
/* Raw records: what a plan that traces makes of each event, one call at a time. */
#include <pthread.h>
#include <time.h>

#include "config/single.h"
#include "tests/bpf/test_emit.h"

enum { EVENT_WORDS = 8 };

#define OBJECT	     BPF_OBJECTS_DIR "/ut_emit.bpf.o"
#define WITH_HELPERS BPF_OBJECTS_DIR "/ut_emit_helpers.bpf.o"

/* Every word differs from every other. */
static const u64 event_words[EVENT_WORDS] = {
	0x1111111111111111, 0x6f77206f6c6c6568, 0x0000000000646c72, (u64)-42,
	0x4444444444444444, 0x5555555555555555, 0x6666666666666666, 0x7777777777777777,
};

static struct loaded *load_from(const char *path, const char *fields, const char *where,
				bool preemptible)
{
	static const char *const programs[] = {"ut_emit", "ut_emit_task", "ut_save",
					       "ut_emit_saved", NULL};
	static struct single_where wheres[] = {{"test", NULL}};
	static struct single single = {
		.event = "ut_event",
		.delivery = DELIVERY_TRACE,
		.wheres = wheres,
		.nwheres = 1,
		.fields_origin = "test",
	};
	struct loaded *l;

	single.fields = fields;
	wheres[0].text = where;
	l = load_with(&(struct load_options){
		.path = path,
		.programs = programs,
		.single = &single,
		.preemptible = preemptible,
	});
	memcpy(global(l->object, "ut_event_words", sizeof(event_words)), event_words,
	       sizeof(event_words));
	return l;
}

static u64 now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (u64)now.tv_sec * 1000000000 + (u64)now.tv_nsec;
}

/* The one record in the rings is this event, emitted since then. */
static void assert_record(struct loaded *l, u64 since_ns, const char *what)
{
	const struct wire_raw *raw = (const struct wire_raw *)l->records[0].raw;
	u64 context[CONTEXT_WORDS], want[RECORD_WORDS];
	u32 n = EVENT_WORDS;

	assert_int_equal(drain(l), 1);
	assert_int_equal(l->records[0].bytes, l->wire.record_bytes);
	assert_int_equal(raw->head.type, WIRE_RAW);
	assert_int_equal(raw->head.generation, l->wire.generation);
	assert_int_equal(raw->head.event, l->wire.event);
	assert_int_equal(raw->head.cpu, l->cpu);
	assert_in_range(raw->time_ns, since_ns, now_ns());
	own_context(l, context);
	memcpy(want, event_words, sizeof(event_words));
	n += append(want + n, context, l->wire.context_fetch);
	assert_int_equal(l->records[0].bytes, sizeof(*raw) + n * sizeof(u64));
	for (u32 i = 0; i < n; i++)
		if (raw->words[i] != want[i])
			fail_msg("%s: word %u is %#llx, not %#llx", what, i, raw->words[i],
				 want[i]);
}

static void call_and_assert(struct loaded *l, const char *program)
{
	const u64 since = now_ns();

	call(l->object, program);
	assert_record(l, since, program);
}

static const char *const field_sets[] = {
	NULL, /* as by default */
	"id",
	"time",
	"comm",
	"cpu,last",
	"tgid,tid,uid,gid,name",
	"cgroup,cpu,color",
	"comm,tgid,tid,uid,gid,cgroup,cpu,id,name,change,amount,color,weight,last,time",
};

static void a_record_is_the_event_with_the_context_that_is_asked_for(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_SIZE(field_sets); i++) {
		const char *object = i % 2 ? WITH_HELPERS : OBJECT;
		struct loaded *l = load_from(object, field_sets[i / 2], NULL, i / 2 % 2);
		u64 context[CONTEXT_WORDS];

		own_context(l, context);
		call_and_assert(l, "ut_emit");
		call_and_assert(l, "ut_emit_task");
		call(l->object, "ut_save");
		assert_int_equal(drain(l), 0);
		prctl(PR_SET_NAME, "somebody else");
		call_and_assert(l, "ut_emit_saved");
		assert_int_equal(book(l)->accepted, 3);
		assert_int_equal(book(l)->nested_accepted, 0);
		assert_int_equal(book(l)->busy, 0);
		unload(l);
	}
}

/* As if the call interrupted another one that is in its books. */
static void whoever_is_nested_is_a_record_too(void **state)
{
	(void)state;
	for (u32 preemptible = 0; preemptible < 2; preemptible++) {
		struct loaded *l = load_from(OBJECT, "id,comm", NULL, preemptible);

		call_and_assert(l, "ut_emit");
		book(l)->busy = 1;
		for (u64 nested = 1; nested <= 3; nested++) {
			call_and_assert(l, "ut_emit");
			assert_int_equal(book(l)->accepted, 1);
			assert_int_equal(book(l)->nested_accepted, nested);
			assert_int_equal(book(l)->nested_inside, 0);
			assert_int_equal(book(l)->busy, 1);
		}
		book(l)->busy = 0;
		call_and_assert(l, "ut_emit");
		assert_int_equal(book(l)->accepted, 2);
		unload(l);
	}
}

static void what_finds_no_room_is_counted_as_lost(void **state)
{
	enum { CALLS = 200 };
	struct loaded *l = load_from(OBJECT, NULL, NULL, false);
	u64 taken;

	(void)state;
	for (u32 i = 0; i < CALLS; i++) {
		book(l)->busy = i % 3 == 0; /* a third of them is nested */
		call(l->object, "ut_emit");
	}
	book(l)->busy = 0;
	taken = drain(l);
	assert_in_range(taken, 1, CALLS - 1);
	assert_int_equal(taken + book(l)->lost_ring_full, CALLS);
	assert_int_equal(book(l)->accepted + book(l)->nested_accepted, CALLS);
	assert_int_equal(book(l)->lost_no_ring, 0);
	/* There is room again. */
	call_and_assert(l, "ut_emit");
	assert_int_equal(taken + book(l)->lost_ring_full, CALLS);
	assert_int_equal(bpf_map_delete_elem(rings__map_fd(l->rings), &l->cpu), 0);
	call(l->object, "ut_emit");
	assert_int_equal(drain(l), 0);
	assert_int_equal(book(l)->lost_no_ring, 1);
	unload(l);
}

static void what_the_condition_rejects_is_no_record(void **state)
{
	static const struct {
		const char *where;
		bool passes;
	} cases[] = {
		{"change == -42", true},	  {"change == -41", false},
		{"cpu < 4096 and id > 1", true},  {"comm == nobody", false},
		{"not name starts_with x", true}, {"name == 'hello world' and tgid == 1", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct loaded *l = load_from(OBJECT, "comm,amount", cases[i].where, false);

		if (cases[i].passes)
			call_and_assert(l, "ut_emit");
		else
			call(l->object, "ut_emit");
		assert_int_equal(drain(l), 0);
		assert_int_equal(book(l)->accepted, cases[i].passes);
		assert_int_equal(book(l)->filtered, !cases[i].passes);
		unload(l);
	}
}

static void *run_group(void *failed)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_is_the_event_with_the_context_that_is_asked_for),
		cmocka_unit_test(whoever_is_nested_is_a_record_too),
		cmocka_unit_test(what_finds_no_room_is_counted_as_lost),
		cmocka_unit_test(what_the_condition_rejects_is_no_record),
	};

	*(int *)failed = cmocka_run_group_tests(tests, NULL, NULL);
	return NULL;
}

/* In a thread and a group of its own: no two numbers of its context are the same by chance. */
int main(void)
{
	pthread_t thread;
	int failed = 1;

	if (bpf_is_refused())
		return EXIT_SKIP;
	if (setregid(4242, (gid_t)-1) || pthread_create(&thread, NULL, run_group, &failed))
		return 1;
	pthread_join(thread, NULL);
	return failed;
}
