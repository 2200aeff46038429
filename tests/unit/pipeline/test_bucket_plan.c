/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random histograms of every form, from the words of a config to the table that the kernel looks
 * values up in, beside what the form says of a single value: a division, a loop, a logarithm.
 */
#include "pipeline/bucket_plan.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"
#include "config/config.h"
#include "config/quantity.h"
#include "pipeline/bucket_table.h"
#include "pipeline/schema.h"
#include "tests/unit/config/findings.h"
#include "tests/unit/pipeline/kernel_model.h"

enum { CONFIGS = 400, VALUES = 300, NS = 1000000000 };

static const struct field wait_field = {.name = "wait", .unit = UNIT_NS};
static const struct field bytes_field = {.name = "bytes", .unit = UNIT_BYTES};
static const struct field plain_field = {.name = "n", .unit = UNIT_NONE};

static const struct {
	const struct field *field;
	const char *unit;
	u32 base;
} fields[] = {{&wait_field, "ns", NS}, {&bytes_field, "B", 1}, {&plain_field, "", 1}};

static u64 seed = 20261126;

/* A histogram as a config says it, and its bounds. */
struct histogram {
	struct buckets_config config;
	u64 a, b, count; /* min and max, or start and step */
	s32 schema;
	u32 field; /* of fields */
	char texts[3][32];
	u64 *bounds;
	u32 n;
};

static struct config_text text_of(char text[32], u64 n, const char *unit, unsigned col)
{
	snprintf(text, 32, "%llu%s", n, unit);
	return (struct config_text){.s = text, .pos = {"f", 1, col}};
}

static void say_histogram(struct histogram *h)
{
	const char *unit = fields[h->field].unit;
	struct config_text a = text_of(h->texts[0], h->a, unit, 10);
	struct config_text b = text_of(h->texts[1], h->b, unit, 20);

	h->config.pos = (struct pos){"f", 1, 1};
	h->config.schema = (struct config_number){(u64)(s64)h->schema, {"f", 1, 5}};
	if (h->config.kind == BUCKETS_LINEAR) {
		h->config.start = a;
		h->config.step = b;
		h->config.count = text_of(h->texts[2], h->count, "", 30);
	} else {
		h->config.min = a;
		h->config.max = b;
	}
}

/* What is found goes to ret_found. */
static void plan_histogram(struct histogram *h, char ret_found[256])
{
	struct diags d;

	say_histogram(h);
	diags__init(&d);
	assert_int_equal(
		bucket_plan_bounds(&h->config, fields[h->field].field, &d, &h->bounds, &h->n), 0);
	char *text = findings_text(&d);
	snprintf(ret_found, 256, "%s", text);
	free(text);
	assert_int_equal(h->n == 0, d.errors > 0);
	diags__fini(&d);
}

static struct histogram random_histogram(enum buckets_kind kind)
{
	struct histogram h = {.config.kind = kind, .field = (u32)(model_random(&seed) % 3)};

	h.a = model_random_any(&seed) | 1;
	h.b = kind == BUCKETS_LINEAR ? (model_random_any(&seed) >> 12) + 1
				     : h.a + model_random_any(&seed) % (U64_LARGEST - h.a + 1);
	h.count = model_random(&seed) % 2000 + 1;
	if (kind == BUCKETS_LINEAR)
		h.a %= U64_LARGEST - 3000 * h.b;
	h.schema = (s32)(model_random(&seed) % 13) - 4;
	return h;
}

/* --- the bucket of a value, by what the form says --- */

static u64 by_division(const struct histogram *h, u64 value)
{
	u64 above = value > h->a ? value - h->a : 0;

	return MIN(above / h->b + (above % h->b != 0), h->count);
}

static u64 by_doubling(const struct histogram *h, u64 value)
{
	u64 bucket = 0;

	for (u128 bound = h->a; bound < value; bound *= 2)
		bucket++;
	return MIN(bucket, (u64)h->n);
}

/* By the logarithm, the bound of the native bucket. Long doubles have the 64 bits of a value, but
 * not one more: whoever is next to a bound is left to the tests that count in integers. */
static void assert_native(const struct histogram *h, u64 value, u64 bucket)
{
	const long double per_octave = ldexpl(1, h->schema), base = fields[h->field].base;
	const long double i = ceill(log2l((long double)value / base) * per_octave);
	const long double bound = base * exp2l(i / per_octave);
	const long double slack = 4 + bound * 1e-17L;

	if (bucket == 0)
		assert_true((long double)value <= (long double)h->bounds[0] + slack);
	else if (bucket == h->n)
		assert_true((long double)value >= (long double)h->bounds[h->n - 1]);
	else if (fabsl((long double)h->bounds[bucket] - bound) > slack &&
		 fabsl((long double)value - bound) > slack &&
		 fabsl((long double)value - (long double)h->bounds[bucket - 1]) > slack)
		fail_msg("schema %d: %llu is below %llu, not %Lf", h->schema, value,
			 h->bounds[bucket], bound);
}

