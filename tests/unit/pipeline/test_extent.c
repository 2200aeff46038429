/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "aggregators/counter.h"
#include "aggregators/histogram.h"
#include "base/err.h"
#include "base/util.h"
#include "exporters/expo.h"
#include "pipeline/extent.h"
#include "pipeline/plan.h"

static const u64 bounds[] = {1, 2, 4};
static struct label_plan labels[] = {{.name = "a"}, {.name = "b"}, {.name = "c"}};

static struct metric_plan counter(u32 nlabels, u32 max_series)
{
	return (struct metric_plan){
		.desc = {.name = "a_total", .help = "", .shape = AGG_SHAPE_COUNTER},
		.kind = &counter_ops,
		.limits.max_series = max_series,
		.labels = labels,
		.nlabels = nlabels,
		.label_words = nlabels,
	};
}

static struct metric_plan histogram(u32 nlabels, u32 max_series, u32 nbounds)
{
	struct metric_plan m = counter(nlabels, max_series);

	m.kind = &histogram_ops;
	m.desc.shape = AGG_SHAPE_HISTOGRAM;
	m.desc.bounds = bounds;
	m.desc.nbounds = nbounds;
	return m;
}

static void label_sets_stand_beside_other_and_lost(void **state)
{
	const struct metric_plan labelled = counter(2, 1000), bare = counter(0, 1000);

	(void)state;
	assert_int_equal(extent_at_worst(&labelled).series, 1002);
	assert_int_equal(extent_at_worst(&labelled).lines, 1002);
	assert_int_equal(extent_with_one_series(&labelled).series, 3);
	assert_int_equal(extent_without_series(&labelled).series, 2);
	assert_int_equal(extent_at_worst(&bare).series, 1);
	assert_int_equal(extent_at_worst(&bare).lines, 1);
	assert_int_equal(extent_with_one_series(&bare).series, 1);
	assert_int_equal(extent_without_series(&bare).series, 1);
}

static void every_series_of_a_histogram_has_its_lines(void **state)
{
	const struct metric_plan m = histogram(1, 10, 3);

	(void)state;
	assert_int_equal(extent_at_worst(&m).lines, 12 * (3 + 3));
	assert_int_equal(extent_with_one_series(&m).lines, 3 * (3 + 3));
}

static void a_series_has_the_lines_that_the_exposition_gives_it(void **state)
{
	struct metric_plan metrics[] = {counter(0, 1), counter(0, 1), histogram(0, 1, 3)};

	(void)state;
	metrics[1].desc.shape = AGG_SHAPE_GAUGE;
	for (size_t i = 0; i < ARRAY_SIZE(metrics); i++) {
		struct expo expo;

		expo__init(&expo);
		assert_int_equal(expo__begin(&expo, &metrics[i].desc), 0);
		assert_int_equal(extent_lines_per_series(&metrics[i].desc),
				 expo__lines_per_series(&expo));
		expo__fini(&expo);
	}
}

static void of_a_topk_as_many_may_linger(void **state)
{
	struct metric_plan m = counter(1, 20);

	(void)state;
	m.kind = &topk_ops;
	assert_int_equal(extent_at_worst(&m).series, 20 + 20 + 2);
	assert_int_equal(extent_with_one_series(&m).series, 3);
}

/* Labels a, b, c; at most 1000 label sets, those with folded labels among them. */
static void limits_of_labels_may_leave_fewer_series(void **state)
{
	static const struct {
		u32 max_values[3];
		u64 want;
	} cases[] = {
		{{0, 0, 0}, 1000 + 2},
		{{50, 0, 0}, 1000 + 2},
		{{9, 4, 2}, 10 * 5 * 3 + 1}, /* all there is, __other__ among them, and __lost__ */
		{{900, 4, 2}, 1000 + 2},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct metric_plan m = counter(3, 1000);

		m.limits.max_values = cases[i].max_values;
		assert_int_equal(extent_at_worst(&m).series, cases[i].want);
	}
}

