/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/util.h"
#include "pipeline/raw_cache.h"

static void what_was_put_is_found(void **state)
{
	static const u64 tickets[] = {1, 2, 77ULL << 32, ~0ULL};
	struct raw_cache *c = raw_cache__new(2, 4);

	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(tickets); i++)
		raw_cache__put(c, (const u64[]){i, ~0ULL}, i, tickets[i]);
	for (u32 i = 0; i < ARRAY_SIZE(tickets); i++)
		assert_int_equal(raw_cache__find(c, (const u64[]){i, ~0ULL}, i), tickets[i]);
	raw_cache__free(c);
}

static void every_word_of_a_key_counts(void **state)
{
	const u64 key[] = {0, 0, 0};
	struct raw_cache *c = raw_cache__new(ARRAY_SIZE(key), 1);

	(void)state;
	assert_int_equal(raw_cache__find(c, key, 0), RAW_CACHE_MISS);
	raw_cache__put(c, key, 0, 5);
	for (u32 word = 0; word < ARRAY_SIZE(key); word++) {
		for (u32 bit = 0; bit < 64; bit++) {
			u64 other[ARRAY_SIZE(key)] = {0};

			other[word] = 1ULL << bit;
			assert_int_equal(raw_cache__find(c, other, 0), RAW_CACHE_MISS);
		}
	}
	assert_int_equal(raw_cache__find(c, key, 0), 5);
	raw_cache__free(c);
}

/* Two keys for each pair of places. Windows of the last hashes go on behind the end. */
static void a_new_key_evicts_the_one_in_its_place(void **state)
{
	/* Entries asked for, and how many there are. */
	static const struct {
		u32 entries;
		u64 places;
	} cases[] = {{0, 8}, {1, 8}, {7, 8}, {8, 8}, {9, 16}, {1000, 1024}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct raw_cache *c = raw_cache__new(1, cases[i].entries);

		const u64 all = cases[i].places;

		for (u64 key = 0; key < all; key++)
			raw_cache__put(c, &key, key / 2, key + 1);
		for (u64 key = 0; key < all; key++)
			assert_int_equal(raw_cache__find(c, &key, key / 2), key + 1);
		raw_cache__put(c, &all, all / 2, 9); /* comes round to hash 0 */
		assert_int_equal(raw_cache__find(c, (const u64[]){0}, 0), RAW_CACHE_MISS);
		assert_int_equal(raw_cache__find(c, &all, all / 2), 9);
		for (u64 key = 1; key < all; key++)
			assert_int_equal(raw_cache__find(c, &key, key / 2), key + 1);
		raw_cache__free(c);
	}
}

static void a_full_window_forgets_one_key_at_a_time(void **state)
{
	struct raw_cache *c = raw_cache__new(1, 64);

	(void)state;
	for (u64 key = 0; key < 100; key++) { /* all of one window, evicting the first of it */
		u32 known = 0;

		raw_cache__put(c, &key, key << 60, key + 1);
		for (u64 old = 0; old <= key; old++) {
			const u64 ticket = raw_cache__find(c, &old, old << 60);

			assert_true(ticket == old + 1 || ticket == RAW_CACHE_MISS);
			known += ticket == old + 1;
		}
		assert_int_equal(known, MIN(key + 1, 8));
		assert_int_equal(raw_cache__find(c, &key, key << 60), key + 1);
	}
	raw_cache__free(c);
}

/* Of all numbers of words that are treated on their own, and one more. */
static void both_ways_lead_to_the_same_place(void **state)
{
	(void)state;
	for (u32 words = 0; words <= 6; words++) {
		struct raw_cache *c = raw_cache__new(words, 100);
		u64 key[6] = {1, 2, 3, 4, 5, 6};

		for (u64 ticket = 1; ticket <= 20; ticket++) {
			key[words / 2] = ticket * 1000;
			raw_cache__put(c, key, raw_cache__seek(c, key), ticket);
			assert_int_equal(raw_cache__get(c, key), ticket);
			assert_int_equal(raw_cache__find(c, key, raw_cache__seek(c, key)), ticket);
		}
		raw_cache__free(c);
	}
}

static void a_key_that_is_put_again_changes_its_ticket(void **state)
{
	struct raw_cache *c = raw_cache__new(1, 64);
	const u64 key = 7, other = 8;

	(void)state;
	raw_cache__put(c, &other, 0, 1);
	raw_cache__put(c, &key, 0, 2);
	raw_cache__put(c, &key, 0, 3);
	assert_int_equal(raw_cache__find(c, &key, 0), 3);
	assert_int_equal(raw_cache__find(c, &other, 0), 1);
	raw_cache__free(c);
}

static void a_key_without_words_is_one_key(void **state)
{
	struct raw_cache *c = raw_cache__new(0, 1024);
	const u64 none = 0;

	(void)state;
	assert_int_equal(raw_cache__find(c, &none, 3), RAW_CACHE_MISS);
	raw_cache__put(c, &none, 3, 2);
	assert_int_equal(raw_cache__find(c, &none, 3), 2);
	raw_cache__free(c);
	raw_cache__free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_put_is_found),
		cmocka_unit_test(every_word_of_a_key_counts),
		cmocka_unit_test(a_new_key_evicts_the_one_in_its_place),
		cmocka_unit_test(a_full_window_forgets_one_key_at_a_time),
		cmocka_unit_test(both_ways_lead_to_the_same_place),
		cmocka_unit_test(a_key_that_is_put_again_changes_its_ticket),
		cmocka_unit_test(a_key_without_words_is_one_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
