/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/util.h"
#include "exporters/decimal.h"

#define U128(hi, lo) ((u128)(hi) << 64 | (lo))

struct number_case {
	u128 n;
	u8 scale;
	const char *text;
};

static void numbers_are_exact(void **state)
{
	static const struct number_case cases[] = {
		{0, 0, "0"},
		{0, 9, "0"},
		{7, 0, "7"},
		{1500, 0, "1500"},
		{1000000, 0, "1000000"},
		{1, 1, "0.1"},
		{10, 1, "1"},
		{105, 1, "10.5"},
		{250, 6, "0.00025"},
		{1, 9, "0.000000001"},
		{1000000000, 9, "1"},
		{1000000001, 9, "1.000000001"},
		{120000000000, 9, "120"},
		{123456789012345678, 9, "123456789.012345678"},
		{UINT64_MAX, 0, "18446744073709551615"},
		{U128(1, 0), 0, "18446744073709551616"},
		{U128(1, 0), 9, "18446744073.709551616"},
		{(u128)10000000000000000000ULL * 10000000000000000000ULL, 0,
		 "100000000000000000000000000000000000000"},
		{(u128)10000000000000000000ULL * 10000000000000000000ULL, 38, "1"},
		{(u128)10000000000000000000ULL * 2 + 5, 0, "20000000000000000005"},
		{U128(UINT64_MAX, UINT64_MAX), 0, "340282366920938463463374607431768211455"},
		{U128(UINT64_MAX, UINT64_MAX), 39, "0.340282366920938463463374607431768211455"},
		{U128(UINT64_MAX, UINT64_MAX), 9, "340282366920938463463374607431.768211455"},
	};
	struct strbuf out;

	(void)state;
	strbuf__init(&out);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		strbuf__reset(&out);
		decimal_append(&out, cases[i].n, cases[i].scale);
		assert_string_equal(out.data, cases[i].text);
	}
	strbuf__fini(&out);
}

static void a_number_may_have_any_scale(void **state)
{
	struct strbuf out;

	(void)state;
	strbuf__init(&out);
	decimal_append(&out, 12, UINT8_MAX);
	assert_int_equal(out.len, strlen("0.") + UINT8_MAX);
	assert_memory_equal(out.data, "0.000", 5);
	assert_string_equal(out.data + out.len - 3, "012");
	strbuf__fini(&out);
}

/* Expected texts are what Go's strconv.FormatFloat(x, 'g', -1, 64) says. */
static void bounds_are_spelt_as_go_does(void **state)
{
	static const struct number_case cases[] = {
		{0, 0, "0"},
		{1, 0, "1"},
		{64, 0, "64"},
		{100000, 0, "100000"},
		{999999, 0, "999999"},
		{1000000, 0, "1e+06"},
		{1048576, 0, "1.048576e+06"},
		{1073741824, 0, "1.073741824e+09"},
		{10000000000000000000ULL, 0, "1e+19"},
		{1000, 9, "1e-06"},
		{1500, 9, "1.5e-06"},
		{16000, 9, "1.6e-05"},
		{100000, 9, "0.0001"},
		{128000, 9, "0.000128"},
		{1000000, 9, "0.001"},
		{250000000, 9, "0.25"},
		{1000000000, 9, "1"},
		{67108864000, 9, "67.108864"},
		{UINT64_MAX, 0, "1.8446744073709551615e+19"},
		{1, 255, "1e-255"},
	};
	struct strbuf out;

	(void)state;
	strbuf__init(&out);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		strbuf__reset(&out);
		decimal_append_bound(&out, (u64)cases[i].n, cases[i].scale);
		assert_string_equal(out.data, cases[i].text);
	}
	strbuf__fini(&out);
}

static void every_number_of_digits_has_its_length(void **state)
{
	struct strbuf out;
	u64 power = 1;

	(void)state;
	strbuf__init(&out);
	for (size_t digits = 1; digits <= 20; digits++) {
		strbuf__reset(&out);
		decimal_append(&out, power, 0);
		assert_int_equal(out.len, digits);
		assert_int_equal(strtoull(out.data, NULL, 10), power);
		strbuf__reset(&out);
		decimal_append(&out, power - 1, 0);
		assert_int_equal(out.len, digits > 1 ? digits - 1 : 1);
		assert_int_equal(strtoull(out.data, NULL, 10), power - 1);
		power *= 10;
	}
	for (u32 bit = 0; bit < 64; bit++) {
		char want[32];

		strbuf__reset(&out);
		decimal_append(&out, 1ULL << bit, 0);
		snprintf(want, sizeof(want), "%llu", 1ULL << bit);
		assert_string_equal(out.data, want);
	}
	strbuf__fini(&out);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_exact),
		cmocka_unit_test(a_number_may_have_any_scale),
		cmocka_unit_test(bounds_are_spelt_as_go_does),
		cmocka_unit_test(every_number_of_digits_has_its_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
