/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "base/util.h"
#include "config/quantity.h"

#define NEVER 77 /* what a failed call leaves alone */

static const struct {
	enum quantity quantity;
	const char *text;
	u64 n;
} numbers[] = {
	{QUANTITY_PLAIN, "0", 0},
	{QUANTITY_PLAIN, "007", 7},
	{QUANTITY_PLAIN, "-1", UINT64_MAX},
	{QUANTITY_PLAIN, "-0", 0},
	{QUANTITY_PLAIN, "-9223372036854775808", 1ULL << 63},
	{QUANTITY_PLAIN, "18446744073709551615", UINT64_MAX},
	{QUANTITY_TIME, "0", 0},
	{QUANTITY_TIME, "-0s", 0},
	{QUANTITY_TIME, "5ns", 5},
	{QUANTITY_TIME, "10us", 10000},
	{QUANTITY_TIME, "3ms", 3000000},
	{QUANTITY_TIME, "64s", 64000000000},
	{QUANTITY_TIME, "5m", 300000000000},
	{QUANTITY_TIME, "2h", 7200000000000},
	{QUANTITY_TIME, "213503d", 213503 * 86400000000000ULL},
	{QUANTITY_BYTES, "0", 0},
	{QUANTITY_BYTES, "1B", 1},
	{QUANTITY_BYTES, "1KiB", 1 << 10},
	{QUANTITY_BYTES, "64MiB", 64 << 20},
	{QUANTITY_BYTES, "1GiB", 1 << 30},
	{QUANTITY_BYTES, "16777215TiB", 16777215ULL << 40},
};

static void number_comes_in_the_fields_unit(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		char why[128];
		u64 n = NEVER;

		if (quantity_parse(numbers[i].quantity, numbers[i].text, &n, why))
			fail_msg("%s: %s", numbers[i].text, why);
		assert_int_equal(n, numbers[i].n);
	}
}

static const struct {
	enum quantity quantity;
	const char *text;
	int rc;
	const char *why;
} mistakes[] = {
	{QUANTITY_PLAIN, "", -EINVAL, "'' is not a number"},
	{QUANTITY_PLAIN, "-", -EINVAL, "'-' is not a number"},
	{QUANTITY_PLAIN, "0x10", -EINVAL, "'0x10' is not a number"},
	{QUANTITY_PLAIN, " 1", -EINVAL, "' 1' is not a number"},
	{QUANTITY_PLAIN, "1 ", -EINVAL, "'1 ' is not a number"},
	{QUANTITY_PLAIN, "+1", -EINVAL, "'+1' is not a number"},
	{QUANTITY_PLAIN, "1e3", -EINVAL, "'1e3' is not a number"},
	{QUANTITY_PLAIN, "1.5", -EINVAL, "'1.5' must be a whole number"},
	{QUANTITY_PLAIN, "10us", -EINVAL, "'10us' must be a number without a unit"},
	{QUANTITY_PLAIN, "1KiB", -EINVAL, "'1KiB' must be a number without a unit"},
	{QUANTITY_PLAIN, "18446744073709551616", -ERANGE, "'18446744073709551616' is too large"},
	{QUANTITY_PLAIN, "-9223372036854775809", -ERANGE, "'-9223372036854775809' is too small"},
	{QUANTITY_TIME, "soon", -EINVAL, "'soon' is not a time like 10us"},
	{QUANTITY_TIME, "5", -EINVAL, "'5' needs a unit (ns, us, ms, s, m, h or d)"},
	{QUANTITY_TIME, "18446744073709551616", -EINVAL,
	 "'18446744073709551616' needs a unit (ns, us, ms, s, m, h or d)"},
	{QUANTITY_TIME, "5min", -EINVAL, "'5min' has an unknown unit: write 5m"},
	{QUANTITY_TIME, "5µs", -EINVAL, "'5µs' has an unknown unit: write 5us"},
	{QUANTITY_TIME, "5MS", -EINVAL, "'5MS' has an unknown unit: write 5ms"},
	{QUANTITY_TIME, "5 s", -EINVAL, "'5 s' has an unknown unit (ns, us, ms, s, m, h or d)"},
	{QUANTITY_TIME, "1KiB", -EINVAL, "'1KiB' is a size, not a time (ns, us, ms, s, m, h or d)"},
	{QUANTITY_TIME, "1.5s", -EINVAL,
	 "'1.5s' must be a whole number: write it in a smaller unit"},
	{QUANTITY_TIME, "-5us", -ERANGE, "'-5us' is negative"},
	{QUANTITY_TIME, "213504d", -ERANGE, "'213504d' is too large"},
	{QUANTITY_TIME, "18446744073709551617ns", -ERANGE, "'18446744073709551617ns' is too large"},
	{QUANTITY_BYTES, "big", -EINVAL, "'big' is not a size like 64KiB"},
	{QUANTITY_BYTES, "5", -EINVAL, "'5' needs a unit (B, KiB, MiB, GiB or TiB)"},
	{QUANTITY_BYTES, "1M", -EINVAL, "'1M' has an unknown unit: write 1MiB"},
	{QUANTITY_BYTES, "-1tb", -EINVAL, "'-1tb' has an unknown unit: write -1TiB"},
	{QUANTITY_BYTES, "5s", -EINVAL, "'5s' is a time, not a size (B, KiB, MiB, GiB or TiB)"},
	{QUANTITY_BYTES, "16777216TiB", -ERANGE, "'16777216TiB' is too large"},
	{QUANTITY_BYTES, "12345678901234567890123456789012345678901234567890", -EINVAL,
	 "'123456789012345678901234567890123456...' needs a unit (B, KiB, MiB, GiB or TiB)"},
};

