/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The system call that fires the event test_call: a number that no kernel implements and nobody
 * uses. Its entry is traced all the same, and its arguments are free.
 */
#ifndef RINGTALLY_TESTS_BPF_TEST_CALL_H
#define RINGTALLY_TESTS_BPF_TEST_CALL_H

#if defined(__TARGET_ARCH_x86) || defined(__x86_64__)
#define TEST_CALL 236 /* vserver */
#elif defined(__TARGET_ARCH_arm64) || defined(__aarch64__)
#define TEST_CALL 250 /* reserved for the architecture */
#else
#error "no system call is known to be unused here"
#endif

#endif
