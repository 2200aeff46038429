/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `signal`: the number of a signal to its name: `SIGKILL`, real-time signals from `SIGRTMIN` over
 * `SIGRTMIN+1` to `SIGRTMAX`. Numbers are the kernel's, and SIGRTMIN is libc's, as `kill -l` has
 * it: 32 and 33, which libc keeps for itself, and whatever has no name, 0 too, are shown in
 * decimal. Where a number has two names, one is shown (6 SIGABRT, 17 SIGCHLD, 29 SIGIO); the others
 * lead back.
 */
#ifndef RINGTALLY_PIPELINE_DECODERS_DEC_SIGNAL_H
#define RINGTALLY_PIPELINE_DECODERS_DEC_SIGNAL_H

#include "pipeline/decoders/decoder.h"

extern const struct decoder_ops dec_signal_ops;

#endif
