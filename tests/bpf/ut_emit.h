/* SPDX-License-Identifier: Apache-2.0 */
/* What ut_emit.bpf.c and test_emit.c agree on. */
#ifndef RINGTALLY_TESTS_BPF_UT_EMIT_H
#define RINGTALLY_TESTS_BPF_UT_EMIT_H

#define UT_MASKS 256 /* every subset of eight words */

#endif
