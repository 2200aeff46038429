/* SPDX-License-Identifier: Apache-2.0 */
/* The ledger's page: what it says, and that a number that is wrong by one is told. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <stdlib.h>

#include "aggregators/series.h"
#include "base/strbuf.h"
#include "base/util.h"
#include "exporters/api_ledger.h"
#include "exporters/ledger_json.h"
#include "tests/unit/exporters/exporter_fixture.h"
#include "tests/unit/exporters/snapshots.h"

static const char *const labels[] = {"comm"};
static const u64 bounds[] = {10, 20};
static const struct family_desc counter = {
	.name = "x_total",
	.help = "",
	.shape = AGG_SHAPE_COUNTER,
	.label_names = labels,
	.nlabels = 1,
};
static const struct family_desc seconds = {
	.name = "y_seconds_total",
	.help = "",
	.shape = AGG_SHAPE_COUNTER,
	.scale = 9,
};
static const struct family_desc histogram = {
	.name = "z_seconds",
	.help = "",
	.shape = AGG_SHAPE_HISTOGRAM,
	.scale = 9,
	.bounds = bounds,
	.nbounds = ARRAY_SIZE(bounds),
};

/* Not what a program may call itself. */
static void add_special(struct snapshot *s, u128 value, const char *text)
{
	struct family_snapshot *fs = &s->families[s->n - 1];
	struct label_builder b;

	snapshot__sample(s, value, TEXTS("x"));
	label_builder__set_special(&b, 1, text);
	fs->labels[fs->n - 1] = label_arena__copy(&s->arena, &b);
}

/* Of two events: x counts all of `one`, y adds up a value of it, z measures `two`. */
static struct snapshot *a_snapshot(void)
{
	const u64 counts[] = {1, 2, 4};
	struct snapshot *s;
	struct books *b;

	assert_int_equal(snapshot__new(&s), 0);
	snapshot__begin(s, &counter);
	snapshot__sample(s, 100, TEXTS("a"));
	snapshot__sample(s, 50, TEXTS("b"));
	add_special(s, 30, SERIES_OTHER_TEXT);
	add_special(s, 7, SERIES_LOST_TEXT);
	snapshot__begin(s, &seconds);
	snapshot__sample(s, 1500000000, NULL);
	add_histogram(s, &histogram, TEXTS(""), counts, 99);

	b = s->books = calloc(1, sizeof(*b));
	assert_non_null(b);
	assert_int_equal(books__init(b, 2, 3, 2), 0);
	b->events[0].event = "one";
	b->events[0].accepted = 200;
	b->events[0].consumed = 193;
	b->events[0].lost_ring_full = 7;
	b->events[0].marks = 2;
	b->events[0].ncpus = 2;
	b->events[0].cpus[0] = (struct books_mark){0, 150, 150, 0};
	b->events[0].cpus[1] = (struct books_mark){1, 47, 40, 7};
	b->events[1].event = "two";
	b->events[1].refusal = "no \"hook\"";
	b->metrics[0] = (struct metric_books){0, true, 193, 7, 13};
	b->metrics[1] = (struct metric_books){0, false, 193, 7, 500000000};
	b->metrics[2] = (struct metric_books){1, true, 7, 0, 0};
	return s;
}

static char *rendered(const struct snapshot *s)
{
	struct strbuf out;

	strbuf__init(&out);
	ledger_json_put(&out, s);
	assert_false(out.failed);
	return out.data;
}

static bool balanced(const struct snapshot *s)
{
	char *text = rendered(s);
	const bool yes = strstr(text, "\",\"balanced\":true,\"events\"") != NULL;

	assert_true(yes || strstr(text, "\",\"balanced\":false,\"events\""));
	free(text);
	return yes;
}

