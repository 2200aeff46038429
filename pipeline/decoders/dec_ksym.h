/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `ksym`: where a function of the kernel begins, to its name. /proc/kallsyms is read when the first
 * one is asked for, and again, at most every 10 s, for one that is not known: modules come later.
 * 0 is no function and the empty text. What has no name is `unknown`, and provisional: addresses
 * never leave.
 */
#ifndef RINGTALLY_PIPELINE_DECODERS_DEC_KSYM_H
#define RINGTALLY_PIPELINE_DECODERS_DEC_KSYM_H

#include "pipeline/decoders/decoder.h"

extern const struct decoder_ops dec_ksym_ops;

#endif
