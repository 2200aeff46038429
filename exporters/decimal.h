/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Integers times 10^-scale as text, with all their digits: no float takes part. Written through a
 * pointer into room that is there; the end of what was written is returned, without a NUL.
 */
#ifndef RINGTALLY_EXPORTERS_DECIMAL_H
#define RINGTALLY_EXPORTERS_DECIMAL_H

#include "base/types.h"

struct strbuf;

enum {
	DECIMAL_U128_DIGITS = 39,
	DECIMAL_POINT_BYTES = 2, /* "0." */
};

/* A plain decimal: "0", "1500", "0.00025". At most DECIMAL_U128_DIGITS + scale +
 * DECIMAL_POINT_BYTES bytes. */
char *decimal_put(char *p, u128 n, u8 scale);

/*
 * As Prometheus' own libraries write a bound: "0.000128", "1e-06", "1.048576e+06". They print the
 * shortest text of a float, which has at most 17 digits; here all digits are printed, so that two
 * bounds are never one text. At most DECIMAL_U128_DIGITS bytes.
 */
char *decimal_put_bound(char *p, u64 n, u8 scale);

/* The same into a buffer. */
void decimal_append(struct strbuf *out, u128 n, u8 scale);
void decimal_append_bound(struct strbuf *out, u64 n, u8 scale);

#endif
