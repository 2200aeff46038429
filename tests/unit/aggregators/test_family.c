/* SPDX-License-Identifier: Apache-2.0 */
/* Small behaviours of families; what they promise whatever happens is in test_family_rules.c. */
#include "tests/unit/aggregators/agg_test.h"

#include <errno.h>
#include <stdio.h>

#include "aggregators/family.h"
#include "aggregators/series.h"
#include "aggregators/snapshot.h"
#include "base/err.h"
#include "base/util.h"
#include "tests/unit/aggregators/failing_alloc.h"

enum { NBOUNDS = 5, NBUCKETS = NBOUNDS + 1 };

static const u64 bounds[NBOUNDS] = {1, 10, 100, 1000, 10000};
static const char *const label_names[] = {"comm", "device"};

#define LINGER_NS 60000000000ULL

static struct family_spec spec_of(const char *kind, u16 nlabels, u32 max_series)
{
	const struct agg_ops *ops = agg_kind(kind);

	return (struct family_spec){
		.desc =
			{
				.name = "m",
				.help = "h",
				.shape = ops->shape,
				.label_names = label_names,
				.nlabels = nlabels,
				.bounds = bounds,
				.nbounds = ops->needs_buckets ? NBOUNDS : 0,
			},
		.kind = ops,
		.has_value = true,
		.limits = {.max_series = max_series, .linger_ns = LINGER_NS},
	};
}

static struct family *family_of(const struct family_spec *spec)
{
	struct family *f = NULL;
	struct err err = {0};

	if (family__new(spec, &f, &err) != 0)
		fail_msg("%s", err.msg);
	return f;
}

static struct family *family(const char *kind, u16 nlabels, u32 max_series)
{
	const struct family_spec spec = spec_of(kind, nlabels, max_series);

	return family_of(&spec);
}

static struct snapshot *snapshot_of(struct family *f)
{
	struct snapshot *s = NULL;

	assert_int_equal(snapshot__new(&s), 0);
	assert_int_equal(family__snapshot(f, s), 0);
	assert_int_equal(s->n, 1);
	return s;
}

static family_ticket add(struct family *f, u16 nlabels, const char *comm, u64 sum)
{
	struct label_builder b;

	build(&b, nlabels, (const char *[]){comm, "sda"});
	return family__add(f, &b, &(struct agg_delta){.count = 1, .sum = sum, .bucket = 1});
}

/* The snapshot's sums, in order. */
static void assert_sums(struct family *f, size_t n, const u64 *want)
{
	struct snapshot *s = snapshot_of(f);

	assert_int_equal(s->families[0].n, n);
	for (size_t i = 0; i < n; i++)
		assert_u128_equal(s->families[0].rows.sums[i], want[i]);
	snapshot__free(s);
}

static void with_labels_other_and_lost_are_shown_from_the_start(void **state)
{
	struct family *f = family("counter", 2, 10);
	struct snapshot *s = snapshot_of(f);

	(void)state;
	assert_int_equal(s->families[0].n, 2);
	assert_texts(s->families[0].labels[0], 2, (const char *[]){"__other__", "__other__"});
	assert_texts(s->families[0].labels[1], 2, (const char *[]){"__lost__", "__lost__"});
	assert_u128_equal(s->families[0].rows.sums[0], 0);
	assert_u128_equal(s->families[0].rows.sums[1], 0);
	snapshot__free(s);
	family__free(f);
}

static void without_labels_one_series_takes_all(void **state)
{
	struct family *f = family("counter", 0, 10);

	(void)state;
	assert_sums(f, 1, (const u64[]){0});
	assert_true(family__add_at(f, add(f, 0, NULL, 30), &(struct agg_delta){.sum = 10}));
	family__add_lost(f, &(struct agg_delta){.count = 1, .sum = 2});
	assert_sums(f, 1, (const u64[]){42});
	family__free(f);
}

static void series_are_shown_in_row_order(void **state)
{
	struct family *f = family("counter", 2, 2);
	static const char *const comms[] = {"z", "a", "folds"};

	(void)state;
	for (u64 i = 0; i < ARRAY_SIZE(comms); i++)
		add(f, 2, comms[i], 10 + i);
	family__add_lost(f, &(struct agg_delta){.sum = 7});
	assert_sums(f, 4, (const u64[]){12, 7, 10, 11});
	family__free(f);
}

