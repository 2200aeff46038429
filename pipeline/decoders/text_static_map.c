/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "pipeline/decoders/decoded.h"
#include "pipeline/decoders/decoder.h"
#include "pipeline/decoders/text_decoder.h"

static int compare(const void *text, const void *pair)
{
	return strcmp(text, ((const struct decode_pair *)pair)->from);
}

static void apply(const struct decode_config *step, struct decoded *text)
{
	const struct decode_pair *pair =
		step->npairs
			? bsearch(text->text, step->pairs, step->npairs, sizeof(*pair), compare)
			: NULL;

	if (pair)
		decoded__replace(text, pair->to, strlen(pair->to));
}

const struct text_decoder text_static_map = {
	.name = "static_map",
	.takes_map = true,
	.of = NULL,
	.apply = apply,
};
