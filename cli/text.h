/* SPDX-License-Identifier: Apache-2.0 */
/* Text for people: columns, lines of at most 100 characters, bold names on a terminal. What comes
 * from objects and configs is shown without control characters. */
#ifndef RINGTALLY_CLI_TEXT_H
#define RINGTALLY_CLI_TEXT_H

#include <stdio.h>

#include "base/types.h"

struct text {
	FILE *out;
	bool bold;  /* a terminal, and no NO_COLOR */
	u32 column; /* of what comes next, from 0 */
};

void text__init(struct text *t, FILE *out);

void text__puts(struct text *t, const char *s);
void text__bold(struct text *t, const char *s);
void text__alarm(struct text *t, const char *s); /* red on a terminal */
void text__printf(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void text__to(struct text *t, u32 column);	/* blanks up to there */
void text__wrap(struct text *t, const char *s); /* further lines begin where this one did */
void text__end(struct text *t);			/* of the line */

/* "512 B", "4.0 KiB", "130.1 MiB". */
struct text_size {
	char text[24];
};
struct text_size text_size(u64 bytes);

#endif
