/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `syscall`: the number of a system call to its name, as the kernel headers of the build name it.
 *   low 32 bits   the number, signed: `read`; one without a name: `syscall_450`, `syscall_-1`
 *   bit 32        a 32-bit call, which has numbers of its own: `compat:read`, `compat:syscall_450`
 *   above         nothing: an error
 */
#ifndef RINGTALLY_PIPELINE_DECODERS_DEC_SYSCALL_H
#define RINGTALLY_PIPELINE_DECODERS_DEC_SYSCALL_H

#include "pipeline/decoders/decoder.h"

extern const struct decoder_ops dec_syscall_ops;

#endif
