/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/numbers.h"

#include <stdlib.h>

size_t numbers_read(const char *text, u64 *ret_numbers, size_t max)
{
	size_t n = 0;

	for (char *end; n < max; text = end) {
		const u64 number = strtoull(text, &end, 10);

		if (end == text)
			break;
		ret_numbers[n++] = number;
	}
	return n;
}