static void mistake_says_what_to_write(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(mistakes); i++) {
		char why[128] = "";
		u64 n = NEVER;

		assert_int_equal(quantity_parse(mistakes[i].quantity, mistakes[i].text, &n, why),
				 mistakes[i].rc);
		assert_string_equal(why, mistakes[i].why);
		assert_int_equal(n, NEVER);
	}
}

static void meaning_that_does_not_fit_is_none(void **state)
{
	char text[80];
	char meant[64] = "untouched";

	(void)state;
	memset(text, '1', sizeof(text));
	memcpy(text + 61, "kb", 3);
	assert_false(quantity_meant(QUANTITY_BYTES, text, meant));
	assert_string_equal(meant, "untouched");
	memcpy(text + 60, "kb", 3);
	assert_true(quantity_meant(QUANTITY_BYTES, text, meant));
	assert_string_equal(meant + 60, "KiB");
	assert_false(quantity_meant(QUANTITY_PLAIN, "7k", meant));
	assert_false(quantity_meant(QUANTITY_TIME, "min", meant));
}

static const struct {
	enum quantity quantity;
	u64 n;
	const char *text;
} written[] = {
	{QUANTITY_PLAIN, 1000, "1000"},
	{QUANTITY_TIME, 0, "0ns"},
	{QUANTITY_TIME, 1, "1ns"},
	{QUANTITY_TIME, 1500, "1500ns"},
	{QUANTITY_TIME, 64000000000, "64s"},
	{QUANTITY_TIME, 300000000000, "5m"},
	{QUANTITY_TIME, 172800000000000, "2d"},
	{QUANTITY_BYTES, 0, "0B"},
	{QUANTITY_BYTES, 65536, "64KiB"},
	{QUANTITY_BYTES, 65537, "65537B"},
	{QUANTITY_BYTES, 1ULL << 40, "1TiB"},
};

static void number_is_written_in_its_largest_unit(void **state)
{
	struct strbuf out;

	(void)state;
	strbuf__init(&out);
	for (size_t i = 0; i < ARRAY_SIZE(written); i++) {
		strbuf__reset(&out);
		quantity_put(&out, written[i].quantity, written[i].n);
		assert_string_equal(out.data, written[i].text);
	}
	strbuf__fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(number_comes_in_the_fields_unit),
		cmocka_unit_test(mistake_says_what_to_write),
		cmocka_unit_test(meaning_that_does_not_fit_is_none),
		cmocka_unit_test(number_is_written_in_its_largest_unit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
