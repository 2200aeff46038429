/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/aggregators/agg_test.h"

#include "aggregators/ranking.h"
#include "base/util.h"
#include "tests/unit/aggregators/random.h"

enum { CAP = 50, OFFERS = 200 };

static int by_rank(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->score != y->score)
		return x->score > y->score ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

/* Few scores, so that ties decide often. */
static void the_best_are_kept_in_order(void **state)
{
	u64 rng = any_seed();

	(void)state;
	for (u32 round = 0; round < 1000; round++) {
		struct ranked kept[CAP], all[OFFERS] = {0};
		struct ranking ranking = {.entries = kept, .cap = (u32)(random_u64(&rng) % CAP)};
		const u32 n = (u32)(random_u64(&rng) % OFFERS);

		for (u32 i = 0; i < n; i++) {
			all[i] = (struct ranked){.score = random_u64(&rng) % 20, .id = i};
			ranking__offer(&ranking, all[i].score, all[i].id);
		}
		qsort(all, n, sizeof(*all), by_rank);
		ranking__sort(&ranking);
		assert_int_equal(ranking.n, MIN(n, ranking.cap));
		if (ranking.n > 0)
			assert_memory_equal(kept, all, ranking.n * sizeof(*kept));
	}
}

static void the_best_are_taken_in_order(void **state)
{
	u64 rng = any_seed();

	(void)state;
	for (u32 round = 0; round < 1000; round++) {
		struct ranked sorted[CAP], turned[CAP];
		struct ranking want = {.entries = sorted, .cap = CAP};
		struct ranking ranking = {.entries = turned, .cap = CAP};
		const u32 n = (u32)(random_u64(&rng) % OFFERS);

		for (u32 i = 0; i < n; i++) {
			const u64 score = random_u64(&rng) % 20;

			ranking__offer(&want, score, i);
			ranking__offer(&ranking, score, i);
		}
		ranking__sort(&want);
		ranking__turn(&ranking);
		for (u32 i = 0; i < want.n; i++) {
			assert_memory_equal(ranking__best(&ranking), &sorted[i], sizeof(*sorted));
			ranking__drop_best(&ranking);
		}
		assert_null(ranking__best(&ranking));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_best_are_kept_in_order),
		cmocka_unit_test(the_best_are_taken_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
