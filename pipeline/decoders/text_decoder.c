/* SPDX-License-Identifier: Apache-2.0 */
/* The decoders of texts there are: a new one is one line here. */
#include "pipeline/decoders/text_decoder.h"

#include <string.h>

#include "base/util.h"

const struct text_decoder *const text_decoders[] = {
	&text_unit,
	&text_container_id,
	&text_static_map,
};
const size_t text_decoders_count = ARRAY_SIZE(text_decoders);

const struct text_decoder *text_decoder_find(const char *name)
{
	for (size_t i = 0; i < text_decoders_count; i++)
		if (strcmp(text_decoders[i]->name, name) == 0)
			return text_decoders[i];
	return NULL;
}
