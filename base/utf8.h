/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text from outside: the kernel's names are bytes, our outputs are UTF-8. Well-formed means RFC
 * 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
 */
#ifndef RINGTALLY_BASE_UTF8_H
#define RINGTALLY_BASE_UTF8_H

#include <stdarg.h>
#include <stddef.h>

#include "base/types.h"

#define UTF8_REPLACEMENT "\xef\xbf\xbd" /* U+FFFD, for bytes that are no character */

/* Bytes (1 to 4) of the well-formed character at s, of which n bytes are there; 0 when none is. */
size_t utf8_decode(const char *s, size_t n, u32 *ret_code);

/* n, less the bytes of a character that the end cuts in two. */
size_t utf8_trim(const char *s, size_t n);

/*
 * Copies n bytes into buf as text with a NUL: bytes that are no character become U+FFFD, one for
 * each maximal subpart of a character, as the Unicode standard recommends (chapter 3, "U+FFFD
 * Substitution of Maximal Subparts"). A text that does not fit is cut between two characters and
 * ends in "...". size is at least 4. Returns the length of the text.
 */
size_t utf8_repair(char *buf, size_t size, const char *bytes, size_t n);

/*
 * vsnprintf into buf, except that a text that does not fit is cut between two characters and ends
 * in "...". size is at least 4.
 */
void utf8_vformat(char *buf, size_t size, const char *fmt, va_list ap)
	__attribute__((format(printf, 3, 0)));

#endif
