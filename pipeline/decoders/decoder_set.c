/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/decoders/decoder_set.h"

#include <errno.h>
#include <stdlib.h>

#include "base/err.h"
#include "pipeline/decoders/decoder.h"
#include "pipeline/plan.h"

int decoder_set__add(struct decoder_set *set, const struct label_plan *label,
		     const struct decoder_env *env, struct decoder **ret_decoder, struct err *err)
{
	const struct decoder_ops *ops = label->decoder;
	struct decoder_env own = *env;
	struct decoder **grown;
	int rc;

	for (u32 i = 0; !ops->own_names && i < set->n; i++) {
		if (set->decoders[i]->ops == ops) {
			*ret_decoder = set->decoders[i];
			return 0;
		}
	}
	grown = reallocarray(set->decoders, set->n + 1, sizeof(struct decoder *));
	if (!grown)
		return err__set_errno(err, -ENOMEM, "decoder %s", ops->name);
	set->decoders = grown;
	own.names = label->field->names;
	own.nnames = label->field->nnames;
	rc = ops->create(&own, &grown[set->n], err);
	if (!rc)
		*ret_decoder = grown[set->n++];
	return rc;
}

void decoder_set__fini(struct decoder_set *set)
{
	for (u32 i = 0; i < set->n; i++)
		set->decoders[i]->ops->destroy(set->decoders[i]);
	free(set->decoders);
}
