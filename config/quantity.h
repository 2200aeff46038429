/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A number with the unit its field has: 10us, 64KiB, 42. A number for a field with a unit needs
 * one, but for 0; a number for a field without takes none. Whole numbers only.
 */
#ifndef RINGTALLY_CONFIG_QUANTITY_H
#define RINGTALLY_CONFIG_QUANTITY_H

#include "base/types.h"

struct strbuf;

enum quantity {
	QUANTITY_PLAIN, /* a decimal number, perhaps with a minus */
	QUANTITY_TIME,	/* in ns; ns us ms s m h d */
	QUANTITY_BYTES, /* B KiB MiB GiB TiB */
};

/*
 * 0 and the number in the field's own unit. Otherwise what is wrong, for a message ("'5' needs a
 * unit (ns, us, ms, s, m, h or d)"), and -EINVAL, or -ERANGE for a number that is one but too large
 * or, with a unit, negative. Negative numbers (PLAIN) come as two's complement: from -2^63, and up
 * to 2^64 - 1; which half it is tells the minus in the text.
 */
int quantity_parse(enum quantity quantity, const char *text, u64 *ret_n, char ret_why[128]);

/* What was meant by a text of which only the unit is none of ours: 1MiB for 1M. False: no idea. */
bool quantity_meant(enum quantity quantity, const char *text, char ret_meant[64]);

/* The number with the largest unit that gives it without a fraction. */
void quantity_put(struct strbuf *out, enum quantity quantity, u64 n);

#endif
