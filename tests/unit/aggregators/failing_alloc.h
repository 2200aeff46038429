/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes allocations fail, in programs linked with failing_alloc.c and
 * -Wl,--wrap=malloc,--wrap=calloc,--wrap=reallocarray.
 */
#ifndef RINGTALLY_TESTS_FAILING_ALLOC_H
#define RINGTALLY_TESTS_FAILING_ALLOC_H

/* The n-th allocation from now (1 is the next one) fails, and all after it. */
void alloc_fails_from(unsigned int n);
void alloc_works(void);

#endif