/* The numbers of a row are what the aggregator itself says, twice: a snapshot has them too. */
static void rows_take_what_their_aggregator_takes(void **state)
{
	const struct metric_plan metrics[] = {histogram(1, 100, 1), histogram(1, 100, 3)};
	const u64 lines = 2, longest = 200;
	u64 rows[2];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(metrics); i++) {
		const struct agg_spec spec = {.max_rows = 2,
					      .has_value = true,
					      .bounds = bounds,
					      .nbounds = metrics[i].desc.nbounds};
		struct err err = {0};
		struct agg *a;

		assert_int_equal(histogram_ops.create(&spec, &a, &err), 0);
		rows[i] = a->ops->footprint(a, 2) - a->ops->footprint(a, 1);
		assert_true(extent_bytes_per_series(&metrics[i]) > 2 * rows[i]);
		a->ops->destroy(a);
	}
	const u64 grown =
		extent_bytes_per_series(&metrics[1]) - extent_bytes_per_series(&metrics[0]);

	assert_true(grown > 2 * (rows[1] - rows[0]));
	assert_true(grown < 2 * (rows[1] - rows[0]) + lines * longest);
}

static void memory_grows_with_series_and_labels(void **state)
{
	const struct metric_plan few = counter(1, 1000), many = counter(1, 1000000);
	const struct metric_plan wide = counter(3, 1000);
	const u64 grown = extent_at_worst(&many).bytes - extent_at_worst(&few).bytes;

	(void)state;
	assert_true(extent_bytes_per_series(&wide) > extent_bytes_per_series(&few));
	assert_true(grown > 999000 * extent_bytes_per_series(&few));
	assert_true(extent_at_worst(&few).bytes > extent_with_one_series(&few).bytes);
	assert_true(extent_with_one_series(&few).bytes > extent_without_series(&few).bytes);
}

static void a_plan_is_its_metrics_and_the_self_metrics(void **state)
{
	struct metric_plan metrics[] = {counter(2, 10), histogram(1, 5, 3), counter(0, 1)};
	struct event_plan events[] = {
		{.metrics = metrics, .nmetrics = 2},
		{.metrics = metrics + 2, .nmetrics = 1},
	};
	const struct plan plan = {.events = events, .nevents = ARRAY_SIZE(events)};
	const struct extent self = extent_of_self(&plan);
	const struct extent worst = extent_of_plan(&plan, extent_at_worst);
	const struct extent least = extent_of_plan(&plan, extent_with_one_series);

	(void)state;
	assert_int_equal(worst.series, 12 + 7 + 1);
	assert_int_equal(worst.lines - self.lines, 12 + 7 * 6 + 1);
	assert_int_equal(least.lines - self.lines, 3 + 3 * 6 + 1);
	assert_true(worst.bytes > least.bytes);
	assert_true(least.bytes > self.bytes);
}

/* 16 labels of a million values: with arithmetic in 64 bits their product would wrap. */
static void the_largest_limits_do_not_overflow(void **state)
{
	static struct label_plan many[16];
	static u32 max_values[16];
	struct metric_plan m = histogram(16, 1000000, 512);

	(void)state;
	for (u16 i = 0; i < 16; i++) {
		many[i].name = "label";
		max_values[i] = 1000000;
	}
	m.labels = many;
	m.limits.max_values = max_values;
	assert_int_equal(extent_at_worst(&m).series, 1000000 + 2);
	assert_int_equal(extent_at_worst(&m).lines, (1000000ULL + 2) * 515);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(label_sets_stand_beside_other_and_lost),
		cmocka_unit_test(every_series_of_a_histogram_has_its_lines),
		cmocka_unit_test(a_series_has_the_lines_that_the_exposition_gives_it),
		cmocka_unit_test(of_a_topk_as_many_may_linger),
		cmocka_unit_test(limits_of_labels_may_leave_fewer_series),
		cmocka_unit_test(rows_take_what_their_aggregator_takes),
		cmocka_unit_test(memory_grows_with_series_and_labels),
		cmocka_unit_test(a_plan_is_its_metrics_and_the_self_metrics),
		cmocka_unit_test(the_largest_limits_do_not_overflow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
