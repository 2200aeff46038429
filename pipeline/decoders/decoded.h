/* SPDX-License-Identifier: Apache-2.0 */
/* How decoders fill in their answer. Each of these sets the text and clears both marks. */
#ifndef RINGTALLY_PIPELINE_DECODERS_DECODED_H
#define RINGTALLY_PIPELINE_DECODERS_DECODED_H

#include "base/types.h"

struct decoded;

/* A text of ours: valid UTF-8. */
void decoded__format(struct decoded *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The same, marked as an error. */
void decoded__fail(struct decoded *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A text of the machine's: repaired, and cut to max bytes (4 to DECODED_ROOM), the "..." included.
 */
void decoded__repair(struct decoded *d, const char *bytes, size_t n, size_t max);

/* Another text, valid UTF-8 and no longer than DECODED_ROOM; the marks stay. It may be a part of
 * the one that is there. */
void decoded__replace(struct decoded *d, const char *text, size_t n);

/* What is longer than a label may be ends in "...". */
void decoded__cut(struct decoded *d);

#endif
