/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of this folder share: cmocka, label sets from texts, 128-bit comparisons. */
#ifndef RINGTALLY_TESTS_AGG_TEST_H
#define RINGTALLY_TESTS_AGG_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "aggregators/labels.h"
#include "base/types.h"

/* Both numbers are printed, as high and low half, when they differ. */
#define assert_u128_equal(got, want)                                                            \
	do {                                                                                    \
		const u128 got_ = (got), want_ = (want);                                        \
                                                                                                \
		if (got_ != want_)                                                              \
			fail_msg("%s is %#llx:%016llx, not %#llx:%016llx", #got,                \
				 (u64)(got_ >> 64), (u64)got_, (u64)(want_ >> 64), (u64)want_); \
	} while (0)

static inline void build(struct label_builder *b, u16 n, const char *const *texts)
{
	label_builder__reset(b);
	for (u16 i = 0; i < n; i++)
		label_builder__append(b, texts[i], strlen(texts[i]));
}

static inline void assert_next_text(const struct labels *l, u16 *pos, const char *want)
{
	const char *text = "";
	size_t len = 0;

	assert_true(labels__next(l, pos, &text, &len));
	if (len != strlen(want) || memcmp(text, want, len) != 0)
		fail_msg("text is \"%.*s\", not \"%s\"", (int)len, text, want);
}

static inline void assert_texts(const struct labels *l, u16 n, const char *const *want)
{
	u16 pos = 0;

	assert_int_equal(l->n, n);
	for (u16 i = 0; i < n; i++)
		assert_next_text(l, &pos, want[i]);
	assert_int_equal(pos, l->nbytes);
}

#endif
