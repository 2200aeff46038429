/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/aggregators/agg_test.h"

#include <errno.h>

#include "aggregators/quota.h"
#include "base/err.h"
#include "base/util.h"
#include "tests/unit/aggregators/failing_alloc.h"
#include "tests/unit/aggregators/random.h"

enum { PLENTY = 1 << 30 };

static struct quota *quota(const struct quota_member *members, u32 n, u64 lines, u64 bytes)
{
	struct quota *q = NULL;
	struct err err = {0};

	if (quota__new(members, n, lines, bytes, &q, &err) < 0)
		fail_msg("%s", err.msg);
	return q;
}

/* As many series as it gets. */
static u32 take_all(struct quota *q, u32 member, u32 text_bytes)
{
	u32 n = 0;

	while (n < 100000 && quota__take(q, member, text_bytes))
		n++;
	return n;
}

static void shares_are_equal_and_safe(void **state)
{
	const struct quota_member members[] = {{1000, 1, 1, 0}, {1000, 1, 1, 0}, {1000, 1, 1, 0}};

	(void)state;
	for (u32 first = 0; first < 3; first++) {
		struct quota *q = quota(members, 3, 300, PLENTY);

		assert_int_equal(take_all(q, first, 0), 100);
		assert_int_equal(take_all(q, (first + 1) % 3, 0), 100);
		assert_int_equal(take_all(q, (first + 2) % 3, 0), 100);
		assert_int_equal(quota__lines(q), 300);
		quota__free(q);
	}
}

/* 10 and 20 need no more: of 300 lines each other one has (300 - 30) / 2. */
static void what_a_member_can_never_use_is_spread(void **state)
{
	const struct quota_member members[] = {
		{1000, 1, 1, 0}, {10, 1, 1, 0}, {1000, 1, 1, 0}, {10, 2, 1, 0}};
	struct quota *q = quota(members, 4, 300, PLENTY);

	(void)state;
	assert_int_equal(take_all(q, 0, 0), 135);
	assert_int_equal(take_all(q, 2, 0), 135);
	assert_int_equal(take_all(q, 3, 0), 10);
	assert_int_equal(take_all(q, 1, 0), 10);
	quota__free(q);
}

static void memory_is_shared_like_lines(void **state)
{
	const struct quota_member members[] = {
		{1000, 1, 60, 40}, {10, 1, 60, 40}, {1000, 1, 160, 40}};
	struct quota *q = quota(members, 3, PLENTY, 41000);

	(void)state;
	assert_int_equal(take_all(q, 0, 40), 200); /* 20000 */
	assert_int_equal(take_all(q, 2, 40), 100); /* 20000 */
	assert_int_equal(take_all(q, 1, 40), 10);  /* 1000 */
	assert_int_equal(quota__bytes(q), 41000);
	quota__free(q);
}

/* Shares are whole series: a line that makes no series is for those who can use it. */
static void what_nobody_needs_is_usable(void **state)
{
	const struct quota_member members[] = {{1000, 12, 1, 0}, {1000, 1, 1, 0}, {1000, 12, 1, 0}};
	struct quota *q = quota(members, 3, 300, PLENTY);

	(void)state;
	assert_int_equal(take_all(q, 1, 0), 300 - 2 * 96);
	assert_int_equal(take_all(q, 0, 0), 8);
	assert_int_equal(take_all(q, 2, 0), 8);
	assert_int_equal(quota__lines(q), 300);
	quota__free(q);

	q = quota(members, 3, 300000, PLENTY);
	assert_int_equal(take_all(q, 0, 0), (300000 - 12000 - 1000) / 12);
	assert_int_equal(take_all(q, 1, 0), 1000 + (300000 - 13000) % 12);
	assert_int_equal(take_all(q, 2, 0), 1000);
	assert_int_equal(quota__lines(q), 300000);
	quota__free(q);
}

static void long_texts_cost_their_own_member(void **state)
{
	const struct quota_member members[] = {{10, 1, 50, 50}, {10, 1, 50, 50}};
	struct quota *q = quota(members, 2, PLENTY, 2000);

	(void)state;
	assert_int_equal(take_all(q, 0, 450), 2);
	assert_int_equal(take_all(q, 1, 50), 10);
	quota__free(q);
}

static void refused_is_not_taken(void **state)
{
	const struct quota_member members[] = {{10, 1, 100, 0}};
	struct quota *q = quota(members, 1, 2, 1000);

	(void)state;
	assert_false(quota__take(q, 0, 901)); /* lines, but no memory */
	assert_int_equal(quota__lines(q), 0);
	assert_int_equal(take_all(q, 0, 0), 2);
	assert_false(quota__take(q, 0, 0)); /* memory, but no lines */
	assert_int_equal(quota__bytes(q), 200);
	quota__give(q, 0, 0);
	assert_int_equal(quota__lines(q), 1);
	assert_int_equal(quota__bytes(q), 200); /* memory stays its own */
	assert_true(quota__take(q, 0, 800));
	assert_int_equal(quota__bytes(q), 1000);
	quota__free(q);
}

