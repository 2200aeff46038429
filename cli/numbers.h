/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers in a line of /proc. */
#ifndef RINGTALLY_CLI_NUMBERS_H
#define RINGTALLY_CLI_NUMBERS_H

#include "base/types.h"

/* Those that the text begins with, blanks between them, at most `max`. How many; the rest of
 * ret_numbers stays as it is. */
size_t numbers_read(const char *text, u64 *ret_numbers, size_t max);

#endif
