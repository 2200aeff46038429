/* SPDX-License-Identifier: Apache-2.0 */
/* Diags as the text they print, for tests to compare. */
#ifndef RINGTALLY_TESTS_CONFIG_FINDINGS_H
#define RINGTALLY_TESTS_CONFIG_FINDINGS_H

#include <stdlib.h>

#include "config/diag.h"

/* The caller's to free(). */
static inline char *findings_text(const struct diags *d)
{
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);

	diags__print(d, out);
	fclose(out);
	return text;
}

#define assert_findings(d, expected)                  \
	do {                                          \
		char *text_ = findings_text(d);       \
		assert_string_equal(text_, expected); \
		free(text_);                          \
	} while (0)

#endif
