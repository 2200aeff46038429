/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include "aggregators/books.h"

/* Numbers that tell the terms apart. */
static struct event_books an_event(struct books_mark *cpus)
{
	return (struct event_books){
		.event = "e",
		.skipped = 1,
		.unpaired = 20,
		.filtered = 300,
		.accepted = 4000,
		.consumed = 3000,
		.lost_ring_full = 600,
		.lost_no_ring = 400,
		.marks = 9,
		.cpus = cpus,
		.ncpus = 2,
	};
}

static void definitions(void **state)
{
	struct books_mark cpus[] = {{0, 7, 5, 2}, {3, 11, 11, 0}};
	const struct event_books e = an_event(cpus);
	const struct books_mark sum = event_books__mark(&e);

	(void)state;
	assert_int_equal(event_books__lost(&e), 1000);
	assert_int_equal(event_books__seen(&e), 4300);
	assert_int_equal(event_books__fired(&e), 4321);
	assert_int_equal(sum.accepted, 18);
	assert_int_equal(sum.consumed, 16);
	assert_int_equal(sum.lost, 2);
	assert_true(event_books__balance(&e));
}

/* One too many on one CPU and one too few on another are two faults, not none. */
static void each_cpu_balances_by_itself(void **state)
{
	struct books_mark cpus[] = {{0, 8, 5, 2}, {3, 10, 11, 0}};
	const struct event_books e = an_event(cpus);
	const struct books_mark sum = event_books__mark(&e);

	(void)state;
	assert_true(books_mark_balances(&sum));
	assert_false(event_books__balance(&e));
}

static void a_mark_that_was_off_is_not_forgotten(void **state)
{
	struct books_mark cpus[] = {{0, 7, 5, 2}, {3, 11, 11, 0}};
	struct event_books e = an_event(cpus);

	(void)state;
	e.marks_off = 1;
	assert_false(event_books__balance(&e));
}

static void room_is_for_every_event_and_cpu(void **state)
{
	struct books b = {0};

	(void)state;
	assert_int_equal(books__init(&b, 3, 2, 4), 0);
	for (u32 i = 0; i < 3; i++)
		for (u32 cpu = 0; cpu < 4; cpu++)
			b.events[i].cpus[cpu].accepted = i * 10 + cpu;
	for (u32 i = 0; i < 3; i++)
		for (u32 cpu = 0; cpu < 4; cpu++)
			assert_int_equal(b.events[i].cpus[cpu].accepted, i * 10 + cpu);
	b.metrics[1].complete = true;
	books__fini(&b);
	assert_null(b.events);
	books__fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(definitions),
		cmocka_unit_test(each_cpu_balances_by_itself),
		cmocka_unit_test(a_mark_that_was_off_is_not_forgotten),
		cmocka_unit_test(room_is_for_every_event_and_cpu),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
