/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bench/event_load.h"

static void a_hook_has_the_work_that_fires_it(void **state)
{
	static const struct {
		const char *hook;
		const struct event_load *load;
	} cases[] = {
		{"tp_btf/sys_enter", &load_calls},
		{"raw_tp/sys_exit", &load_calls},
		{"tp/raw_syscalls/sys_enter", &load_calls},
		{"tp_btf/sched_switch", &load_pipe},
		{"tp_btf/sched_wakeup_new", &load_pipe},
		{"tp_btf/block_rq_complete", &load_block},
		{"tp_btf/softirq_entry", &load_packets},
		{"tp_btf/sched_process_exec", NULL},
		{"sys_enter", NULL}, /* no hook */
		{"", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_ptr_equal(event_load_for(cases[i].hook), cases[i].load);
}

static void a_block_is_at_least_1000_events(void **state)
{
	static const struct event_load *const loads[] = {&load_calls, &load_pipe, &load_block,
							 &load_packets};

	(void)state;
	for (size_t i = 0; i < sizeof(loads) / sizeof(loads[0]); i++) {
		assert_true(loads[i]->events >= 1000);
		assert_non_null(loads[i]->help);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_hook_has_the_work_that_fires_it),
		cmocka_unit_test(a_block_is_at_least_1000_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