static void check_value(const struct histogram *h, const struct wire_buckets *table, u32 steps,
			u64 value)
{
	u64 last;
	const u64 bucket = model_bucket(table, value, steps, &last);

	if (h->config.kind == BUCKETS_LINEAR)
		assert_int_equal(bucket, by_division(h, value));
	else if (h->config.kind == BUCKETS_LOG2)
		assert_int_equal(bucket, by_doubling(h, value));
	else if (value)
		assert_native(h, value, bucket);
}

static void check_values(const struct histogram *h)
{
	const u32 slots = bucket_table_slots(h->bounds, h->n);
	const u32 steps = bucket_table_steps(h->bounds, h->n);
	struct wire_buckets *table = calloc(1, bucket_table_bytes(slots));

	assert_non_null(table);
	assert_in_range(h->n, 1, WIRE_BOUNDS_MAX);
	for (u32 i = 1; i < h->n; i++)
		assert_true(h->bounds[i] > h->bounds[i - 1]);
	bucket_table_fill(table, slots, h->bounds, h->n);
	for (u32 i = 0; i < VALUES; i++) {
		const u64 near = h->bounds[model_random(&seed) % h->n] - 1 + i % 3;

		check_value(h, table, steps, near);
		check_value(h, table, steps, model_random_any(&seed));
	}
	free(table);
}

static const char *behind(const char *found, const char *word)
{
	const char *at = strstr(found, word);

	assert_non_null(at);
	return at ? at + strlen(word) : "";
}

static void take_step(struct histogram *h, const char *found)
{
	static const enum quantity quantities[] = {QUANTITY_TIME, QUANTITY_BYTES, QUANTITY_PLAIN};
	const char *at = behind(found, "at most 512: step ");
	char step[32], why[128];

	snprintf(step, sizeof(step), "%.*s", (int)strcspn(at, " "), at);
	assert_int_equal(quantity_parse(quantities[h->field], step, &h->b, why), 0);
	h->count = strtoull(behind(at, " with count "), NULL, 10);
}

/* What is too fine is done as the message says, which must then do, and reach as far. */
static void take_advice(struct histogram *h, char found[256])
{
	const bool linear = h->config.kind == BUCKETS_LINEAR;
	const u64 reach = linear ? h->a + (h->count - 1) * h->b : 0;

	assert_true(strstr(found, linear ? "f:1:30: " : "f:1:5: ") == found);
	if (linear)
		take_step(h, found);
	else
		h->schema = (s32)strtol(behind(found, "at most 512: schema "), NULL, 10);
	plan_histogram(h, found);
	assert_string_equal(found, "");
	assert_true(h->bounds[h->n - 1] >= reach);
}

static void random_histograms_are_what_their_form_says(void **state)
{
	static const enum buckets_kind kinds[] = {BUCKETS_LOG2, BUCKETS_LINEAR, BUCKETS_NATIVE};
	char found[256];

	(void)state;
	printf("seed %llu\n", seed);
	for (u32 i = 0; i < CONFIGS; i++) {
		struct histogram h = random_histogram(kinds[i % ARRAY_SIZE(kinds)]);

		plan_histogram(&h, found);
		if (strstr(found, "at most 512"))
			take_advice(&h, found);
		if (h.n)
			check_values(&h);
		else /* only at the very end of the numbers */
			assert_non_null(strstr(found, "has no bound from 'min' on"));
		free(h.bounds);
	}
}

/* The next finer schema would be too fine, and the next smaller multiple of the step too. */
static void advice_is_the_finest_that_fits(void **state)
{
	struct histogram native = {.config.kind = BUCKETS_NATIVE, .a = 1000, .b = 64000000000};
	struct histogram line = {.config.kind = BUCKETS_LINEAR, .a = 5000, .b = 7000};
	char found[256];

	(void)state;
	for (native.schema = 8; native.schema > 4; native.schema--) {
		plan_histogram(&native, found);
		assert_non_null(strstr(found, "at most 512: schema 4 fits this range\n"));
	}
	plan_histogram(&native, found);
	assert_string_equal(found, "");
	assert_int_equal(native.n, 415);
	free(native.bounds);

	line.count = 100000;
	plan_histogram(&line, found);
	assert_non_null(strstr(found, "at most 512: step 1372us with count 512 fits this range\n"));
	/* 196 steps to one: 195 would take (99999 + 194) / 195 + 1 = 514 bounds. */
	take_advice(&line, found);
	assert_true(line.bounds[510] < 5000 + 99999 * 7000ULL);
	free(line.bounds);
}

static void advice_fits_for_every_count(void **state)
{
	char found[256];

	(void)state;
	for (u64 count = 513; count <= 3000; count++) {
		struct histogram line = {.config.kind = BUCKETS_LINEAR, .b = 7, .count = count};

		plan_histogram(&line, found);
		take_advice(&line, found);
		free(line.bounds);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_histograms_are_what_their_form_says),
		cmocka_unit_test(advice_is_the_finest_that_fits),
		cmocka_unit_test(advice_fits_for_every_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
