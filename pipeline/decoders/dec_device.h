/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `device`: a whole disk, major << 20 | minor as the kernel's dev_t has them, to its kernel name in
 * sysfs: `vda`. 0 is no disk and the empty text. One that is not there is `254:0` for now, and
 * provisional; that text leads back too. More than 32 bits are an error.
 */
#ifndef RINGTALLY_PIPELINE_DECODERS_DEC_DEVICE_H
#define RINGTALLY_PIPELINE_DECODERS_DEC_DEVICE_H

#include "pipeline/decoders/decoder.h"

extern const struct decoder_ops dec_device_ops;

#endif