static void every_term_stands_there(void **state)
{
	static const char *const parts[] = {
		"{\"event\":\"one\",\"attached\":true,\"fired\":200,\"seen\":200,",
		"\"accepted\":200,\"consumed\":193,\"pending\":0,"
		"\"lost\":{\"ring_full\":7,\"no_ring\":0},",
		"\"marks\":{\"taken\":2,\"off\":0,\"accepted\":197,\"consumed\":190,\"lost\":7,"
		"\"cpus\":[{\"cpu\":0,\"accepted\":150,\"consumed\":150,\"lost\":0},"
		"{\"cpu\":1,\"accepted\":47,\"consumed\":40,\"lost\":7}]},\"balanced\":true}",
		"{\"event\":\"two\",\"attached\":false,\"reason\":\"no \\\"hook\\\"\",",
		"{\"metric\":\"x_total\",\"event\":\"one\",\"series\":150,\"other\":30,\"lost\":7,"
		"\"retired\":13,\"total\":200,\"expected\":{\"consumed\":193,\"lost\":7},"
		"\"balanced\":true}",
		"{\"metric\":\"y_seconds_total\",\"event\":\"one\",\"series\":1.5,\"other\":0,"
		"\"lost\":0,\"retired\":0.5,\"total\":2,\"expected\":null,\"balanced\":null}",
		"{\"metric\":\"z_seconds\",\"event\":\"two\",\"series\":7,\"other\":0,\"lost\":0,"
		"\"retired\":0,\"total\":7,\"expected\":{\"consumed\":7,\"lost\":0},"
		"\"balanced\":true}]}\n",
	};
	struct snapshot *s = a_snapshot();
	char *text = rendered(s);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (!strstr(text, parts[i]))
			fail_msg("no %s in %s", parts[i], text);
	assert_true(balanced(s));
	free(text);
	snapshot__free(s);
}

static void a_number_that_is_wrong_by_one_is_told(void **state)
{
	struct snapshot *s = a_snapshot();
	u64 *const numbers[] = {
		&s->books->events[0].cpus[0].accepted, &s->books->events[0].cpus[1].consumed,
		&s->books->events[0].cpus[1].lost,     &s->books->events[1].marks_off,
		&s->books->metrics[0].counted,	       &s->books->metrics[0].lost,
		&s->books->metrics[2].counted,	       &s->families[2].rows.buckets[1],
	};
	u128 *const wide[] = {&s->books->metrics[0].retired, &s->families[0].rows.sums[2]};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		++*numbers[i];
		assert_false(balanced(s));
		--*numbers[i];
	}
	for (size_t i = 0; i < ARRAY_SIZE(wide); i++) {
		++*wide[i];
		assert_false(balanced(s));
		--*wide[i];
	}
	assert_true(balanced(s));
	snapshot__free(s);
}

/* ---- the page ---- */

static void setup(struct fixture *f)
{
	*f = (struct fixture){
		.source = {.collect = fake_collect, .cancel = fake_cancel},
		.without_self = true,
	};
	start_exporter(f, &api_ledger_ops);
}

static void ask(struct fixture *f, struct client *c)
{
	client__connect(c, f->url);
	client__ask(c, "GET", API_LEDGER_PATH);
}

static void questions_share_a_snapshot_with_books(void **state)
{
	struct client clients[3];
	struct snapshot *s = a_snapshot();
	char *text = rendered(s);
	struct fixture f;

	(void)state;
	setup(&f);
	for (size_t i = 0; i < ARRAY_SIZE(clients); i++)
		ask(&f, &clients[i]);
	TURN_UNTIL(&f.loop, f.wanted);
	assert_true(f.wanted->with_books);
	deliver(&f, s);
	for (size_t i = 0; i < ARRAY_SIZE(clients); i++) {
		TURN_UNTIL(&f.loop, client__at_end(&clients[i]));
		assert_int_equal(client__status(&clients[i]), 200);
		assert_true(client__has(&clients[i], "Content-Type: application/json\r\n"));
		assert_string_equal(client__body(&clients[i]), text);
		client__close(&clients[i]);
	}
	assert_int_equal(f.collects, 1);
	free(text);
	teardown(&f);
}

static void without_a_snapshot_the_error_says_why(void **state)
{
	struct client c;
	struct fixture f;

	(void)state;
	setup(&f);
	ask(&f, &c);
	TURN_UNTIL(&f.loop, f.wanted);
	deliver(&f, NULL);
	TURN_UNTIL(&f.loop, client__at_end(&c));
	assert_int_equal(client__status(&c), 503);
	assert_string_equal(client__body(&c), "{\"error\":\"out of memory for a snapshot\"}\n");
	client__close(&c);
	teardown(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_term_stands_there),
		cmocka_unit_test(a_number_that_is_wrong_by_one_is_told),
		cmocka_unit_test(questions_share_a_snapshot_with_books),
		cmocka_unit_test(without_a_snapshot_the_error_says_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
