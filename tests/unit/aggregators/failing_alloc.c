/* SPDX-License-Identifier: Apache-2.0 */
/* The linker sends every call of malloc to __wrap_malloc; __real_malloc is the one of libc. */
#include "tests/unit/aggregators/failing_alloc.h"

#include <stdbool.h>
#include <stddef.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_reallocarray(void *old, size_t n, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_reallocarray(void *old, size_t n, size_t size);

static unsigned int countdown; /* 0: allocations work; 1: they fail */

static bool fails(void)
{
	if (countdown == 1)
		return true;
	if (countdown > 1)
		countdown--;
	return false;
}

void alloc_fails_from(unsigned int n)
{
	countdown = n;
}

void alloc_works(void)
{
	countdown = 0;
}

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_reallocarray(void *old, size_t n, size_t size)
{
	return fails() ? NULL : __real_reallocarray(old, n, size);
}
