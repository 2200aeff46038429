/* SPDX-License-Identifier: Apache-2.0 */
/* What ut_lib.bpf.c and test_lib.c agree on. */
#ifndef RINGTALLY_TESTS_BPF_UT_LIB_H
#define RINGTALLY_TESTS_BPF_UT_LIB_H

#define UT_PAIRS  1024 /* to compare in one call */
#define UT_VALUES 256  /* to put into buckets in one call */
#define UT_ROUNDS 100  /* of words to filter in one call */

#endif
