/* SPDX-License-Identifier: Apache-2.0 */
#include "exporters/decimal.h"

#include <stdint.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/util.h"

enum {
	EIGHT_DIGITS = 100000000,
	CHUNK_DIGITS = 19, /* the most of which every value fits a u64 */
	/* Go writes a float's shortest form with an e when the exponent is outside of these. */
	PLAIN_EXPONENT_MIN = -4,
	PLAIN_EXPONENT_MAX = 5,
};

#define CHUNK 10000000000000000000ULL /* 10^CHUNK_DIGITS */

/* The number 0.DIGITS times 10^exponent, without zeros at either end of DIGITS ("0" for zero). */
struct decimal {
	const char *digits; /* borrowed */
	size_t ndigits;
	s32 exponent;
};

/* Two digits at a time: a division costs more than a look-up. */
static const char pairs[] = "00010203040506070809"
			    "10111213141516171819"
			    "20212223242526272829"
			    "30313233343536373839"
			    "40414243444546474849"
			    "50515253545556575859"
			    "60616263646566676869"
			    "70717273747576777879"
			    "80818283848586878889"
			    "90919293949596979899";

static void put_pair(char *p, u32 n)
{
	memcpy(p, &pairs[(size_t)n * 2], 2);
}

/* Eight digits, no division of which waits for more than one other. */
static void put_eight(char *p, u32 n)
{
	const u32 high = n / 10000, low = n % 10000;

	put_pair(p, high / 100);
	put_pair(p + 2, high % 100);
	put_pair(p + 4, low / 100);
	put_pair(p + 6, low % 100);
}

/* Writes the digits of n so that they end before `end`; returns the first. */
static char *digits_before(char *end, u64 n)
{
	u32 rest;

	for (; n >= EIGHT_DIGITS; n /= EIGHT_DIGITS)
		put_eight(end -= 8, (u32)(n % EIGHT_DIGITS));
	for (rest = (u32)n; rest >= 100; rest /= 100)
		put_pair(end -= 2, rest % 100);
	if (rest < 10)
		*--end = (char)('0' + rest);
	else
		put_pair(end -= 2, rest);
	return end;
}

static char *wide_digits_before(char *end, u128 n)
{
	while (n > UINT64_MAX) {
		char *first = digits_before(end, (u64)(n % CHUNK));

		end -= CHUNK_DIGITS;
		memset(end, '0', (size_t)(first - end));
		n /= CHUNK;
	}
	return digits_before(end, (u64)n);
}

/* The digits are written before `room_end`: DECIMAL_U128_DIGITS bytes. */
static struct decimal decimal_of(char *room_end, u128 n, u8 scale)
{
	const char *end = room_end;
	const char *digits = wide_digits_before(room_end, n);
	const s32 exponent = (s32)(end - digits) - (n == 0 ? 0 : scale);

	while (end - digits > 1 && end[-1] == '0')
		end--;
	return (struct decimal){digits, (size_t)(end - digits), exponent};
}

static char *put(char *p, const char *bytes, size_t n)
{
	return mempcpy(p, bytes, n);
}

static char *put_zeros(char *p, size_t n)
{
	memset(p, '0', n);
	return p + n;
}

static char *put_plain(char *p, const struct decimal *d)
{
	if (d->exponent <= 0) {
		p = put(p, "0.", 2);
		p = put_zeros(p, (size_t)-d->exponent);
		return put(p, d->digits, d->ndigits);
	}

	const size_t whole = MIN((size_t)d->exponent, d->ndigits);

	p = put(p, d->digits, whole);
	p = put_zeros(p, (size_t)d->exponent - whole);
	if (whole < d->ndigits) {
		*p++ = '.';
		p = put(p, d->digits + whole, d->ndigits - whole);
	}
	return p;
}

/* D.DDDe+XX, at least two digits in the exponent. */
static char *put_scientific(char *p, const struct decimal *d)
{
	const s32 exponent = d->exponent - 1;
	const u64 magnitude = (u64)(exponent < 0 ? -exponent : exponent);
	char room[DECIMAL_U128_DIGITS];
	char *const end = room + sizeof(room);
	const char *first = digits_before(end, magnitude);

	*p++ = d->digits[0];
	if (d->ndigits > 1) {
		*p++ = '.';
		p = put(p, d->digits + 1, d->ndigits - 1);
	}
	*p++ = 'e';
	*p++ = exponent < 0 ? '-' : '+';
	p = put_zeros(p, magnitude < 10 ? 1 : 0);
	return put(p, first, (size_t)(end - first));
}

/* Most numbers are counts: their digits are written where they belong. */
static char *put_count(char *p, u64 n)
{
	static const u64 powers[] = {
		0,
		10,
		100,
		1000,
		10000,
		100000,
		1000000,
		10000000,
		100000000,
		1000000000,
		10000000000,
		100000000000,
		1000000000000,
		10000000000000,
		100000000000000,
		1000000000000000,
		10000000000000000,
		100000000000000000,
		1000000000000000000,
		CHUNK,
	};
	/* 1233 / 4096 is log10(2), well enough for 64 bits */
	const size_t guess = (size_t)(64 - __builtin_clzll(n | 1)) * 1233 / 4096;
	char *const end = p + guess + (n >= powers[guess]);

	digits_before(end, n);
	return end;
}

char *decimal_put(char *p, u128 n, u8 scale)
{
	char room[DECIMAL_U128_DIGITS];

	if (scale == 0 && n <= UINT64_MAX)
		return put_count(p, (u64)n);

	const struct decimal d = decimal_of(room + sizeof(room), n, scale);

	return put_plain(p, &d);
}

char *decimal_put_bound(char *p, u64 n, u8 scale)
{
	char room[DECIMAL_U128_DIGITS];
	const struct decimal d = decimal_of(room + sizeof(room), n, scale);

	if (d.exponent - 1 < PLAIN_EXPONENT_MIN || d.exponent - 1 > PLAIN_EXPONENT_MAX)
		return put_scientific(p, &d);
	return put_plain(p, &d);
}

void decimal_append(struct strbuf *out, u128 n, u8 scale)
{
	char *p = strbuf__reserve(out, DECIMAL_U128_DIGITS + (size_t)scale + DECIMAL_POINT_BYTES);

	if (p)
		strbuf__commit(out, decimal_put(p, n, scale));
}

void decimal_append_bound(struct strbuf *out, u64 n, u8 scale)
{
	char *p = strbuf__reserve(out, DECIMAL_U128_DIGITS);

	if (p)
		strbuf__commit(out, decimal_put_bound(p, n, scale));
}
