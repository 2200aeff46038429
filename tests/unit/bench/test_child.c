/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "bench/child.h"
#include "bench/pause.h"

enum { PATIENCE_MS = 20000 };

static void start(struct child *c, const char *script)
{
	const char *argv[] = {"sh", "-c", script, NULL};
	struct err err = {0};

	if (child__start(c, "it", "/bin/sh", argv, NULL, &err))
		fail_msg("%s", err.msg);
}

static void wait_until_said(struct child *c, const char *line)
{
	while (!child__said(c, line)) {
		assert_true(child__age_ms(c) < PATIENCE_MS);
		pause_ms(1);
	}
}

static int wait_end(struct child *c, struct err *err)
{
	while (!child__check(c, err)) {
		assert_true(child__age_ms(c) < PATIENCE_MS);
		pause_ms(1);
	}
	return err->code;
}

static void hears_whole_lines_of_both_outputs(void **state)
{
	char word[32];
	struct child c;

	(void)state;
	start(&c, "echo one two; echo three >&2; exec sleep 100");
	wait_until_said(&c, "three");
	assert_true(child__said(&c, "one two"));
	assert_false(child__said(&c, "one"));
	assert_false(child__said(&c, "two"));
	child__read_word(&c, "one ", word, sizeof(word));
	assert_string_equal(word, "two");
	child__read_word(&c, "four ", word, sizeof(word));
	assert_string_equal(word, "");
	child__fini(&c);
}

static void tells_how_it_ended(void **state)
{
	static const struct {
		const char *script;
		int code;
		const char *message;
	} cases[] = {
		{"echo first; echo last; echo; exit 3", -EIO, "it: it ended with status 3: last"},
		{"exit 4", -EOPNOTSUPP, "it: it ended with status 4: "},
		{"echo going; kill -KILL $$", -EIO, "it: signal 9 ended it: going"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = {0};
		struct child c;

		start(&c, cases[i].script);
		assert_int_equal(wait_end(&c, &err), cases[i].code);
		assert_string_equal(err.msg, cases[i].message);
		child__fini(&c);
	}
}

static void stops_by_a_signal(void **state)
{
	struct err err = {0};
	struct child c;

	(void)state;
	start(&c, "trap 'exit 0' TERM; echo up; while :; do sleep 0.01; done");
	wait_until_said(&c, "up");
	assert_int_equal(child__stop(&c, SIGTERM, &err), 0);
	assert_int_equal(c.status, 0);
	assert_int_equal(c.pid, 0);
	child__fini(&c);
}

static void leaves_nothing_behind(void **state)
{
	struct child c;
	pid_t pid;

	(void)state;
	start(&c, "trap '' TERM INT; echo up; while :; do sleep 0.01; done");
	wait_until_said(&c, "up");
	pid = c.pid;
	assert_int_equal(kill(pid, 0), 0);
	child__fini(&c);
	assert_int_equal(kill(pid, 0), -1);
	assert_int_equal(errno, ESRCH);
	child__fini(&c); /* once more does nothing */
}

static int refuse(void)
{
	return EPERM;
}

static void says_why_it_did_not_start(void **state)
{
	const char *argv[] = {"it", NULL};
	struct err err = {0}, refused = {0};
	struct child c;

	(void)state;
	assert_int_equal(child__start(&c, "it", "/nonexistent", argv, NULL, &err), -ENOENT);
	assert_string_equal(err.msg, "it: starting it: No such file or directory");
	assert_int_equal(c.pid, 0);
	assert_int_equal(child__start(&c, "it", "/bin/sh", argv, refuse, &refused), -EPERM);
	assert_string_equal(refused.msg, "it: starting it: Operation not permitted");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hears_whole_lines_of_both_outputs),
		cmocka_unit_test(tells_how_it_ended),
		cmocka_unit_test(stops_by_a_signal),
		cmocka_unit_test(leaves_nothing_behind),
		cmocka_unit_test(says_why_it_did_not_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
