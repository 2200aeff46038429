/* SPDX-License-Identifier: Apache-2.0 */
/* `uint` and `int`: one word in decimal, without and with a sign. */
#ifndef RINGTALLY_PIPELINE_DECODERS_DEC_NUMBER_H
#define RINGTALLY_PIPELINE_DECODERS_DEC_NUMBER_H

#include "pipeline/decoders/decoder.h"

extern const struct decoder_ops dec_uint_ops;
extern const struct decoder_ops dec_int_ops;

/* For decoders that show in decimal what has no name: the word that `int` shows so, or -ENOENT. */
int decimal_encode(const char *text, u64 *ret_word);

#endif