static void extremes_are_fine(void **state)
{
	const struct quota_member members[] = {{~0U, ~0U, ~0U, ~0U}, {~0U, 0, 0, 0}, {0, 1, 1, 1}};
	struct quota *q = quota(members, 3, U64_LARGEST, U64_LARGEST);

	(void)state;
	assert_true(quota__take(q, 0, ~0U));
	assert_true(quota__take(q, 0, ~0U));
	assert_int_equal(quota__bytes(q), 4ULL * ~0U);
	quota__give(q, 0, ~0U);
	assert_int_equal(quota__lines(q), ~0U);
	quota__free(q);

	q = quota(members, 3, 0, 0);
	assert_false(quota__take(q, 0, 0));
	assert_true(quota__take(q, 1, 0)); /* costs nothing */
	assert_false(quota__take(q, 2, 0));
	quota__free(q);

	q = quota(NULL, 0, 100, 100);
	assert_int_equal(quota__lines(q) + quota__bytes(q), 0);
	quota__free(q);
	quota__free(NULL);
}

static void failed_allocations_are_reported(void **state)
{
	const struct quota_member members[] = {{10, 1, 100, 0}};
	struct quota *q = NULL;
	struct err err = {0};

	(void)state;
	alloc_fails_from(1);
	const int code = quota__new(members, 1, 1, 1, &q, &err);
	alloc_works();
	assert_int_equal(code, -ENOMEM);
	assert_string_equal(err.msg, "quota of 1 metrics: Cannot allocate memory");
	assert_null(q);
}

/*
 * The property test: members at random, who take and give at random, and a model that adds up
 * anew, for every series asked for, what each has and may still have.
 */
enum { ROUNDS = 200, STEPS = 6000, MEMBERS = 8, SERIES = 400 };

struct model_member {
	struct quota_member spec;
	u64 lines_share;
	u64 bytes_share;
	u32 n; /* series */
	u32 texts[SERIES];
	u64 bytes; /* of its series */
	u64 most;  /* of bytes, ever */
};

struct model {
	struct quota *q;
	u64 rng;
	u64 max_lines;
	u64 max_bytes;
	u32 n;
	struct model_member members[MEMBERS];
};

static u64 lines_of(const struct model_member *m)
{
	return (u64)m->n * m->spec.lines;
}

static u64 model__lines(const struct model *m)
{
	u64 lines = 0;

	for (u32 i = 0; i < m->n; i++)
		lines += lines_of(&m->members[i]);
	return lines;
}

static u64 model__bytes(const struct model *m)
{
	u64 bytes = 0;

	for (u32 i = 0; i < m->n; i++)
		bytes += m->members[i].most;
	return bytes;
}

/* Poured out one by one: to each who still needs some, as long as there is one for each of them. */
static void pour(u64 limit, const u64 *needs, u32 n, u64 *ret_shares)
{
	u64 thirsty = 0;

	for (u32 i = 0; i < n; i++)
		ret_shares[i] = 0;
	do {
		limit -= thirsty;
		for (u32 i = 0; i < n; i++)
			ret_shares[i] += thirsty > 0 && ret_shares[i] < needs[i];
		thirsty = 0;
		for (u32 i = 0; i < n; i++)
			thirsty += ret_shares[i] < needs[i];
	} while (thirsty > 0 && thirsty <= limit);
}

static void model__share_out(struct model *m)
{
	u64 lines[MEMBERS] = {0}, bytes[MEMBERS] = {0}, shares[MEMBERS];

	for (u32 i = 0; i < m->n; i++) {
		const struct quota_member *s = &m->members[i].spec;

		lines[i] = s->max_series * s->lines;
		bytes[i] = s->max_series * (s->bytes + s->text_bytes);
	}
	pour(m->max_lines, lines, m->n, shares);
	for (u32 i = 0; i < m->n; i++)
		m->members[i].lines_share = shares[i] - shares[i] % m->members[i].spec.lines;
	pour(m->max_bytes, bytes, m->n, shares);
	for (u32 i = 0; i < m->n; i++)
		m->members[i].bytes_share = shares[i];
}

static u64 unused(u64 share, u64 used)
{
	return used < share ? share - used : 0;
}

/* Within its share, or of what is left when the shares of the others are set aside. */
static bool model__has_lines(const struct model *m, u32 member)
{
	const struct model_member *mine = &m->members[member];
	u64 wanted = model__lines(m) + mine->spec.lines;

	for (u32 i = 0; i < m->n; i++)
		if (i != member)
			wanted += unused(m->members[i].lines_share, lines_of(&m->members[i]));
	return lines_of(mine) + mine->spec.lines <= mine->lines_share || wanted <= m->max_lines;
}

