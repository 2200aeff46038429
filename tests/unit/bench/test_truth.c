/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "bench/stream.h"
#include "bench/truth.h"

#define assert_near(a, b) assert_true(fabs((a) - (b)) < 1e-9)

/* One letter is one event of one key; keys are numbered as they first appear. */
static void spell(const char *letters, struct stream *s, struct truth *truth)
{
	static const struct stream_label label = {"letter", 1};

	stream__init(s, "letters", &label, 1);
	for (; *letters; letters++) {
		const u64 key = (u64)*letters;

		stream__add(s, &key);
	}
	assert_int_equal(truth__init(truth, s), 0);
}

static void shares_of_the_heaviest_and_of_the_first(void **state)
{
	struct truth truth;
	struct stream s;

	(void)state;
	spell("abccccbbdd", &s, &truth); /* a 1, b 3, c 4, d 2 */
	assert_int_equal(truth.total, 10);
	assert_near(truth__oracle_share(&truth, 1), 0.4);
	assert_near(truth__oracle_share(&truth, 2), 0.7);
	assert_near(truth__oracle_share(&truth, 100), 1);
	assert_near(truth__first_come_share(&truth, 1), 0.1);
	assert_near(truth__first_come_share(&truth, 3), 0.8);
	truth__fini(&truth);
	stream__fini(&s);
}

static void recall_is_the_share_of_the_heaviest_that_was_chosen(void **state)
{
	static const bool none[4], b_and_c[4] = {false, true, true, false},
				   a_and_c[4] = {true, false, true, false};
	struct truth truth;
	struct stream s;

	(void)state;
	spell("abccccbbdd", &s, &truth);
	assert_near(truth__recall(&truth, none, 2), 0);
	assert_near(truth__recall(&truth, b_and_c, 2), 1);
	assert_near(truth__recall(&truth, a_and_c, 2), 0.5);
	assert_near(truth__recall(&truth, b_and_c, 100), 0.5); /* of all four */
	truth__fini(&truth);
	stream__fini(&s);
}

/* The second place is shared by b, c and d: any of them is right, and three are no more than two.
 */
static void who_ties_with_the_last_is_as_good(void **state)
{
	static const bool a_and_d[4] = {true, false, false, true},
			  all[4] = {true, true, true, true},
			  b_and_d[4] = {false, true, false, true};
	struct truth truth;
	struct stream s;

	(void)state;
	spell("aaabcdbcd", &s, &truth);
	assert_near(truth__recall(&truth, a_and_d, 2), 1);
	assert_near(truth__recall(&truth, all, 2), 1);
	assert_near(truth__recall(&truth, b_and_d, 1), 0);
	truth__fini(&truth);
	stream__fini(&s);
}

static void an_empty_stream_has_no_shares(void **state)
{
	static const bool none[1];
	struct truth truth;
	struct stream s;

	(void)state;
	spell("", &s, &truth);
	assert_true(isnan(truth__oracle_share(&truth, 1)));
	assert_true(isnan(truth__first_come_share(&truth, 1)));
	assert_true(isnan(truth__recall(&truth, none, 1)));
	truth__fini(&truth);
	stream__fini(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shares_of_the_heaviest_and_of_the_first),
		cmocka_unit_test(recall_is_the_share_of_the_heaviest_that_was_chosen),
		cmocka_unit_test(who_ties_with_the_last_is_as_good),
		cmocka_unit_test(an_empty_stream_has_no_shares),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
