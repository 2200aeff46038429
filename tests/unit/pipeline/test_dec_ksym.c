/* SPDX-License-Identifier: Apache-2.0 */
/* The linker sends the decoder's warnings here, where they are counted. */
#include "tests/unit/pipeline/decoder_test.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "pipeline/decoders/dec_ksym.h"
#include "tests/unit/pipeline/temp_tree.h"

#define SECOND		1000000000ULL
#define TEXT		"ffffffff81000040 t process_timeout\n"
#define MODULE		"ffffffffc0100000 t poll_timer\t[driver]\n"

#define PROCESS_TIMEOUT 0xffffffff81000040ULL
#define POLL_TIMER	0xffffffffc0100000ULL

void __wrap_log_line(enum log_level level, const char *msg, ...);

static u32 warnings;
static u64 clock_ns;

void __wrap_log_line(enum log_level level, const char *msg, ...)
{
	assert_int_equal(level, LOG_WARN);
	assert_non_null(msg);
	warnings++;
}

static u64 now_ns(void)
{
	return clock_ns;
}

/* The decoder, and a table of symbols in a directory of its own. */
struct bench {
	struct temp_tree tree;
	char path[64];
	struct decoder *decoder;
};

static void bench__init(struct bench *b, const char *text)
{
	warnings = 0;
	clock_ns = 5 * SECOND;
	temp_tree__init(&b->tree);
	if (text)
		temp_tree__write(&b->tree, "kallsyms", text);
	snprintf(b->path, sizeof(b->path), "%s", temp_tree__path(&b->tree, "kallsyms"));

	const struct decoder_env env = {.kallsyms = b->path, .now_ns = now_ns};

	b->decoder = create_decoder(&dec_ksym_ops, &env);
}

static void bench__fini(struct bench *b)
{
	b->decoder->ops->destroy(b->decoder);
	temp_tree__fini(&b->tree);
}

static void assert_unknown(struct decoder *d, u64 word)
{
	const struct decoded answer = decode_words(d, &word, 1);

	assert_string_equal(answer.text, "unknown");
	assert_true(answer.provisional);
	assert_false(answer.error);
}

static void functions_have_names_and_no_addresses_are_shown(void **state)
{
	struct bench b;

	(void)state;
	bench__init(&b, TEXT);
	assert_word_is(b.decoder, PROCESS_TIMEOUT, "process_timeout");
	assert_word_is(b.decoder, 0, "");
	assert_unknown(b.decoder, PROCESS_TIMEOUT + 1);
	assert_unknown(b.decoder, ~0ULL);
	assert_int_equal(warnings, 0);
	bench__fini(&b);
}

static void symbols_are_read_when_the_first_is_asked_for(void **state)
{
	struct bench b;

	(void)state;
	bench__init(&b, TEXT);
	assert_word_is(b.decoder, 0, "");
	temp_tree__write(&b.tree, "kallsyms", TEXT MODULE);
	assert_word_is(b.decoder, POLL_TIMER, "poll_timer");
	unlink(b.path);
	clock_ns += 100 * SECOND;
	assert_word_is(b.decoder, PROCESS_TIMEOUT, "process_timeout");
	bench__fini(&b);
}

static void a_module_that_comes_later_gets_its_names(void **state)
{
	struct bench b;

	(void)state;
	bench__init(&b, TEXT);
	assert_unknown(b.decoder, POLL_TIMER);
	temp_tree__write(&b.tree, "kallsyms", TEXT MODULE);
	clock_ns += 10 * SECOND - 1;
	assert_unknown(b.decoder, POLL_TIMER);
	clock_ns += 1;
	assert_word_is(b.decoder, POLL_TIMER, "poll_timer");
	assert_word_is(b.decoder, PROCESS_TIMEOUT, "process_timeout");
	bench__fini(&b);
}

static void what_was_read_stays_when_it_cannot_be_read_again(void **state)
{
	struct bench b;

	(void)state;
	bench__init(&b, TEXT);
	assert_word_is(b.decoder, PROCESS_TIMEOUT, "process_timeout");
	unlink(b.path);
	clock_ns += 10 * SECOND;
	assert_unknown(b.decoder, POLL_TIMER);
	assert_word_is(b.decoder, PROCESS_TIMEOUT, "process_timeout");
	assert_int_equal(warnings, 0);
	bench__fini(&b);
}

static void hidden_symbols_are_one_warning(void **state)
{
	static const char *const texts[] = {NULL, "0000000000000000 T _text\n"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct bench b;

		bench__init(&b, texts[i]);
		assert_unknown(b.decoder, PROCESS_TIMEOUT);
		clock_ns += 100 * SECOND;
		temp_tree__write(&b.tree, "kallsyms", TEXT);
		assert_unknown(b.decoder, PROCESS_TIMEOUT);
		assert_int_equal(warnings, 1);
		bench__fini(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(functions_have_names_and_no_addresses_are_shown),
		cmocka_unit_test(symbols_are_read_when_the_first_is_asked_for),
		cmocka_unit_test(a_module_that_comes_later_gets_its_names),
		cmocka_unit_test(what_was_read_stays_when_it_cannot_be_read_again),
		cmocka_unit_test(hidden_symbols_are_one_warning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
