/* SPDX-License-Identifier: Apache-2.0 */
/* The decoders that somebody's fields need: one of each kind, unless it looks at the names of just
 * one field. */
#ifndef RINGTALLY_PIPELINE_DECODERS_DECODER_SET_H
#define RINGTALLY_PIPELINE_DECODERS_DECODER_SET_H

#include "base/types.h"

struct decoder;
struct decoder_env;
struct err;
struct label_plan;

/* All 0 is an empty set. */
struct decoder_set {
	struct decoder **decoders;
	u32 n;
};

/* The decoder of a field that is shown, the set's for life. */
int decoder_set__add(struct decoder_set *set, const struct label_plan *label,
		     const struct decoder_env *env, struct decoder **ret_decoder, struct err *err);
void decoder_set__fini(struct decoder_set *set);

#endif
