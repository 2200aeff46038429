/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The contract of a decoder of texts, which a label names in its `decode`: it takes the text that
 * the field's own decoder (pipeline/decoders/decoder.h), or the one before it, has given, and puts
 * its own in its place. Pure, and called as rarely as those.
 */
#ifndef RINGTALLY_PIPELINE_DECODERS_TEXT_DECODER_H
#define RINGTALLY_PIPELINE_DECODERS_TEXT_DECODER_H

#include "base/types.h"

struct decode_config;
struct decoded;

/* Every slot is mandatory, but for the field's decoder. */
struct text_decoder {
	const char *name; /* as configs name it */
	bool takes_map;	  /* it is written {NAME: {FROM: TO}}; else by its name alone */
	const char *of;	  /* the field must have this decoder; NULL: any will do */
	void (*apply)(const struct decode_config *step, struct decoded *text);
};

extern const struct text_decoder text_unit;	    /* cgroup's path to its systemd unit */
extern const struct text_decoder text_container_id; /* ... to the container's id, 12 digits of it */
extern const struct text_decoder text_static_map;   /* what the map has for it, else as it is */

extern const struct text_decoder *const text_decoders[];
extern const size_t text_decoders_count;
const struct text_decoder *text_decoder_find(const char *name); /* NULL when there is none */

/* A step of a label: the decoder, and what the config says to it. */
struct text_step {
	const struct text_decoder *decoder;
	const struct decode_config *config;
};

#endif