static bool model__has_bytes(const struct model *m, u32 member, u32 amount)
{
	const struct model_member *mine = &m->members[member];
	const u64 most = MAX(mine->most, mine->bytes + amount);
	u64 wanted = model__bytes(m) - mine->most + most;

	for (u32 i = 0; i < m->n; i++)
		if (i != member)
			wanted += unused(m->members[i].bytes_share, m->members[i].most);
	return most <= MAX(mine->most, mine->bytes_share) || wanted <= m->max_bytes;
}

/* Of a few hundred series; mostly too much for the limits, sometimes not. */
static void start_round(struct model *m)
{
	struct quota_member specs[MEMBERS];

	m->n = 1 + random_below(&m->rng, MEMBERS);
	m->max_lines = random_below(&m->rng, 2000);
	m->max_bytes = random_below(&m->rng, 50000);
	for (u32 i = 0; i < m->n; i++) {
		specs[i] = (struct quota_member){
			.max_series = 1 + (u32)random_bits(&m->rng, 8),
			.lines = 1 + random_below(&m->rng, 12),
			.bytes = 1 + random_below(&m->rng, 200),
			.text_bytes = random_below(&m->rng, 100),
		};
		m->members[i] = (struct model_member){.spec = specs[i]};
	}
	model__share_out(m);
	m->q = quota(specs, m->n, m->max_lines, m->max_bytes);
}

/* Returns whether there was room. */
static bool take_from_both(struct model *m, u32 member, u32 text_bytes)
{
	struct model_member *mine = &m->members[member];
	const u32 amount = mine->spec.bytes + text_bytes;
	const bool want = model__has_lines(m, member) && model__has_bytes(m, member, amount);

	assert_int_equal(quota__take(m->q, member, text_bytes), want);
	if (want) {
		mine->texts[mine->n++] = text_bytes;
		mine->bytes += amount;
		mine->most = MAX(mine->most, mine->bytes);
	}
	return want;
}

static void give_to_both(struct model *m, u32 member)
{
	struct model_member *mine = &m->members[member];

	if (mine->n == 0)
		return;

	const u32 which = random_below(&m->rng, mine->n);
	const u32 text_bytes = mine->texts[which];

	mine->texts[which] = mine->texts[--mine->n];
	mine->bytes -= mine->spec.bytes + text_bytes;
	quota__give(m->q, member, text_bytes);
}

/* Whatever the others have: a member gets whole what is guaranteed to it. */
static void check_guarantee(struct model *m, u32 member)
{
	struct model_member *mine = &m->members[member];
	const u32 amount = mine->spec.bytes + mine->spec.text_bytes;

	while (lines_of(mine) + mine->spec.lines <= mine->lines_share &&
	       mine->bytes + amount <= mine->bytes_share)
		assert_true(take_from_both(m, member, mine->spec.text_bytes));
}

static void check_sums(const struct model *m)
{
	assert_int_equal(quota__lines(m->q), model__lines(m));
	assert_int_equal(quota__bytes(m->q), model__bytes(m));
	assert_true(quota__lines(m->q) <= m->max_lines);
	assert_true(quota__bytes(m->q) <= m->max_bytes);
}

static void step(struct model *m)
{
	const u32 member = random_below(&m->rng, m->n);
	const u32 dice = random_below(&m->rng, 1000);

	if (dice == 0)
		check_guarantee(m, member);
	else if (dice < 10) /* one gives all, so that others can have it */
		while (m->members[member].n > 0)
			give_to_both(m, member);
	else if (dice < 400)
		give_to_both(m, member);
	else if (m->members[member].n < SERIES - 1)
		take_from_both(m, member, random_below(&m->rng, 150));
}

static void limits_and_shares_hold(void **state)
{
	struct model *m = test_calloc(1, sizeof(*m));

	(void)state;
	m->rng = seed_or(20261126);
	for (u32 round = 0; round < ROUNDS; round++) {
		start_round(m);
		for (u32 i = 0; i < STEPS; i++) {
			step(m);
			check_sums(m);
		}
		for (u32 member = 0; member < m->n; member++)
			check_guarantee(m, member);
		for (u32 member = 0; member < m->n; member++)
			while (m->members[member].n > 0)
				give_to_both(m, member);
		check_sums(m);
		quota__free(m->q);
	}
	test_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shares_are_equal_and_safe),
		cmocka_unit_test(what_a_member_can_never_use_is_spread),
		cmocka_unit_test(memory_is_shared_like_lines),
		cmocka_unit_test(what_nobody_needs_is_usable),
		cmocka_unit_test(long_texts_cost_their_own_member),
		cmocka_unit_test(refused_is_not_taken),
		cmocka_unit_test(extremes_are_fine),
		cmocka_unit_test(failed_allocations_are_reported),
		cmocka_unit_test(limits_and_shares_hold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
