/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/hash.h"

static void equal_bytes_have_equal_hashes(void **state)
{
	char a[] = "comm\0syscall";
	char b[] = "comm\0syscall";

	(void)state;
	assert_true(hash_bytes(a, sizeof(a)) == hash_bytes(b, sizeof(b)));
	assert_true(hash_bytes(a, 0) == hash_bytes(b, 0));
}

static void every_byte_and_the_length_count(void **state)
{
	char text[] = "0123456789abcdef0123456789abcdef";
	u64 hash = hash_bytes(text, sizeof(text));

	(void)state;
	assert_true(hash != hash_bytes(text, sizeof(text) - 1));
	for (size_t i = 0; i < sizeof(text); i++) {
		text[i] ^= 1;
		assert_true(hash != hash_bytes(text, sizeof(text)));
		text[i] ^= 1;
	}
}

/* The hash of "x" in a process that has not hashed before. */
static u64 hash_in_child(void)
{
	u64 hash = 0;
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	pid_t child = fork();
	if (child == 0) {
		hash = hash_bytes("x", 1);
		_exit(write(fds[1], &hash, sizeof(hash)) == (ssize_t)sizeof(hash) ? 0 : 1);
	}
	assert_int_equal(read(fds[0], &hash, sizeof(hash)), sizeof(hash));
	assert_int_equal(waitpid(child, NULL, 0), child);
	close(fds[0]);
	close(fds[1]);
	return hash;
}

static void seed_differs_from_process_to_process(void **state)
{
	(void)state;
	assert_true(hash_in_child() != hash_in_child());
}

/* Numbers in a row, at any bit of any word of a key: pids, and texts that end in a number. The
 * lowest bits of the hash choose places; the sum of squares of what is off would be KEYS by chance.
 */
static void words_in_a_row_are_spread(void **state)
{
	enum { WORDS = 3, PLACES = 1024, KEYS = 16 * PLACES };
	const u64 seed = hash_seed();

	(void)state;
	for (u32 test = 0; test < WORDS * 50; test++) {
		u64 key[WORDS] = {0x6b726f77, 0, 1}, off = 0;
		int n[PLACES] = {0};

		for (u64 i = 0; i < KEYS; i++) {
			key[test % WORDS] = i << test / WORDS;
			n[hash_words(key, seed, WORDS) % PLACES]++;
		}
		for (u32 i = 0; i < PLACES; i++)
			off += (u64)((n[i] - KEYS / PLACES) * (n[i] - KEYS / PLACES));
		assert_in_range(off, 0, 2 * KEYS);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		/* first: the children must inherit no seed */
		cmocka_unit_test(seed_differs_from_process_to_process),
		cmocka_unit_test(equal_bytes_have_equal_hashes),
		cmocka_unit_test(words_in_a_row_are_spread),
		cmocka_unit_test(every_byte_and_the_length_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
