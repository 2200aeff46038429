/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `errno`: an error number, positive, to its name: `EIO`; 0 is `0`. Where a number has two names,
 * one is shown (11 EAGAIN, 35 EDEADLK, 95 ENOTSUP) and both lead back. A number without a name is
 * shown in decimal.
 */
#ifndef RINGTALLY_PIPELINE_DECODERS_DEC_ERRNO_H
#define RINGTALLY_PIPELINE_DECODERS_DEC_ERRNO_H

#include "pipeline/decoders/decoder.h"

extern const struct decoder_ops dec_errno_ops;

#endif
