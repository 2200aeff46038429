/* SPDX-License-Identifier: Apache-2.0 */
#include "exporters/content_coding.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* Weights have three decimals: in thousandths. */
enum { WEIGHT_MAX = 1000, UNSAID = -1 };

static const char *skip_blanks(const char *at)
{
	while (*at == ' ' || *at == '\t')
		at++;
	return at;
}

/* "0", "0.5", "1.000" up to `end`; 0 when it is no weight. */
static int read_weight(const char *at, const char *end)
{
	int weight;

	if (*at != '0' && *at != '1')
		return 0;
	weight = (*at++ - '0') * WEIGHT_MAX;
	if (*at == '.') {
		at++;
		for (int unit = WEIGHT_MAX / 10; unit && isdigit((unsigned char)*at); unit /= 10)
			weight += (*at++ - '0') * unit;
	}
	return skip_blanks(at) >= end && weight <= WEIGHT_MAX ? weight : 0;
}

/* What follows the name of a coding: nothing, or ";q=" and its weight. */
static int weight_of(const char *at, const char *end)
{
	at = skip_blanks(at);
	if (at >= end)
		return WEIGHT_MAX;
	if (*at != ';')
		return 0;
	at = skip_blanks(at + 1);
	return strncasecmp(at, "q=", 2) ? 0 : read_weight(at + 2, end);
}

static bool is_named(const char *at, size_t n, const char *name)
{
	return n == strlen(name) && !strncasecmp(at, name, n);
}

bool content_coding_wants_gzip(const char *accept_encoding)
{
	int gzip = UNSAID, any = UNSAID, identity = UNSAID;

	for (const char *at = accept_encoding ? accept_encoding : ""; *at;) {
		const char *name = skip_blanks(at), *end = at + strcspn(at, ",");
		const size_t n = strcspn(name, " \t;,");

		if (is_named(name, n, "gzip") || is_named(name, n, "x-gzip"))
			gzip = weight_of(name + n, end);
		else if (is_named(name, n, "identity"))
			identity = weight_of(name + n, end);
		else if (is_named(name, n, "*"))
			any = weight_of(name + n, end);
		at = *end ? end + 1 : end;
	}
	if (gzip == UNSAID)
		gzip = any;
	return gzip > 0 && gzip >= identity;
}