static void a_snapshot_does_not_change_any_more(void **state)
{
	struct family *f = family("histogram", 1, 2);

	(void)state;
	add(f, 1, "a", 5);

	struct snapshot *s = snapshot_of(f);

	add(f, 1, "a", 5);
	assert_u128_equal(s->families[0].rows.sums[SERIES_FIRST], 5);
	assert_int_equal(s->families[0].rows.buckets[SERIES_FIRST * NBUCKETS + 1], 1);
	snapshot__free(s);
	family__free(f);
}

/* As long as somebody reads its label set. */
static void no_series_ends_while_a_snapshot_shows_it(void **state)
{
	struct family_spec spec = spec_of("counter", 1, 4);
	const u64 second = 1000000000ULL;
	struct family_stats stats;
	struct family *f;

	(void)state;
	spec.limits.ttl_ns = spec.limits.linger_ns = second;
	f = family_of(&spec);
	family__tick(f, second);
	add(f, 1, "a", 5);

	struct snapshot *s = snapshot_of(f);

	for (u64 now = 2; now < 100; now++)
		family__tick(f, now * second);
	family__stats(f, &stats);
	assert_int_equal(stats.demotions, 1);
	assert_u128_equal(stats.retired, 0);
	assert_texts(s->families[0].labels[SERIES_FIRST], 1, (const char *[]){"a"});
	snapshot__free(s);
	family__tick(f, 100 * second);
	family__stats(f, &stats);
	assert_u128_equal(stats.retired, 5);
	assert_sums(f, 2, (const u64[]){0, 0});
	family__free(f);
}

static void errors_name_the_metric(void **state)
{
	const struct family_spec spec = {
		.desc = {.name = "m_total", .nlabels = LABELS_MAX + 1},
		.kind = agg_kind("counter"),
		.limits.max_series = 1,
	};
	struct family *f = NULL;
	struct err err = {0};

	(void)state;
	assert_int_equal(family__new(&spec, &f, &err), -EINVAL);
	assert_string_equal(err.msg, "metric m_total: 17 labels, at most 16 are possible");
	assert_null(f);
}

static void failed_allocations_are_reported(void **state)
{
	const u32 max_values[] = {1, 0};
	struct family_spec spec = spec_of("counter", 2, 1);
	struct family *f = NULL;
	unsigned int n = 0;
	int code;

	(void)state;
	spec.limits.max_values = max_values;
	do {
		struct err err = {0};

		alloc_fails_from(++n);
		code = family__new(&spec, &f, &err);
		alloc_works();
		assert_true(code == 0 || code == -ENOMEM);
		assert_int_equal(err.code, code);
	} while (code != 0);
	assert_true(n > 1);

	struct snapshot *s = NULL;

	assert_int_equal(snapshot__new(&s), 0);
	alloc_fails_from(2);
	code = family__snapshot(f, s);
	alloc_works();
	assert_int_equal(code, -ENOMEM);
	assert_true(snapshot__failed(s));
	snapshot__free(s);
	family__free(f);
}

static void a_thousand_series_fit_the_memory_target(void **state)
{
	struct family *f = family("counter", 2, 1000);
	char comm[32];

	(void)state;
	for (int i = 0; i < 2000; i++) {
		snprintf(comm, sizeof(comm), "kworker/%07d", i);
		add(f, 2, comm, 1);
	}
	assert_in_range(family__footprint(f), 1000 * (16 + 16), 256 << 10);
	family__free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(with_labels_other_and_lost_are_shown_from_the_start),
		cmocka_unit_test(without_labels_one_series_takes_all),
		cmocka_unit_test(series_are_shown_in_row_order),
		cmocka_unit_test(a_snapshot_does_not_change_any_more),
		cmocka_unit_test(no_series_ends_while_a_snapshot_shows_it),
		cmocka_unit_test(errors_name_the_metric),
		cmocka_unit_test(failed_allocations_are_reported),
		cmocka_unit_test(a_thousand_series_fit_the_memory_target),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
