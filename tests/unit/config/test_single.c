/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/util.h"
#include "config/single.h"
#include "config/where.h"
#include "tests/unit/config/findings.h"

struct parsed {
	struct config *config;
	struct diags diags;
};

static struct parsed parse(const struct single *single)
{
	struct parsed p = {0};
	struct err err = {0};

	diags__init(&p.diags);
	assert_int_equal(config__single(single, &p.diags, &p.config, &err), 0);
	return p;
}

static void parsed__fini(struct parsed *p)
{
	config__free(p->config);
	diags__fini(&p->diags);
}

static void it_is_one_counter_of_the_event(void **state)
{
	static const char *const objects[] = {"/a b.bpf.o", "\"quoted\": [x]\n.bpf.o"};
	static const struct single single = {
		.event = "o'dd: \"name\" #1",
		.objects = objects,
		.nobjects = ARRAY_SIZE(objects),
		.delivery = DELIVERY_TRACE,
		.ring_bytes = 65536,
	};
	struct parsed p = parse(&single);

	(void)state;
	assert_findings(&p.diags, "");
	assert_int_equal(p.config->nmetrics, 1);
	assert_string_equal(p.config->metrics[0].event.s, single.event);
	assert_string_equal(p.config->metrics[0].type.s, "counter");
	assert_int_equal(p.config->metrics[0].nlabels, 0);
	assert_null(p.config->metrics[0].where);
	assert_int_equal(p.config->delivery, DELIVERY_TRACE);
	assert_int_equal(p.config->ring_size.n, 65536);
	assert_int_equal(p.config->nobjects, 2);
	for (size_t i = 0; i < ARRAY_SIZE(objects); i++)
		assert_string_equal(p.config->objects[i].s, objects[i]);
	parsed__fini(&p);
}

static const struct where *test_of(const struct where *where, const char *field)
{
	assert_int_equal(where->kind, WHERE_TEST);
	assert_string_equal(where->field.s, field);
	return where;
}

static void all_conditions_must_hold(void **state)
{
	static const struct single_where wheres[] = {{"--where", "a == 1 or b == 2"},
						     {"none", NULL},
						     {"-p", "tgid == 5"},
						     {"trace", "tgid != 6"}};
	static const struct single single = {
		.event = "e", .wheres = wheres, .nwheres = ARRAY_SIZE(wheres)};
	struct parsed p = parse(&single);
	const struct where *where = p.config->metrics[0].where;

	(void)state;
	assert_findings(&p.diags, "");
	assert_int_equal(where->kind, WHERE_AND);
	assert_string_equal(test_of(where->right, "tgid")->field.pos.file, "trace");
	assert_int_equal(where->left->kind, WHERE_AND);
	assert_string_equal(test_of(where->left->right, "tgid")->field.pos.file, "-p");
	assert_int_equal(where->left->left->kind, WHERE_OR);
	assert_int_equal(test_of(where->left->left->right, "b")->field.pos.col, 11);
	parsed__fini(&p);
}

static void fields_stand_between_commas(void **state)
{
	static const struct single single = {
		.event = "e", .fields = "comm,tgid,x", .fields_origin = "--fields"};
	struct parsed p = parse(&single);
	const struct metric_config *metric = &p.config->metrics[0];

	(void)state;
	assert_findings(&p.diags, "");
	assert_int_equal(metric->nlabels, 3);
	assert_string_equal(metric->labels[1].field.s, "tgid");
	assert_string_equal(metric->labels[1].name.s, "tgid");
	assert_int_equal(metric->labels[2].field.pos.col, 11);
	parsed__fini(&p);
}

static void what_is_wrong_names_the_flag(void **state)
{
	static const struct {
		const char *where;
		const char *fields;
		const char *findings;
	} cases[] = {
		{"a == 1 && b == 2", NULL, "--where:1:8: unknown operator '&&': write and\n"},
		{"", NULL, "--where:1:1: a where is empty\n"},
		{NULL, "", "--fields:1:1: a field's name is missing\n"},
		{NULL, "a,,b", "--fields:1:3: a field's name is missing\n"},
		{NULL, "a,b,a", "--fields:1:5: field 'a' is named twice\n"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct single_where where = {"--where", cases[i].where};
		const struct single single = {
			.event = "e",
			.wheres = &where,
			.nwheres = 1,
			.fields = cases[i].fields,
			.fields_origin = "--fields",
		};
		struct parsed p = parse(&single);

		assert_findings(&p.diags, cases[i].findings);
		parsed__fini(&p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_one_counter_of_the_event),
		cmocka_unit_test(all_conditions_must_hold),
		cmocka_unit_test(fields_stand_between_commas),
		cmocka_unit_test(what_is_wrong_names_the_flag),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
