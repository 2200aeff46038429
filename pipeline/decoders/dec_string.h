/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `string`: a char array up to its first NUL. Bytes that are not UTF-8 become U+FFFD; a text of
 * more than DEC_STRING_MAX bytes is cut between two characters and ends in "...", which counts.
 */
#ifndef RINGTALLY_PIPELINE_DECODERS_DEC_STRING_H
#define RINGTALLY_PIPELINE_DECODERS_DEC_STRING_H

#include "pipeline/decoders/decoder.h"

enum { DEC_STRING_MAX = 64 };

extern const struct decoder_ops dec_string_ops;

#endif
