/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `enum`: the name that the object gives to the value (decoder_env.names). A value without a name
 * is shown in decimal: objects may know only the values they look at. Of several names for a value
 * the first is shown; all of them lead back to it, and so does the number.
 */
#ifndef RINGTALLY_PIPELINE_DECODERS_DEC_ENUM_H
#define RINGTALLY_PIPELINE_DECODERS_DEC_ENUM_H

#include "pipeline/decoders/decoder.h"

extern const struct decoder_ops dec_enum_ops;

#endif
